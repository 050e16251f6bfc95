import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { HubError } from '../../core/errors.ts';
import type { Answer, Key, Source } from '../../core/source.ts';
import { type Database, openDatabase } from '../../drivers/database.ts';
import { ownDatabase } from '../services/mariadb.ts';
import { caller } from './source-subject.ts';
import { fillRegistry, openRegistry } from './sql-subject.ts';

interface Place {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

const service = inject('mariadb');
const missing = 'missing' in service ? service.missing : undefined;

async function onSqlite(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'sql-'));
  return { url: `sqlite://${folder}/registry.sqlite`, drop: () => rm(folder, { recursive: true }) };
}

const PLACES = [
  { name: 'SQLite', open: onSqlite, absent: undefined },
  { name: 'MariaDB', open: () => ownDatabase(service), absent: missing },
];

for (const { name, open, absent } of PLACES) {
  describe.skipIf(absent !== undefined)(`sql on ${name}${absent === undefined ? '' : ` (${absent})`}`, () => {
    let place: Place;
    let database: Database;
    let source: Source;
    beforeAll(async () => {
      place = await open();
      database = openDatabase(place.url);
      await fillRegistry(database);
      source = openRegistry(place.url);
    });
    afterAll(async () => {
      await source.close();
      await database.close();
      await place.drop();
    });
    const read = (entity: string, lookup: string, keys: readonly Key[], fields: readonly string[]) =>
      source.read({ entity, lookup, keys, fields }, { caller, signal: AbortSignal.timeout(5_000) });
    const column = (answer: Answer | undefined, field: string): unknown[] =>
      Array.isArray(answer) ? answer.map((row) => row[field]) : [answer];

    it('finds a record by a key of several columns, one of them of numbers, and keeps 012 from 12', async () => {
      const keys = [
        ['00004', '7', '12'],
        ['00004', '7', '012'],
        ['00004', '07', '12'],
        ['00004', '7', '99'],
      ];
      const answers = await read('parcel', 'position', keys, ['parcel.THUADATID']);
      expect(answers.map((answer) => column(answer, 'parcel.THUADATID'))).toEqual([[2], [1], [], []]);
      const [one] = await read('parcel', 'position', [['00004', '7', '012']], ['parcel.THUADATID']);
      expect(column(one, 'parcel.THUADATID')).toEqual([1]);
    });

    it('refuses a key with too few or too many parts', async () => {
      for (const key of ['00004', ['00004', '7'], ['00004', '7', '1', '2']]) {
        await expect(read('parcel', 'position', [key], ['parcel.THUADATID'])).rejects.toMatchObject({
          code: 'INTERNAL',
        });
      }
    });

    it('leaves out what `where` excludes', async () => {
      const [answer] = await read('parcel', 'position', [['00004', '7', '13']], ['parcel.DIENTICH']);
      expect(column(answer, 'parcel.DIENTICH')).toEqual(['100.00']);
    });

    it('counts a record once that a join brings twice, and twice two records that look alike', async () => {
      const [first, third] = await read('parcel', 'holder', ['001190000042', '010000044'], ['parcel.DIENTICH']);
      expect(column(first, 'parcel.DIENTICH').sort()).toEqual(['100.00', '85.30']);
      expect(column(third, 'parcel.DIENTICH')).toEqual(['100.00', '100.00']);
    });

    it('orders by the declared column and keeps only as many records a key as declared', async () => {
      const [answer] = await read('parcel', 'latest', ['010000042', 'x'], ['parcel.THUADATID']);
      expect(column(answer, 'parcel.THUADATID')).toEqual([2]);
    });

    it('finds a key in columns of two tables', async () => {
      const answers = await read('parcel', 'either', ['001190000042', '13'], ['parcel.THUADATID']);
      expect(answers.map((answer) => column(answer, 'parcel.THUADATID'))).toEqual([[1, 2], [3]]);
    });

    it('gives a record with no holder a null, not nothing', async () => {
      await database.knex('RIGHTS').where({ PARCELID: 1 }).update({ PARCELID: -1 });
      const [answer] = await read('parcel', 'position', [['00004', '7', '012']], ['person.HOTEN']);
      expect(column(answer, 'person.HOTEN')).toEqual([null]);
      await database.knex('RIGHTS').where({ PARCELID: -1 }).update({ PARCELID: 1 });
    });

    it('tells keys apart that the collation takes for one', async () => {
      const answers = await read('person', 'ma', ['AB1', 'aB1', 'ma', 'mã', 'MA', 'ab1'], ['person.PERSONID']);
      expect(answers.map((answer) => column(answer, 'person.PERSONID'))).toEqual([[2], [1], [3], [4], [], []]);
      expect(column((await read('person', 'ma', ['AB1'], ['person.PERSONID']))[0], 'person.PERSONID')).toEqual([2]);
      expect(await read('person', 'ma', ['ab1'], ['person.PERSONID'])).toEqual([[]]);
    });

    it('gives the empty key to the record with an empty column, never to one with a null', async () => {
      const [code] = await read('person', 'code', [''], ['person.PERSONID']);
      expect(column(code, 'person.PERSONID')).toEqual([4]);
      const [number] = await read('person', 'number', ['', '010000044'], ['person.PERSONID']);
      expect(number).toEqual([]);
    });

    it('answers any number of keys up to a thousand', async () => {
      for (const count of [1, 2, 9, 17, 33, 49, 65, 130, 999, 1000]) {
        const keys = Array.from({ length: count }, (_, index) => String(index).padStart(12, '0'));
        keys[count >> 1] = '010000045';
        const answers = await read('person', 'number', keys, ['person.PERSONID']);
        expect(answers.flatMap((answer) => column(answer, 'person.PERSONID'))).toEqual([4]);
        expect(answers).toHaveLength(count);
      }
    });

    it('names the column that the system lost, and nothing else of it', async () => {
      const failure = await read('parcel', 'position', [['00004', '7', '12']], ['parcel.GONE']).catch(
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({ code: 'SOURCE_MALFORMED', field: 'parcel.GONE', retryable: false });
      expect((failure as HubError).message).not.toContain('GONE');
    });

    it('refuses a field that no declared table has before it becomes SQL', async () => {
      for (const field of ['secret.PASSWORD', 'parcel.A` from PERSON -- ', 'THUA']) {
        const failure = await read('parcel', 'position', [['00004', '7', '12']], [field]).catch(
          (error: unknown) => error,
        );
        expect(failure).toMatchObject({ code: 'SOURCE_MALFORMED', field });
      }
    });

    it('calls an aborted read a timeout', async () => {
      const request = { entity: 'person', lookup: 'ma', keys: ['ma'], fields: ['person.MA'] };
      const reading = source.read(request, { caller, signal: AbortSignal.abort() });
      await expect(reading).rejects.toMatchObject({ code: 'SOURCE_TIMEOUT' });
    });

    const search = async (criteria: Record<string, string>, limit = 10) => {
      const request = { entity: 'person', criteria, fields: ['person.HOTEN'], limit };
      const answer = await source.search?.(request, { caller, signal: AbortSignal.timeout(5_000) });
      return { names: answer?.rows.map((row) => row['person.HOTEN']).sort(), more: answer?.more };
    };

    it('finds names with and without diacritics, in any case, with and without an apostrophe', async () => {
      const both = ['NGUYỄN VĂN ANH', 'Nguyễn Văn Ái'];
      for (const text of ['nguyen van', 'Nguyễn Văn', 'NGUYỄN  VĂN'])
        expect((await search({ name: text })).names).toEqual(both);
      for (const text of ["H'Hen Niê", 'hhen nie', 'H’hen'])
        expect((await search({ name: text })).names).toEqual(["H'Hen Niê"]);
      expect((await search({ name: 'y bham' })).names).toEqual(['Y Bhăm Êban']);
    });

    it('takes wildcards and quotes in a name for what lies between words', async () => {
      expect((await search({ name: "ng%n' or '1'='1" })).names).toEqual([]);
      await expect(search({ name: '%_%' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    });

    it('narrows by an exact criterion and ignores one it does not know', async () => {
      expect((await search({ name: 'nguyen', number: '010000044', colour: 'red' })).names).toEqual(['NGUYỄN VĂN ANH']);
    });
  });
}

describe.skipIf(missing !== undefined)(
  `sql on MariaDB with old tables${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    it('finds a name in any case where the collation tells cases apart', async () => {
      const place = await ownDatabase(service);
      const database = openDatabase(place.url);
      await fillRegistry(database);
      await database.query('alter table PERSON convert to character set utf8mb4 collate utf8mb4_bin');
      const source = openRegistry(place.url);
      const request = { entity: 'person', criteria: { name: 'nguyen van' }, fields: ['person.HOTEN'], limit: 10 };
      expect((await source.search?.(request, { caller, signal: AbortSignal.timeout(5_000) }))?.rows).toHaveLength(2);
      await source.close();
      await database.close();
      await place.drop();
    });

    it('drops a key whose letters a Latin-1 column cannot hold, and answers the others', async () => {
      const place = await ownDatabase(service);
      const database = openDatabase(place.url);
      await fillRegistry(database);
      await database.query('alter table PERSON convert to character set latin1');
      const source = openRegistry(place.url);
      const read = (keys: readonly string[]) =>
        source.read(
          { entity: 'person', lookup: 'code', keys, fields: ['person.PERSONID'] },
          { caller, signal: AbortSignal.timeout(5_000) },
        );
      expect((await read(['0042', 'ễ', '0043'])).map((answer) => Array.isArray(answer) && answer.length)).toEqual([
        1, 0, 1,
      ]);
      expect(await read(['ễ'])).toEqual([[]]);
      await source.close();
      await database.close();
      await place.drop();
    });
  },
);
