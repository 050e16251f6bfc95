import type { Seal } from '../core/seal.ts';
import { type Database, openDatabase } from '../drivers/database.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/migrations.ts';
import { createNumberPairs, type NumberPairs } from './number-pairs.ts';

/** The hub's own database: what it has to remember between questions. Sector records are never kept in it. */
export interface Store {
  /** For the rooms that write tables of their own in transactions of their own. */
  readonly database: Database;
  readonly numberPairs: NumberPairs;
  /** Rejects when the database does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the store and brings its tables up to date.
 *
 * @param url `sqlite:///path` or `mysql://…`
 * @throws when the database cannot be reached: unlike a sector's system, the hub cannot do without it
 */
export async function openStore(url: string, options: { seal: Seal }): Promise<Store> {
  const database = openDatabase(url);
  try {
    await migrate(database, 'schema_migration', migrations);
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    database,
    numberPairs: createNumberPairs(database, options.seal),
    check: async () => {
      await database.query(database.traits.ping);
    },
    close: () => database.close(),
  };
}
