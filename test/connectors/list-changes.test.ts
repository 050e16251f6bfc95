import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { guardSource } from '../../connectors/guard.ts';
import type { ChangePosition, ListChangesAnswer } from '../../core/changes.ts';
import type { EntityDeclaration, SourceDeclaration } from '../../core/declaration.ts';
import type { Source } from '../../core/source.ts';
import { type Database, openDatabase } from '../../drivers/database.ts';
import { kit } from '../../kit/index.ts';
import { ownDatabase } from '../services/mariadb.ts';

const service = inject('mariadb');
const reason = 'missing' in service ? ` (skipped: ${service.missing})` : '';
const { fields } = kit;

function open(declaration: SourceDeclaration, entity: EntityDeclaration, settings: Record<string, unknown>): Source {
  const source = declaration.open({ sector: 'test', settings, entities: { dossier: entity }, warn() {} });
  return guardSource(source, { sector: 'test', timeoutMs: 5_000, concurrency: 2, retries: 0 });
}

async function listPages(
  source: Source,
  limit: number,
  after: ChangePosition | null = null,
): Promise<readonly ListChangesAnswer[]> {
  const pages: ListChangesAnswer[] = [];
  for (let place = after, more = true; more && pages.length < 50; ) {
    const request = { entity: 'dossier', fields: ['dossier.CODE'], after: place, limit };
    const page = await source.listChanges?.(request, {
      caller: { actor: 'test', requestId: 'test' },
      signal: AbortSignal.timeout(5_000),
    });
    if (page === undefined) throw new Error('it lists no changes');
    pages.push(page);
    place = page.rows.at(-1)?.position ?? place;
    more = page.more;
  }
  return pages;
}

const codesOf = (pages: readonly ListChangesAnswer[]) =>
  pages.map((page) => page.rows.map(({ row }) => row['dossier.CODE']));

describe.each(['SQLite', `MariaDB${reason}`])('A list of changes behind SQL, on %s', (kind) => {
  const isSqlite = kind === 'SQLite';
  const test = it.skipIf(!isSqlite && 'missing' in service);
  const cleanUp: (() => Promise<unknown>)[] = [];
  let url: string;
  let database: Database;

  beforeAll(async () => {
    if (!isSqlite && 'missing' in service) return;
    const directory = await mkdtemp(join(tmpdir(), 'lienthong-list-'));
    cleanUp.push(() => rm(directory, { recursive: true }));
    if (isSqlite) url = `sqlite://${join(directory, 'system.sqlite')}`;
    else {
      const own = await ownDatabase(service);
      url = own.url;
      cleanUp.unshift(own.drop);
    }
    database = openDatabase(url);
    cleanUp.unshift(database.close);
    await database.knex.raw('create table HS (CODE varchar(20), CHANGED datetime, COMPACT varchar(14), KIND integer)');
    await database.knex('HS').insert([
      { CODE: 'f', CHANGED: '2026-11-20 08:00:01', COMPACT: '20261120080001', KIND: 1 },
      { CODE: 'd', CHANGED: '2026-11-20 08:00:00', COMPACT: '20261120080000', KIND: 1 },
      { CODE: 'e', CHANGED: '2026-11-20 08:00:00', COMPACT: '20261120080000', KIND: 1 },
      { CODE: 'c', CHANGED: '2026-11-20 08:00:00', COMPACT: '20261120080000', KIND: 1 },
      { CODE: 'b', CHANGED: '0000-00-00 00:00:00', COMPACT: '', KIND: 1 },
      { CODE: 'a', CHANGED: null, COMPACT: 'không rõ', KIND: 1 },
      { CODE: 'x', CHANGED: '2026-11-20 08:00:00', COMPACT: '20261120080000', KIND: 2 },
    ]);
  });

  afterAll(async () => {
    for (const clean of cleanUp) await clean();
  });

  const list = (changes: object, limit: number, after?: ChangePosition | null) => {
    const declaration = kit.sql({ url: 'DATABASE_URL' });
    const entity = declaration.entity({
      ...{ type: 'Dossier', identity: ['code'], table: 'HS as dossier', where: { 'dossier.KIND': 1 } },
      fields: { code: fields.code('dossier.CODE') },
      lookups: { code: { by: 'dossier.CODE' } },
      changes: { time: 'dossier.CHANGED', format: 'yyyy-MM-dd HH:mm:ss', key: 'dossier.CODE', ...changes },
    });
    const source = open(declaration, entity, { DATABASE_URL: url });
    return listPages(source, limit, after).finally(() => source.close());
  };

  test.for([1, 2, 3, 10])('goes by time and code, records without a stamp first, in pages of %i', async (limit) => {
    for (const changes of [{}, { time: 'dossier.COMPACT', format: 'yyyyMMddHHmmss' }]) {
      const pages = await list(changes, limit);
      expect(codesOf(pages).flat()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
      expect(pages.slice(0, -1).every((page) => page.rows.length === limit && page.more)).toBe(true);
    }
  });

  test('begins after the place it is given', async () => {
    const at = Date.parse('2026-11-20T08:00:00+07:00');
    expect(codesOf(await list({}, 10, { at, code: 'd' })).flat()).toEqual(['e', 'f']);
    expect(codesOf(await list({}, 10, { at: at - 1, code: '' })).flat()).toEqual(['c', 'd', 'e', 'f']);
    expect(codesOf(await list({}, 10, { at: at + 1_000, code: 'f' })).flat()).toEqual([]);
  });

  test('tells its places and its clock in UTC, whatever zone its stamps are in', async () => {
    const [vietnamese] = await list({}, 10);
    const [universal] = await list({ zone: 'UTC' }, 10);
    expect(vietnamese?.rows.at(-1)?.position).toEqual({ at: Date.parse('2026-11-20T08:00:01+07:00'), code: 'f' });
    expect(universal?.rows.at(-1)?.position).toEqual({ at: Date.parse('2026-11-20T08:00:01Z'), code: 'f' });
    expect(Math.abs((vietnamese?.clock ?? 0) - Date.now())).toBeLessThan(5_000);
  });

  test('names the column that is not there', async () => {
    const listing = list({ time: 'dossier.NGAYCAPNHAT' }, 10);
    await expect(listing).rejects.toMatchObject({ code: 'SOURCE_MALFORMED', field: 'dossier.NGAYCAPNHAT' });
  });

  test('is not offered by a source none of whose entities says how', () => {
    const declaration = kit.sql({ url: 'DATABASE_URL' });
    const entity = declaration.entity({
      ...{ type: 'Dossier', identity: ['code'], table: 'HS as dossier' },
      fields: { code: fields.code('dossier.CODE') },
      lookups: { code: { by: 'dossier.CODE' } },
    });
    expect(open(declaration, entity, { DATABASE_URL: url }).listChanges).toBeUndefined();
  });
});

describe('A list of changes behind REST', () => {
  let server: Server;
  let answer: { readonly date?: string; readonly body: unknown };
  const asked: unknown[] = [];

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      asked.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.setHeader('content-type', 'application/json');
      if (answer.date !== undefined) response.setHeader('date', answer.date);
      else response.sendDate = false;
      response.end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const list = (limit: number, after: ChangePosition | null = null) => {
    const declaration = kit.rest({ url: 'URL' });
    const entity = declaration.entity({
      ...{ type: 'Dossier', identity: ['code'], fields: { code: fields.code('dossier.CODE') } },
      lookups: {
        code: {
          batchSize: 10,
          request: (keys) => ({ method: 'POST', path: '/get', body: { keys } }),
          ...{ rows: 'data', keys: ['dossier.CODE'] },
        },
      },
      changes: {
        request: (place, most) => ({ method: 'POST', path: '/changes', body: { ...place, most } }),
        ...{ rows: 'data', most: 3 },
        place: fields.derived(['dossier.AT', 'dossier.CODE'], (at, code) => {
          if (typeof at !== 'number') throw new kit.FaultyValue('a time', 'none');
          return { at, code: String(code) };
        }),
      },
    });
    const { port } = server.address() as AddressInfo;
    const source = open(declaration, entity, { URL: `http://127.0.0.1:${port}` });
    const request = { entity: 'dossier', fields: ['dossier.CODE'], after, limit };
    const options = { caller: { actor: 'test', requestId: 'test' }, signal: AbortSignal.timeout(5_000) };
    if (source.listChanges === undefined) throw new Error('it lists no changes');
    return source.listChanges(request, options).finally(() => source.close());
  };
  const record = (code: string, at: number | string) => ({ dossier: { CODE: code, AT: at } });

  it('asks from the place it is given, for no more than the system gives, and takes the clock from the answer', async () => {
    answer = { date: 'Sun, 22 Nov 2026 02:00:00 GMT', body: { data: [record('a', 7), record('b', 8)] } };
    const page = await list(500, { at: 7, code: '' });
    expect(asked.at(-1)).toEqual({ at: 7, code: '', most: 3 });
    expect(page).toMatchObject({ more: false, clock: Date.parse('2026-11-22T02:00:00Z') });
    expect(page.rows.map(({ position }) => position)).toEqual([
      { at: 7, code: 'a' },
      { at: 8, code: 'b' },
    ]);
  });

  it('takes a full page for one that may have another, and a record without a place for its neighbour', async () => {
    answer = { body: { data: [record('a', 7), record('b', ''), record('c', 9)] } };
    const page = await list(500);
    expect(page).toMatchObject({ more: true, clock: null });
    expect(page.rows.map(({ position }) => position.at)).toEqual([7, 7, 9]);
  });
});
