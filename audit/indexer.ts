import type { AuditEntry, OperationEntry } from '../core/audit.ts';
import type { DatabaseRow } from '../drivers/database.ts';
import { type TableShape, upsertStatements } from '../store/many-rows.ts';
import type { AuditDatabase } from './database.ts';
import { readLine } from './lines.ts';
import { MOST_WORD } from './migrations.ts';

/** Makes the rows by which entries are found, from groups that are written already. */
export interface Indexer {
  /** Resolves when everything is found that was written before the call. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

const INDEX: TableShape = {
  table: 'audit_index',
  columns: ['kind', 'word', 'at', 'chain', 'seq'],
  key: ['kind', 'word', 'at', 'chain', 'seq'],
  // Several processes may do the same part: a row that is there stays as it is.
  update: { seq: 'new(seq)' },
};
const INDEXED: TableShape = { table: 'audit_indexed', columns: ['chain', 'through_seq'], key: ['chain'] };
const EVERY_MS = 1_000;
const CHAINS_AT_ONCE = 50;
const GROUPS_AT_ONCE = 50;
const ROWS_AT_ONCE = 1_024;

const BEHIND = `select c.chain as chain, coalesce(i.through_seq, 0) as through_seq
  from audit_chain c left join audit_indexed i on i.chain = c.chain
  where c.removed_at is null and exists
    (select 1 from audit_group g where g.chain = c.chain and g.first_seq > coalesce(i.through_seq, 0))
  limit ${CHAINS_AT_ONCE}`;
const GROUPS = `select last_seq, entries from audit_group where chain = ? and first_seq > ?
  order by first_seq limit ${GROUPS_AT_ONCE}`;

export function openIndexer(audit: AuditDatabase): Indexer {
  let running: Promise<void> | undefined;
  let isClosed = false;

  async function run(): Promise<void> {
    while (!isClosed) {
      const behind = await audit.database.query(BEHIND);
      for (const { chain, through_seq } of behind) await indexChain(String(chain), Number(through_seq));
      if (behind.length < CHAINS_AT_ONCE) return;
    }
  }

  async function indexChain(chain: string, through: number): Promise<void> {
    let done = through;
    while (!isClosed) {
      const groups = await audit.database.query(GROUPS, [chain, done]);
      const last = groups.at(-1);
      if (last === undefined) return;
      await write(groups, chain);
      done = Number(last.last_seq);
      await audit.commit([...upsertStatements(audit.database.traits, INDEXED, [[chain, done]])]);
      if (groups.length < GROUPS_AT_ONCE) return;
    }
  }

  async function write(groups: readonly DatabaseRow[], chain: string): Promise<void> {
    const rows = groups.flatMap(({ entries }) => rowsOf(String(entries).split('\n'), chain));
    // In the order of the index, rows that lie side by side are written at once.
    rows.sort((one, other) => compare(one[0], other[0]) || compare(one[1], other[1]));
    // Group commits go through the same writer: they wait for one part at most.
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      const part = rows.slice(from, from + ROWS_AT_ONCE);
      await audit.commit([...upsertStatements(audit.database.traits, INDEX, part)]);
    }
  }

  function start(): Promise<void> {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  }

  // What cannot be indexed now is behind, and is looked for again.
  const timer = setInterval(() => start().catch(() => {}), EVERY_MS);
  timer.unref();
  return {
    async catchUp() {
      // One that runs already may have looked before the last group was written.
      await running?.catch(() => {});
      await start();
    },
    async close() {
      isClosed = true;
      clearInterval(timer);
      await running?.catch(() => {});
    },
  };
}

type IndexRow = readonly [kind: string, word: string, at: number, chain: string, seq: number];

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** What entries are found by: their subject, actor, dossiers and visit. */
function rowsOf(lines: readonly string[], chain: string): readonly IndexRow[] {
  let operation: OperationEntry | null = null;
  const rows: IndexRow[] = [];
  const add = (kind: string, word: string | null | undefined, { at, seq }: AuditEntry): void => {
    if (typeof word === 'string' && word !== '') rows.push([kind, wordOf(word), at, chain, seq]);
  };
  for (const line of lines) {
    const entry = readLine(line);
    if (entry?.kind === 'OPERATION' || entry?.kind === 'EVENT') {
      operation = entry;
      add('a', entry.actor, entry);
      add('v', entry.visit, entry);
      add('d', entry.dossier, entry);
      add('s', entry.sought?.subject, entry);
      if (entry.sought?.dossier !== entry.dossier) add('d', entry.sought?.dossier, entry);
    } else if (entry?.kind === 'SUBJECT') {
      add('s', entry.subject, entry);
      if (entry.dossier !== operation?.dossier) add('d', entry.dossier, entry);
    }
  }
  return rows;
}

/** As a word stands in the index. */
export function wordOf(text: string): string {
  return text.length > MOST_WORD ? text.slice(0, MOST_WORD) : text;
}
