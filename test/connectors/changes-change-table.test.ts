import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { changeTable } from '../../connectors/change-table.ts';
import type { Database } from '../../drivers/database.ts';
import { ownDatabase } from '../services/mariadb.ts';
import { skipByName } from '../support/missing.ts';
import { changeFeedContract } from './change-feed-contract.ts';
import { createFollower, followToNow } from './followed.ts';
import { openFollowed, TABLES } from './followed-database.ts';

const way = changeTable({ database: 'URL', tables: TABLES, everyMs: 20 });
const openFeed = (url: string) => way.open({ sector: 'test', settings: { URL: url }, warn: () => {} });

/** The script as a person would run it: statement by statement. */
async function runScript(database: Database, script: string): Promise<void> {
  const text = script.replaceAll(/^--.*\n/gm, '');
  // In SQLite a trigger ends with `end;`, in MySQL it is one statement.
  const statements = text.match(/create trigger[\s\S]*?(?:end;|;)$|(?:create table|drop)[\s\S]*?;$/gm) ?? [];
  for (const statement of statements) await database.knex.raw(statement.replaceAll('?', '\\?'));
}

async function onSqlite() {
  const folder = await mkdtemp(join(tmpdir(), 'change-table-'));
  const url = `sqlite://${join(folder, 'system.sqlite')}`;
  const followed = await openFollowed(url);
  await runScript(followed.database, way.script('sqlite'));
  return {
    url,
    followed,
    close: async () => {
      await followed.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

changeFeedContract(
  'change table on SQLite',
  async () => {
    const { url, followed, close } = await onSqlite();
    const { writeLate, ...rest } = followed;
    return {
      ...rest,
      capability: way.capability,
      rowOf: () => null,
      open: () => openFeed(url),
      mostInBatch: 500,
      breaks: 40,
      close,
    };
  },
  { 'CHG-08': 'SQLite has one writer at a time', 'CHG-13': 'the table holds codes only' },
);

const service = inject('mariadb');
if ('missing' in service) skipByName('change feed contract: change table on MariaDB', service);
else {
  changeFeedContract(
    'change table on MariaDB',
    async () => {
      const own = await ownDatabase(service);
      const followed = await openFollowed(own.url);
      await runScript(followed.database, way.script('mysql'));
      return {
        ...followed,
        capability: way.capability,
        rowOf: () => null,
        open: () => openFeed(own.url),
        mostInBatch: 500,
        breaks: 40,
        close: async () => {
          await followed.close();
          await own.drop();
        },
      };
    },
    { 'CHG-13': 'the table holds codes only' },
  );
}

describe('change table', () => {
  it('notes both codes when a code changes, and a step as a change of its dossier', async () => {
    const { url, followed, close } = await onSqlite();
    const { knex } = followed.database;
    await followed.write([['first', '1']]);
    await knex('HS_LUANCHUYEN').insert({ ID: '1', SOBIENNHAN: 'first' });
    await knex('HS_LUANCHUYEN').insert({ ID: '2', SOBIENNHAN: null });
    await knex('HS_HOSO').update({ SOBIENNHAN: 'second' });
    await knex('HS_LUANCHUYEN').delete();
    const noted = await followed.database.query('select CODE, OP from LIENTHONG_CHANGE order by ID');
    expect(noted.map(({ CODE, OP }) => `${CODE} ${OP}`)).toEqual([
      'first C',
      'first C',
      'first C',
      'second C',
      'first C',
    ]);
    const follower = createFollower({ rowOf: () => null, read: followed.read });
    const feed = openFeed(url);
    await followToNow(follower, feed);
    expect([...follower.known]).toEqual([['second', '1']]);
    expect(await followed.database.query('select * from LIENTHONG_CHANGE')).toEqual([]);
    await close();
  });

  it('says that the triggers are missing, instead of promising what nothing keeps', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'change-table-'));
    const url = `sqlite://${join(folder, 'system.sqlite')}`;
    const followed = await openFollowed(url);
    const feed = openFeed(url);
    await expect(feed.run(null, async () => {}, AbortSignal.timeout(5_000))).rejects.toMatchObject({
      code: 'SOURCE_MALFORMED',
      message: 'there is no LIENTHONG_CHANGE, which is declared',
    });
    await feed.close();
    await followed.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('makes a script that can be run again', async () => {
    const { followed, close } = await onSqlite();
    await runScript(followed.database, way.script('sqlite'));
    await followed.write([['once', '1']]);
    expect(await followed.database.query('select CODE from LIENTHONG_CHANGE')).toEqual([{ CODE: 'once' }]);
    await close();
  });

  it('refuses names that could be anything else in SQL', () => {
    expect(() => changeTable({ database: 'URL', tables: [{ table: 'A; drop table B', key: 'C' }] })).toThrow(
      'no name of a table or column',
    );
  });
});
