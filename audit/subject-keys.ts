import type { Database } from '../drivers/database.ts';
import { dayOfChain } from './chain.ts';
import type { Report } from './verify-chain.ts';

const CHAINS_AT_ONCE = 500;

interface OpenedWith {
  readonly chain: string;
  readonly subjectKey: string;
}

/** The chain that was opened last, of any instance; null in an empty log. */
export async function newestChain(database: Database): Promise<OpenedWith | null> {
  const [row] = await database.query(
    'select chain, subject_key from audit_chain order by opened_at desc, chain desc limit 1',
  );
  return row === undefined ? null : { chain: String(row.chain), subjectKey: String(row.subject_key) };
}

/** The key that a hub has begun an empty log with; null while none has. */
export async function firstKey(database: Database): Promise<string | null> {
  const [row] = await database.query('select subject_key from audit_first_key where place = 1');
  return row === undefined ? null : String(row.subject_key);
}

/**
 * Begins an empty log with a subject key. Of hubs that do so at the same time one is the first, and its key holds for all.
 *
 * @returns the key that holds
 */
export async function beginWith(database: Database, subjectKey: string): Promise<string> {
  const row = { place: 1, subject_key: subjectKey };
  await database.knex('audit_first_key').insert(row).onConflict('place').ignore();
  return (await firstKey(database)) ?? subjectKey;
}

export interface SubjectKeysToVerify {
  readonly database: Database;
  readonly isAsked: (chain: string) => boolean;
  /** Days on which a change is known. */
  readonly changed: readonly string[];
  readonly report: Report;
}

/** Whoever swaps the key hides people from all who ask: hashes of one key are not found by another. */
export async function verifySubjectKeys({ database, isAsked, changed, report }: SubjectKeysToVerify): Promise<void> {
  let before: OpenedWith | undefined;
  for await (const opened of inTheirOrder(database)) {
    const { chain, subjectKey } = opened;
    if (
      before !== undefined &&
      before.subjectKey !== subjectKey &&
      isAsked(chain) &&
      !changed.includes(dayOfChain(chain))
    ) {
      report('broken', `chain ${chain} has another subject key than ${before.chain} before it`);
    }
    before = opened;
  }
}

async function* inTheirOrder(database: Database): AsyncGenerator<OpenedWith> {
  const sql = `select chain, subject_key, opened_at from audit_chain
    where opened_at >= ? and (opened_at > ? or chain > ?) order by opened_at, chain limit ${CHAINS_AT_ONCE}`;
  for (let [at, chain] = [Number.MIN_SAFE_INTEGER, '']; ; ) {
    const rows = await database.query(sql, [at, at, chain]);
    for (const row of rows) yield { chain: String(row.chain), subjectKey: String(row.subject_key) };
    const last = rows.at(-1);
    if (last === undefined || rows.length < CHAINS_AT_ONCE) return;
    [at, chain] = [Number(last.opened_at), String(last.chain)];
  }
}
