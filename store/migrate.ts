import type { Database } from '../drivers/database.ts';
import type { Migration } from './migrations/migration.ts';

const MIGRATION_LOCK = "concat('lienthong:', left(sha2(database(), 256), 32))";
/** Longer than every migration takes. */
const MIGRATION_WAIT_SECONDS = 120;

/**
 * Brings tables up to date. Several hubs may start at once on an empty database: one makes the tables, the others wait
 * for it. The lock is the session's, so that a hub killed meanwhile leaves none behind, as knex's own would stay.
 *
 * @param noted table that keeps which migrations were run; lists of migrations in one database need one each
 */
export async function migrate(
  { knex, traits }: Database,
  noted: string,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  const config = {
    tableName: noted,
    migrationSource: {
      getMigrations: async () => Object.keys(migrations),
      getMigrationName: (name: string) => name,
      getMigration: async (name: string) => migrations[name] as Migration,
    },
  };
  if (traits.name !== 'mysql') {
    await knex.migrate.latest(config);
    return;
  }
  await knex.transaction(async (session) => {
    const [[answer]] = await session.raw(`select get_lock(${MIGRATION_LOCK}, ?) as held`, [MIGRATION_WAIT_SECONDS]);
    if (Number(answer?.held) !== 1) throw new Error('Another hub has been making tables for too long');
    try {
      await knex.migrate.forceFreeMigrationsLock(config);
      await knex.migrate.latest(config);
    } finally {
      await session.raw(`select release_lock(${MIGRATION_LOCK})`);
    }
  });
}
