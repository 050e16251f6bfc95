import { counted } from '../core/counted.ts';
import type { Database, DatabaseRow } from '../drivers/database.ts';
import { type IndexRow, rowsOf } from './indexer.ts';
import { readLine } from './lines.ts';
import type { StoredGroup } from './stored.ts';
import type { Report } from './verify-chain.ts';

/** What an index lacks, or has though nothing in the log stands behind it. */
export type IndexFault = (what: 'missing' | 'surplus', row: IndexRow) => void | Promise<void>;

/** The index of one chain, held against its groups as they come. Few rows are in memory at a time. */
export interface IndexCheck {
  /** Groups in their order. */
  compare(group: Pick<StoredGroup, 'lastSeq' | 'lines'>): Promise<void>;
}

const ROWS_AT_ONCE = 2_000;
/** More than any entry has; of more that somebody put in, these are enough to tell. */
const MOST_OF_ENTRY = 10_000;

export function createIndexCheck(database: Database, chain: string, found: IndexFault): IndexCheck {
  const stored = rowsBySeq(database, chain);
  let next: IteratorResult<IndexRow, void> | undefined;
  return {
    async compare({ lastSeq, lines }) {
      const expected = new Map(rowsOf(lines, chain).map((row) => [keyOf(row), row]));
      for (next ??= await stored.next(); next.done !== true && next.value[4] <= lastSeq; next = await stored.next()) {
        if (!expected.delete(keyOf(next.value))) await found('surplus', next.value);
      }
      for (const row of expected.values()) await found('missing', row);
    },
  };
}

function keyOf([kind, word, at, , seq]: IndexRow): string {
  return `${seq} ${kind} ${at} ${word}`;
}

/** Ends at a place that is no number: `rowsBeyond` counts it. */
async function* rowsBySeq(database: Database, chain: string): AsyncGenerator<IndexRow, void> {
  const sql = `select kind, word, at, seq from audit_index where chain = ? and seq > ? order by seq limit ${ROWS_AT_ONCE}`;
  const at = `select kind, word, at, seq from audit_index where chain = ? and seq = ? limit ${MOST_OF_ENTRY}`;
  for (let after = Number.MIN_SAFE_INTEGER; Number.isFinite(after); ) {
    const rows = (await database.query(sql, [chain, after])).map((row) => rowOf(row, chain));
    const last = rows.at(-1)?.[4];
    if (last === undefined) return;
    if (rows.length < ROWS_AT_ONCE) {
      yield* rows;
      return;
    }
    // The last place may have more rows than the page; it is read by itself.
    for (const row of rows) if (row[4] !== last) yield row;
    for (const row of await database.query(at, [chain, last])) yield rowOf(row, chain);
    after = last;
  }
}

function rowOf({ kind, word, at, seq }: DatabaseRow, chain: string): IndexRow {
  return [String(kind), String(word), Number(at), chain, Number(seq)];
}

/** @returns how many rows stand beyond the chain's last entry, in one look at both: a log may grow meanwhile */
export async function rowsBeyond(database: Database, chain: string): Promise<number> {
  const last = 'select coalesce(max(last_seq), 0) from audit_group where chain = ?';
  const [row] = await database.query(
    `select count(*) as rows_beyond from audit_index where chain = ? and seq > (${last})`,
    [chain, chain],
  );
  return Number(row?.rows_beyond);
}

/**
 * How far the index is said to reach: 0 where nothing says so, NaN where that is no number. Where it is said to be
 * complete, nobody looks for more of that chain.
 */
export interface SaidOfIndex {
  readonly through: number;
  readonly isComplete: boolean;
}

export async function saidOfIndex(database: Database, chain: string): Promise<SaidOfIndex> {
  const [row] = await database.query('select through_seq, complete from audit_indexed where chain = ?', [chain]);
  const through = Number(row?.through_seq ?? 0);
  return {
    through: Number.isSafeInteger(through) ? through : Number.NaN,
    isComplete: row !== undefined && Number(row.complete) !== 0,
  };
}

/** Whether a group was not indexed yet: reading does that first, so what is missing of it hides nothing. */
export function isStillToCome(
  { through, isComplete }: SaidOfIndex,
  { firstSeq }: Pick<StoredGroup, 'firstSeq'>,
): boolean {
  return !isComplete && firstSeq > through;
}

/** Whether anything is left by which entries of a chain would be found. */
export async function hasIndex(database: Database, chain: string): Promise<boolean> {
  for (const table of ['audit_index', 'audit_indexed']) {
    if ((await database.query(`select chain from ${table} where chain = ? limit 1`, [chain])).length > 0) return true;
  }
  return false;
}

/**
 * Passes groups on and holds the index against them: what is missing of it hides entries from whoever asks for them.
 * Groups that were not indexed yet are no fault.
 */
export async function* alsoIndexed(
  groups: AsyncIterable<StoredGroup>,
  { database, chain, report }: { database: Database; chain: string; report: Report },
): AsyncGenerator<StoredGroup> {
  const indexed = await saidOfIndex(database, chain);
  const { through, isComplete } = indexed;
  const faults = { missing: 0, surplus: 0 };
  const first = { missing: 0, surplus: 0 };
  let isToCome = false;
  const check = createIndexCheck(database, chain, (what, row) => {
    if (what === 'missing' && isToCome) return;
    if (faults[what] === 0) first[what] = row[4];
    faults[what] += 1;
  });
  let isEnd = through <= 0;
  let last: StoredGroup | undefined;
  for await (const group of groups) {
    isToCome = isStillToCome(indexed, group);
    await check.compare(group);
    isEnd ||= group.lastSeq === through;
    last = group;
    yield group;
  }
  const broken = (text: string): void => report('broken', `chain ${chain}: ${text}; see \`audit index\``);
  const isClosed = readLine(last?.lines.at(-1) ?? '')?.kind === 'CLOSE';
  if (isComplete && !isClosed) broken('its index is said to be complete, and the chain is not closed');
  if (!isEnd) broken(`its index is said to reach ${through}, where no group of entries ends`);
  if (faults.missing > 0)
    broken(
      `${counted(faults.missing, 'row of its index is', 'rows of its index are')} missing, the first of entry ${first.missing}`,
    );
  const surplus = faults.surplus + (await rowsBeyond(database, chain));
  const where = faults.surplus > 0 ? `, the first at ${first.surplus}` : '';
  if (surplus > 0)
    broken(`${counted(surplus, 'row of its index stands', 'rows of its index stand')} for no entry${where}`);
}
