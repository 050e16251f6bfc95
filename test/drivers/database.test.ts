import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Database, openDatabase } from '../../drivers/database.ts';
import { ownDatabase } from '../services/mariadb.ts';

const service = inject('mariadb');
const missing = 'missing' in service ? service.missing : undefined;

const PLACES = [
  {
    name: 'SQLite',
    absent: undefined,
    open: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'database-'));
      // A space and a letter beyond ASCII, as in people's folders.
      return {
        url: `sqlite://${folder}/kho%20d%E1%BB%AF%20li%E1%BB%87u.db`,
        drop: () => rm(folder, { recursive: true }),
      };
    },
  },
  {
    name: 'SQLite in memory',
    absent: undefined,
    open: async () => ({ url: 'sqlite::memory:', drop: async () => {} }),
  },
  { name: 'MariaDB', absent: missing, open: () => ownDatabase(service) },
];

for (const { name, absent, open } of PLACES) {
  describe.skipIf(absent !== undefined)(`database on ${name}${absent === undefined ? '' : ` (${absent})`}`, () => {
    let place: Awaited<ReturnType<typeof open>>;
    let database: Database;
    beforeAll(async () => {
      place = await open();
      database = openDatabase(place.url);
      await database.knex.schema.createTable('thing', (table) => {
        table.increments('id');
        table.string('code', 40).unique();
        table.bigInteger('big');
        table.binary('bytes');
        table.boolean('flag');
      });
    });
    afterAll(async () => {
      await database.close();
      await place.drop();
    });
    const count = async () => Number((await database.query('select count(*) as n from thing'))[0]?.n);

    it('gives whole numbers beyond 2^53 as text that lost nothing, by both ways', async () => {
      await database.knex('thing').insert([
        { code: 'big', big: '9007199254740993' },
        { code: 'least', big: '-9223372036854775808' },
      ]);
      const sql = 'select big from thing where code in (?, ?) order by code';
      for (let round = 0; round < 2; round += 1) {
        const rows = await database.query(sql, ['big', 'least']);
        expect(rows.map((row) => row.big)).toEqual(['9007199254740993', '-9223372036854775808']);
      }
      const built = await database.knex('thing').whereIn('code', ['big', 'least']).orderBy('code').pluck('big');
      expect(built).toEqual(['9007199254740993', '-9223372036854775808']);
      // A small one read by the same statement afterwards.
      await database.knex('thing').insert({ code: 'small', big: 7 });
      expect((await database.query(sql, ['small', 'small'])).map((row) => Number(row.big))).toEqual([7]);
    });

    it('keeps text as it is: leading zeros, NUL, quotes, letters beyond the first plane', async () => {
      const texts = ['0042', '1.0', 'a\u0000b', 'it\'s \\ "x"', 'Nguyễn', 'Nguye\u0302\u0303n', '𠮷', ' x'];
      await database.knex('thing').insert(texts.map((code) => ({ code })));
      for (const code of texts) {
        expect(
          (await database.query('select code from thing where code = ?', [code])).map((row) => row.code),
        ).toContain(code);
      }
    });

    it('gives bytes back as bytes', async () => {
      const bytes = Buffer.from([0, 255, 10, 39]);
      await database.knex('thing').insert({ code: 'bytes', bytes, flag: true });
      const [row] = await database.query('select bytes, flag from thing where code = ?', ['bytes']);
      expect(Buffer.from(row?.bytes as Uint8Array)).toEqual(bytes);
      expect(row?.flag).toBe(1);
    });

    it('returns ids and counts of changed rows as knex promises', async () => {
      const [id] = await database.knex('thing').insert({ code: 'id' });
      expect(await database.knex('thing').where({ id }).first('code')).toEqual({ code: 'id' });
      expect(await database.knex('thing').where({ id }).update({ flag: false })).toBe(1);
      expect(await database.knex('thing').where({ id }).delete()).toBe(1);
      await database.knex('thing').insert({ code: 'id', flag: true });
      await database.knex('thing').insert({ code: 'id', flag: false }).onConflict('code').merge();
      expect(await database.knex('thing').where({ code: 'id' }).pluck('flag')).toEqual([0]);
    });

    it('undoes a transaction that fails, whole, and keeps a nested one apart', async () => {
      const before = await count();
      const failing = database.knex.transaction(async (transaction) => {
        await transaction('thing').insert({ code: 'undone' });
        await transaction('thing').insert({ code: 'undone' });
      });
      await expect(failing).rejects.toThrow();
      expect(await count()).toBe(before);
      await database.knex.transaction(async (outer) => {
        await outer('thing').insert({ code: 'outer' });
        const inner = outer.transaction(async (nested) => {
          await nested('thing').insert({ code: 'inner' });
          throw new Error('no');
        });
        await expect(inner).rejects.toThrow('no');
      });
      expect(await database.knex('thing').whereIn('code', ['outer', 'inner']).pluck('code')).toEqual(['outer']);
    });

    it('lets transactions that run at once add up', async () => {
      await database.knex('thing').insert({ code: 'sum', big: 0 });
      const add = () =>
        database.knex.transaction(async (transaction) => {
          const row = await transaction('thing').where({ code: 'sum' }).forUpdate().first('big');
          await transaction('thing')
            .where({ code: 'sum' })
            .update({ big: Number(row.big) + 1 });
        });
      await Promise.all(Array.from({ length: 20 }, add));
      expect(Number((await database.query('select big from thing where code = ?', ['sum']))[0]?.big)).toBe(20);
    });

    it('runs migrations up and down, and reads a column that one adds', async () => {
      expect(Object.keys((await database.query('select * from thing where code = ?', ['sum']))[0] ?? {})).not.toContain(
        'late',
      );
      const migrationSource = {
        getMigrations: async () => ['001', '002'],
        getMigrationName: (migration: string) => migration,
        getMigration: async (migration: string) =>
          migration === '001'
            ? {
                up: (knex: Database['knex']) =>
                  knex.schema.alterTable('thing', (table) => void table.string('late', 5)),
                down: (knex: Database['knex']) =>
                  knex.schema.alterTable('thing', (table) => void table.dropColumn('late')),
              }
            : {
                up: (knex: Database['knex']) =>
                  knex.schema.alterTable('thing', (table) => void table.string('code', 60).alter()),
                down: async () => {},
              },
      };
      const [, done] = await database.knex.migrate.latest({ migrationSource });
      expect(done).toEqual(['001', '002']);
      expect((await database.query('select * from thing where code = ?', ['sum']))[0]).toMatchObject({
        code: 'sum',
        late: null,
      });
      await database.knex.migrate.rollback({ migrationSource }, true);
      expect(Object.keys((await database.query('select * from thing where code = ?', ['sum']))[0] ?? {})).not.toContain(
        'late',
      );
    });

    it('runs one statement a call and never a second behind it', async () => {
      await expect(Promise.resolve(database.knex.raw('select 1; delete from thing'))).rejects.toThrow();
      await expect(database.query('select 1; delete from thing')).rejects.toThrow();
      expect(await count()).toBeGreaterThan(0);
    });

    it('tells a missing column and table from a database that is away', async () => {
      const faultOf = async (sql: string) =>
        database.faultOf(await database.query(sql).catch((error: unknown) => error));
      expect(await faultOf('select thing.gone from thing')).toEqual({ kind: 'schema', name: 'thing.gone' });
      expect((await faultOf('select * from gone')).name).toMatch(/^(\w+\.)?gone$/);
    });

    it('rejects at once for a signal that is already aborted', async () => {
      await expect(database.query('select 1', [], { signal: AbortSignal.abort() })).rejects.toMatchObject({
        name: 'AbortError',
      });
    });
  });
}

describe('a database URL', () => {
  it('is refused without being repeated when it cannot be', () => {
    for (const url of [
      'sqlite://relative',
      'sqlite:',
      'mysql://',
      'postgres://u:secret@h/d',
      'mysql://u:secret@h/d?ssl=1',
      '',
    ]) {
      expect(() => openDatabase(url)).toThrow(/^(?!.*secret)/);
      expect(() => openDatabase(url)).toThrow();
    }
  });

  it('opens nothing', async () => {
    await openDatabase('mysql://u:p@127.0.0.1:1/none').close();
    await openDatabase('sqlite:///nowhere/none.db').close();
  });
});
