import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../../drivers/database.ts';

describe('SQLite driver', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sqlite-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const filled = async (name: string, value: number) => {
    const path = join(folder, name);
    const database = openDatabase(`sqlite://${path}`);
    await database.knex.schema.createTable('thing', (table) => table.integer('value'));
    await database.knex('thing').insert({ value });
    await database.close();
    return path;
  };

  it('keeps a write-ahead log, so that a reader does not wait for a writer', async () => {
    const path = await filled('wal.db', 1);
    const database = openDatabase(`sqlite://${path}`);
    expect(await database.query('pragma journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    const transaction = await database.knex.transaction();
    await transaction('thing').update({ value: 2 });
    expect(await database.query('select value from thing')).toEqual([{ value: 1 }]);
    await transaction.commit();
    expect(await database.query('select value from thing')).toEqual([{ value: 2 }]);
    await database.close();
  });

  it('waits for another writer without holding up the event loop', async () => {
    const path = await filled('busy.db', 1);
    const database = openDatabase(`sqlite://${path}`);
    const other = new DatabaseSync(path);
    other.exec('begin immediate');
    let ticks = 0;
    const ticking = setInterval(() => {
      ticks += 1;
    }, 10);
    setTimeout(() => other.exec('commit'), 300);
    await database.knex.transaction((transaction) => transaction('thing').update({ value: 5 }));
    clearInterval(ticking);
    other.close();
    expect(ticks).toBeGreaterThan(5);
    expect(await database.query('select value from thing')).toEqual([{ value: 5 }]);
    await database.close();
  });

  it('lets two processes read and then write in one transaction each, without refusing either', async () => {
    const path = await filled('shared.db', 0);
    const both = [openDatabase(`sqlite://${path}`), openDatabase(`sqlite://${path}`)];
    const add = (database: (typeof both)[number]) =>
      database.knex.transaction(async (transaction) => {
        const row = await transaction('thing').first('value');
        await new Promise((resolve) => setTimeout(resolve, 5));
        await transaction('thing').update({ value: row.value + 1 });
      });
    await Promise.all(Array.from({ length: 10 }, () => both.map(add)).flat());
    expect(await both[0]?.query('select value from thing')).toEqual([{ value: 20 }]);
    for (const database of both) await database.close();
  });

  it('gives up waiting for another writer after the time it was given', async () => {
    const path = await filled('held.db', 1);
    const database = openDatabase(`sqlite://${path}`, { busyMs: 100 });
    const other = new DatabaseSync(path);
    other.exec('begin immediate');
    const failure = await database
      .knex('thing')
      .update({ value: 5 })
      .catch((error: unknown) => error);
    expect(database.faultOf(failure).kind).toBe('unreachable');
    other.close();
    await database.close();
  });

  it('never writes and never creates a file when it is read-only', async () => {
    const path = await filled('only.db', 1);
    const database = openDatabase(`sqlite://${path}`, { readOnly: true });
    await expect(database.query('delete from thing')).rejects.toThrow(/readonly/);
    await expect(Promise.resolve(database.knex('thing').delete())).rejects.toThrow(/readonly/);
    await database.close();
    const none = openDatabase(`sqlite://${folder}/none.db`, { readOnly: true });
    await expect(none.query('select 1 from sqlite_master')).rejects.toThrow(/unable to open/);
    await none.close();
  });

  it('does not read on from a file that is gone, however young the process is', async () => {
    const path = await filled('gone.db', 1);
    const clock = vi.spyOn(performance, 'now').mockReturnValue(10);
    try {
      const database = openDatabase(`sqlite://${path}`, { readOnly: true });
      expect(await database.query('select value from thing')).toEqual([{ value: 1 }]);
      await rename(path, `${path}.away`);
      clock.mockReturnValue(2_000);
      await expect(database.query('select value from thing')).rejects.toThrow();
      await database.close();
    } finally {
      clock.mockRestore();
    }
  });

  it('notices that a newer file took the place of a read-only one', async () => {
    const path = await filled('nightly.db', 1);
    const next = await filled('next.db', 2);
    const database = openDatabase(`sqlite://${path}`, { readOnly: true });
    expect(await database.query('select value from thing')).toEqual([{ value: 1 }]);
    await copyFile(next, `${path}.part`);
    await rename(`${path}.part`, path);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await database.query('select value from thing')).toEqual([{ value: 2 }]);
    await database.close();
  });

  it('keeps a bounded number of prepared statements and still answers each', async () => {
    const database = openDatabase('sqlite::memory:');
    for (let round = 0; round < 1_200; round += 1) {
      expect(await database.query(`select ${round} as n`)).toEqual([{ n: round }]);
    }
    await database.close();
  });

  it('stores a Date of knex as its milliseconds and refuses any other object', async () => {
    const database = openDatabase('sqlite::memory:');
    await database.knex.schema.createTable('moment', (table) => table.integer('at'));
    await database.knex('moment').insert({ at: new Date(1_700_000_000_000) });
    expect(await database.query('select at from moment')).toEqual([{ at: 1_700_000_000_000 }]);
    const hostile = { at: 1 } as unknown as string;
    await expect(database.query('select at from moment where at = ? or 1 = ?', [hostile, 1])).rejects.toThrow(
      TypeError,
    );
    await expect(Promise.resolve(database.knex('moment').where('at', { at: 1 } as never))).rejects.toThrow();
    await database.close();
  });

  it('calls a file that is no database malformed, not away', async () => {
    const path = join(folder, 'text.db');
    await copyFile(import.meta.filename, path);
    const database = openDatabase(`sqlite://${path}`, { readOnly: true });
    const failure = await database.query('select * from thing').catch((error: unknown) => error);
    expect(database.faultOf(failure).kind).toBe('schema');
    await database.close();
  });
});
