import type { AuditEntry, OperationEntry, Sought } from '../core/audit.ts';
import type { Database, DatabaseRow, DatabaseTraits } from '../drivers/database.ts';
import { type TableShape, upsertStatements } from '../store/many-rows.ts';
import { readLine } from './lines.ts';
import { MOST_WORD } from './migrations.ts';
import type { Statement } from './statements.ts';

/** Makes the rows by which entries are found, from groups that are written already. */
export interface Indexer {
  /** Resolves when everything is found that was written before the call. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

/** What the index is made from, and how it is written. */
export interface IndexedDatabase {
  readonly database: Pick<Database, 'query' | 'traits'>;
  /** All or nothing, and safe on the disk when it resolves. */
  commit(statements: readonly Statement[]): Promise<void>;
}

export const INDEX: TableShape = {
  table: 'audit_index',
  columns: ['kind', 'word', 'at', 'chain', 'seq'],
  key: ['kind', 'word', 'at', 'chain', 'seq'],
  // Several processes may do the same part: a row that is there stays as it is.
  update: { seq: 'new(seq)' },
};
const INDEXED: TableShape = {
  table: 'audit_indexed',
  columns: ['chain', 'through_seq', 'complete'],
  key: ['chain'],
};
const EVERY_MS = 1_000;
const CHAINS_AT_ONCE = 50;
/** About as many lines, of as many groups at most, are read at a time. */
const LINES_AT_ONCE = 2_000;
const GROUPS_AT_ONCE = 50;
const ROWS_AT_ONCE = 1_024;

/** Of the chains that are written still, or were when it was looked last: of all that were ever written they are few. */
const BEHIND = `select i.chain as chain, i.through_seq as through_seq from audit_indexed i
  where i.complete = 0 and exists (select 1 from audit_chain c where c.chain = i.chain and c.removed_at is null)
    and exists (select 1 from audit_group g where g.chain = i.chain and g.first_seq > i.through_seq)
  limit ${CHAINS_AT_ONCE}`;
/** Of all, whatever is said of them. It takes some 2 µs for each chain that there is. */
const BEHIND_OF_ALL = `select c.chain as chain, coalesce(i.through_seq, 0) as through_seq
  from audit_chain c left join audit_indexed i on i.chain = c.chain
  where c.removed_at is null and exists
    (select 1 from audit_group g where g.chain = c.chain and g.first_seq > coalesce(i.through_seq, 0))
  limit ${CHAINS_AT_ONCE}`;
const COUNTS = `select (select count(*) from audit_indexed) as said,
  (select count(*) from audit_chain where removed_at is null) as listed`;
const GROUPS = `select first_seq, last_seq, entries from audit_group where chain = ? and first_seq > ? and first_seq <=
    (select min(first_seq) from audit_group where chain = ? and first_seq > ?) + ${LINES_AT_ONCE}
  order by first_seq limit ${GROUPS_AT_ONCE}`;

export function openIndexer(audit: IndexedDatabase): Indexer {
  let running: Promise<void> | undefined;
  let isFirst = true;
  let isClosed = false;

  async function run(): Promise<void> {
    // What was emptied, to be made again or to hide something, is noticed by the numbers.
    if (isFirst || (await lacksChains())) await indexAll(BEHIND_OF_ALL);
    isFirst = false;
    await indexAll(BEHIND);
    // Whoever waits for it would take what is there for all.
    if (isClosed) throw new Error('The index was closed before it was made');
  }

  async function lacksChains(): Promise<boolean> {
    const [counts] = await audit.database.query(COUNTS);
    return Number(counts?.said) !== Number(counts?.listed);
  }

  async function indexAll(chainsBehind: string): Promise<void> {
    while (!isClosed) {
      const behind = await audit.database.query(chainsBehind);
      for (const { chain, through_seq } of behind) await indexChain(String(chain), Number(through_seq));
      if (behind.length < CHAINS_AT_ONCE) return;
    }
  }

  async function indexChain(chain: string, through: number): Promise<void> {
    let done = through;
    while (!isClosed) {
      const groups = await audit.database.query(GROUPS, [chain, done, chain, done]);
      const last = groups.at(-1);
      if (last === undefined) return;
      await write(groups, chain);
      // Somebody may have written an end before the beginning.
      done = Math.max(Number(last.first_seq), Number(last.last_seq));
      await audit.commit(indexedStatements(audit.database.traits, chain, done));
    }
  }

  async function write(groups: readonly DatabaseRow[], chain: string): Promise<void> {
    const rows = groups.flatMap(({ entries }) => rowsOf(String(entries).split('\n'), chain));
    // In the order of the index, rows that lie side by side are written at once.
    rows.sort((one, other) => compare(one[0], other[0]) || compare(one[1], other[1]));
    // Group commits go through the same writer: they wait for one part at most, or until some lines are read.
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

/** That a chain is indexed so far; where that is the end at which it was closed, nobody needs to look at it again. */
export function indexedStatements(traits: DatabaseTraits, chain: string, through: number): readonly Statement[] {
  const sql = `update audit_indexed set complete = 1 where chain = ?
    and through_seq = (select last_seq from audit_chain where chain = ? and closed = 1)`;
  return [...upsertStatements(traits, INDEXED, [[chain, through, 0]]), { sql, bindings: [chain, chain] }];
}

export type IndexRow = readonly [kind: string, word: string, at: number, chain: string, seq: number];

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** What entries are found by: their subject, actor, dossiers and visit, and those that were looked for. */
export function rowsOf(lines: readonly string[], chain: string): readonly IndexRow[] {
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
      if (entry.sought !== undefined) rows.push(...rowsOfSought(entry, entry.sought, chain));
    } else if (entry?.kind === 'SUBJECT') {
      add('s', entry.subject, entry);
      if (entry.dossier !== operation?.dossier) add('d', entry.dossier, entry);
    }
  }
  return rows;
}

/** Each word once: an entry has one row for it, whether it was stated or looked for. */
function rowsOfSought(entry: OperationEntry, sought: readonly Sought[], chain: string): readonly IndexRow[] {
  const { at, seq, actor, visit, dossier } = entry;
  const keyOf = (kind: string, word: string): string => `${kind} ${wordOf(word)}`;
  const known = new Set([keyOf('a', actor), keyOf('v', visit ?? ''), keyOf('d', dossier ?? '')]);
  const rows: IndexRow[] = [];
  const add = (kind: string, word: string | undefined): void => {
    if (typeof word !== 'string' || word === '' || known.has(keyOf(kind, word))) return;
    known.add(keyOf(kind, word));
    rows.push([kind, wordOf(word), at, chain, seq]);
  };
  // Nobody has judged the form of what stands there.
  for (const one of Array.isArray(sought) ? sought : []) {
    add('s', one?.subject);
    add('a', one?.actor);
    add('d', one?.dossier);
    add('v', one?.visit);
  }
  return rows;
}

/** As a word stands in the index: half a letter would be stored as another, and to MySQL a blank at the end is none. */
export function wordOf(text: string): string {
  return text.slice(0, MOST_WORD).toWellFormed().trimEnd();
}
