import type { DatabaseRow } from '../drivers/database.ts';
import { places } from '../store/many-rows.ts';
import type { AuditDatabase } from './database.ts';
import { readLine } from './lines.ts';
import { parseHead } from './parse-head.ts';

/** What an instance's chains before ended with, as a chain that is opened now has to say. Heads are `{chain} {seq} {hash}`. */
export interface Before {
  /** Of the chain that was opened last; null where there is none. */
  readonly head: string | null;
  /** Of those without a CLOSE of which no chain has told yet: their processes were killed, or run beside this one. */
  readonly missing: readonly string[];
}

/** The newest of an instance that are looked at. */
const CHAINS = 50;
/** Holds an OPEN, and a GAP for each of as many chains. */
const BEGINNING = 20_000;

/** @throws where the log cannot be read */
export async function chainsBefore(audit: AuditDatabase, instance: string): Promise<Before> {
  const rows = await audit.database.query(
    `select chain, closed, removed_at, removed_head from audit_chain where instance = ?
      order by opened_at desc, chain desc limit ${CHAINS}`,
    [instance],
  );
  const [newest] = rows;
  if (newest === undefined) return { head: null, missing: [] };
  // One that was removed had ended long before; only what was opened since can have told of it.
  const unclosed = rows.filter((row) => Number(row.closed) !== 1 && (row.removed_at === null || row === newest));
  const ends = await Promise.all(unclosed.map((row) => endOf(audit, row)));
  const head = await endOf(audit, newest);
  if (ends.length === 0) return { head, missing: [] };
  const told = await toldBy(audit, rows);
  // Asked behind their ends: one that closed its chain meanwhile has told all it had to.
  const closed = await closedOf(audit, unclosed);
  return { head, missing: ends.filter((end, place) => !told.has(end) && !closed.has(unclosed[place]?.chain)) };
}

async function endOf(audit: AuditDatabase, { chain, removed_head }: DatabaseRow): Promise<string> {
  const name = String(chain);
  const { seq = 0, hash = '' } = (await lastGroupOf(audit, name)) ?? parseHead(String(removed_head)) ?? {};
  return `${name} ${seq} ${hash}`;
}

async function closedOf({ database }: AuditDatabase, rows: readonly DatabaseRow[]): Promise<ReadonlySet<unknown>> {
  const closed = await database.query(
    `select chain from audit_chain where closed = 1 and chain in (${places(rows.length)})`,
    rows.map(({ chain }) => String(chain)),
  );
  return new Set(closed.map(({ chain }) => chain));
}

/** The ends that these chains told of when they were opened. */
async function toldBy({ database }: AuditDatabase, rows: readonly DatabaseRow[]): Promise<ReadonlySet<unknown>> {
  const names = rows.map(({ chain }) => String(chain));
  const beginnings = await database.query(
    `select substr(entries, 1, ${BEGINNING}) as beginning from audit_group
      where first_seq = 1 and chain in (${places(names.length)})`,
    names,
  );
  const lines = beginnings.flatMap(({ beginning }) => String(beginning).split('\n'));
  return new Set(
    lines.flatMap((line) => {
      const entry = readLine(line);
      return entry?.kind === 'GAP' && entry.end !== undefined ? [entry.end] : [];
    }),
  );
}

export async function lastGroupOf(
  { database }: AuditDatabase,
  chain: string,
): Promise<{ readonly seq: number; readonly hash: string } | null> {
  const [row] = await database.query(
    'select last_seq, hash from audit_group where chain = ? order by first_seq desc limit 1',
    [chain],
  );
  return row === undefined ? null : { seq: Number(row.last_seq), hash: String(row.hash) };
}
