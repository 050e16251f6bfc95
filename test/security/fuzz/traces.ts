import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Fortress } from '../stage.ts';

/** A place where the hub has written something about somebody whom nothing should name there. */
export interface Trace {
  readonly place: string;
  readonly found: readonly string[];
  readonly text: string;
}

/** Columns of the store in which the hub says in its own words why something failed, or where. */
const OWN_WORDS = {
  quarantine: ['reason', 'place'],
  capture_way: ['failure'],
  delivery: ['reason'],
  portal_call: ['reason'],
  shadow_difference: ['ours', 'theirs'],
} as const;

/**
 * Looks through what stays behind: log lines, readiness, the hub's own words in its store, the headers of dead letters and
 * the access log. Records themselves are people's data and lie where they belong.
 */
export async function tracesIn(
  fortress: Fortress,
  find: (text: string) => readonly string[],
): Promise<readonly Trace[]> {
  const { directory, logged, url } = fortress;
  const traces: Trace[] = [];
  const look = (place: string, text: string) => {
    traces.push(...tracesOf(place, [text], find));
  };
  for (const line of logged) look('log', line);
  const ready = await fetch(`${url}/readyz`);
  look('/readyz', await ready.text());

  const store = new DatabaseSync(join(directory, 'hub.sqlite'), { readOnly: true });
  for (const [table, columns] of Object.entries(OWN_WORDS)) {
    for (const row of store.prepare(`select ${columns.join(', ')} from ${table}`).all()) {
      look(table, JSON.stringify(row));
    }
  }
  const letters = store.prepare("select headers from log_record where topic like '%.dlq'").all();
  for (const { headers } of letters) {
    look('dead letter', String((JSON.parse(String(headers)) as Record<string, string>)['dead-letter-reason']));
  }
  store.close();

  const audit = new DatabaseSync(join(directory, 'audit.sqlite'), { readOnly: true });
  for (const { entries } of audit.prepare('select entries from audit_group').iterate())
    look('access log', String(entries));
  audit.close();
  return traces;
}

/** Those of one place. */
export function tracesOf(
  place: string,
  texts: readonly string[],
  find: (text: string) => readonly string[],
): readonly Trace[] {
  return texts.flatMap((text) => {
    const found = find(text);
    return found.length === 0 ? [] : [{ place, found, text: text.slice(0, 300) }];
  });
}

/** How much there was to look through, so that nobody takes an empty place for a clean one. */
export function countTraces({ directory, logged }: Fortress): Readonly<Record<string, number>> {
  const store = new DatabaseSync(join(directory, 'hub.sqlite'), { readOnly: true });
  const count = (sql: string) => Number(store.prepare(sql).get()?.count);
  const counts = {
    logLines: logged.length,
    quarantined: count('select count(*) as count from quarantine'),
    deadLetters: count("select count(*) as count from log_record where topic like '%.dlq'"),
    calls: count('select count(*) as count from callback'),
  };
  store.close();
  const audit = new DatabaseSync(join(directory, 'audit.sqlite'), { readOnly: true });
  const entries = Number(audit.prepare('select sum(last_seq - first_seq + 1) as count from audit_group').get()?.count);
  audit.close();
  return { ...counts, entriesOfAccessLog: entries };
}
