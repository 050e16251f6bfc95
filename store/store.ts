import type { Seal } from '../core/seal.ts';
import { type Database, openDatabase } from '../drivers/database.ts';
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
    await migrate(database);
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

const MIGRATION_LOCK = "concat('lienthong:', left(sha2(database(), 256), 32))";
/** Longer than every migration takes. */
const MIGRATION_WAIT_SECONDS = 120;

/**
 * Several hubs may start at once on an empty database: one makes the tables, the others wait for it. The lock is the
 * session's, so that a hub killed meanwhile leaves none behind, as knex's own would stay.
 */
async function migrate({ knex, traits }: Database): Promise<void> {
  if (traits.name !== 'mysql') {
    await knex.migrate.latest(MIGRATIONS);
    return;
  }
  await knex.transaction(async (session) => {
    const [[answer]] = await session.raw(`select get_lock(${MIGRATION_LOCK}, ?) as held`, [MIGRATION_WAIT_SECONDS]);
    if (Number(answer?.held) !== 1) throw new Error('Another hub has been making the tables of the store for too long');
    try {
      await knex.migrate.forceFreeMigrationsLock(MIGRATIONS);
      await knex.migrate.latest(MIGRATIONS);
    } finally {
      await session.raw(`select release_lock(${MIGRATION_LOCK})`);
    }
  });
}

const MIGRATIONS = {
  tableName: 'schema_migration',
  migrationSource: {
    getMigrations: async () => Object.keys(migrations),
    getMigrationName: (name: string) => name,
    getMigration: async (name: string) => migrations[name] as (typeof migrations)[string],
  },
};
