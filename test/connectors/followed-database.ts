import { type Database, type Knex, openDatabase } from '../../drivers/database.ts';
import type { Change } from './change-feed-subject.ts';
import type { Known } from './followed.ts';

/** A system's database with a table of dossiers and one of their steps, and a busy user of it. */
export interface FollowedDatabase {
  readonly database: Database;
  write(changes: readonly Change[]): Promise<void>;
  writeLate(changes: readonly Change[]): Promise<() => Promise<void>>;
  read(codes: readonly string[]): Promise<Known>;
  truth(): Promise<Known>;
  close(): Promise<void>;
}

export const TABLES = [
  { table: 'HS_HOSO', key: 'SOBIENNHAN' },
  { table: 'HS_LUANCHUYEN', key: 'SOBIENNHAN' },
] as const;

/** Rows in one statement. */
const PAGE = 500;

export async function openFollowed(url: string): Promise<FollowedDatabase> {
  const database = openDatabase(url, { connections: 8 });
  const { knex } = database;
  const exact = database.traits.name === 'mysql' ? 'character set utf8mb4 collate utf8mb4_bin' : '';
  await knex.raw(`create table HS_HOSO (SOBIENNHAN varchar(64) ${exact} not null primary key, GHICHU varchar(64))`);
  await knex.raw(`create table HS_LUANCHUYEN (ID varchar(80) ${exact} primary key, SOBIENNHAN varchar(64) ${exact})`);

  async function apply(trx: Knex.Transaction, changes: readonly Change[]): Promise<void> {
    const kept = changes.filter(([, revision]) => revision !== null);
    for (let start = 0; start < kept.length; start += PAGE) {
      const rows = kept.slice(start, start + PAGE).map(([SOBIENNHAN, GHICHU]) => ({ SOBIENNHAN, GHICHU }));
      await trx('HS_HOSO').insert(rows).onConflict('SOBIENNHAN').merge();
    }
    const gone = changes.flatMap(([code, revision]) => (revision === null ? [code] : []));
    if (gone.length > 0) await trx('HS_HOSO').whereIn('SOBIENNHAN', gone).delete();
  }

  const known = (rows: readonly Record<string, unknown>[]): Known =>
    new Map(rows.map(({ SOBIENNHAN, GHICHU }) => [String(SOBIENNHAN), String(GHICHU)]));
  return {
    database,
    write: (changes) => knex.transaction((trx) => apply(trx, changes)),
    async writeLate(changes) {
      const trx = await knex.transaction();
      await apply(trx, changes);
      return async () => {
        await trx.commit();
      };
    },
    async read(codes) {
      const found: [string, string][] = [];
      for (let start = 0; start < codes.length; start += PAGE) {
        const page = codes.slice(start, start + PAGE);
        const marks = page.map(() => '?').join(', ');
        found.push(...known(await database.query(`select * from HS_HOSO where SOBIENNHAN in (${marks})`, page)));
      }
      return new Map(found);
    },
    truth: async () => known(await database.query('select * from HS_HOSO')),
    close: () => database.close(),
  };
}
