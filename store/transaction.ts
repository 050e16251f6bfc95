import { setTimeout as delay } from 'node:timers/promises';
import type { Binding, Database, DatabaseRow, Knex } from '../drivers/database.ts';

/** Statements within one transaction. */
export interface Transaction {
  /** Runs one statement; rows where it returns any. */
  run(sql: string, bindings?: readonly Binding[]): Promise<DatabaseRow[]>;
  readonly knex: Knex.Transaction;
}

/** Times a transaction is tried that lost against another one. */
const TRIES = 6;
const LONGEST_PAUSE_MS = 200;
/** MySQL rolled one of two transactions back that waited for each other, or that waited too long. */
const LOST = ['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT'];

/**
 * Does work in one transaction that reads what others have committed by then, so that what is read under a lock is
 * current. One that lost against another is done again from its beginning, a few times: the work must not keep anything
 * outside of it.
 */
export async function inTransaction<T>(database: Database, work: (trx: Transaction) => Promise<T>): Promise<T> {
  const isMysql = database.traits.name === 'mysql';
  for (let tried = 1; ; tried++) {
    try {
      return await database.knex.transaction(
        (knex) => work({ knex, run: (sql, bindings = []) => run(knex, sql, bindings, isMysql) }),
        isMysql ? { isolationLevel: 'read committed' } : {},
      );
    } catch (error) {
      if (tried === TRIES || !hasLost(error)) throw error;
      await delay(Math.random() * Math.min(LONGEST_PAUSE_MS, 10 * 2 ** tried));
    }
  }
}

function hasLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && LOST.includes(String(error.code));
}

async function run(
  knex: Knex.Transaction,
  sql: string,
  bindings: readonly Binding[],
  isMysql: boolean,
): Promise<DatabaseRow[]> {
  const answer = await knex.raw(sql, bindings as Knex.RawBinding[]);
  const rows: unknown = isMysql ? answer[0] : answer;
  return Array.isArray(rows) ? rows : [];
}
