import { timingSafeEqual } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import type { OpenSector } from '../../core/open-sector.ts';
import { openDatabase } from '../../drivers/database.ts';
import type { CallbackTaker } from '../../gateway/callback-route.ts';
import { kit } from '../../kit/index.ts';
import landSector from '../../sectors/land/sector.ts';
import { type Callback, createCaller, securityCode } from '../../sectors/land/stand-in/callbacks.ts';
import { createCallbackDesk } from '../../streams/capture/callbacks.ts';
import { tcpProxy } from '../services/tcp-proxy.ts';
import { openCallbackGateway } from './callback-stage.ts';
import {
  type CaptureStage,
  countedOnce,
  type LandOffice,
  openCaptureStage,
  openLandOffice,
  until,
  versionsByCode,
  written,
} from './capture-stage.ts';

vi.mock('node:crypto', async (original) => {
  const real = await original<typeof import('node:crypto')>();
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) };
});

const service = inject('mariadb');
const reason = 'missing' in service ? ` (skipped: ${service.missing})` : '';
const SECOND = 1_000;
const [A, B] = ['H41.12-261120-0001', 'H41.12-261120-0002'] as const;

describe.each(['SQLite', `MariaDB${reason}`])('Calls of a system, kept and merged on %s', (name) => {
  const kind = name === 'SQLite' ? 'SQLite' : 'MariaDB';
  const skipped = kind === 'MariaDB' && 'missing' in service;
  const test = it.skipIf(skipped);
  const now = Date.now() - (Date.now() % SECOND);
  let stage: CaptureStage;
  let office: LandOffice;
  /** The land office, of whose changes nothing is known but what its calls tell. */
  let sector: OpenSector;
  let count = 0;

  beforeAll(async () => {
    if (skipped) return;
    stage = await openCaptureStage(kind, service);
    office = await openLandOffice(stage);
  });

  beforeEach(async () => {
    await office?.empty();
    if (skipped) return;
    count += 1;
    sector = pushed();
    stage.warnings.splice(0);
  });

  afterEach(async () => stage?.closeCaptures());

  afterAll(async () => {
    await office?.close();
    await stage?.close();
  });

  function pushed(url = office.url): OpenSector {
    const declaration = landSector(kit);
    const { dossiers } = declaration;
    if (dossiers?.changes?.push === undefined) throw new Error('the land office calls');
    const own = { ...declaration, dossiers: { ...dossiers, changes: { push: dossiers.changes.push } } };
    return stage.sector(`called-${count}`, own, {
      ...{ DATABASE_URL: url, SECURITY_CODE: securityCode },
      RETRIES: '0',
    });
  }

  /** The same system, before every reading of whose dossiers something happens. */
  function readingAfter(real: OpenSector, happens: () => Promise<void>): OpenSector {
    const sources = new Map(
      [...real.sources].map(([declared, open]) => {
        const read: typeof open.source.read = async (request, options) => {
          if (request.entity === 'dossier') await happens();
          return open.source.read(request, options);
        };
        return [declared, { ...open, source: { ...open.source, read } }] as const;
      }),
    );
    return { ...real, sources };
  }

  const desk = (options: Partial<Parameters<typeof createCallbackDesk>[0]> = {}) =>
    createCallbackDesk({
      ...{ sectors: [sector], database: stage.store.database, now: Date.now },
      warn: (message, details = {}) => stage.warnings.push({ message, details }),
      ...options,
    });
  const moved = (code: string, at: number, status: string, content = `to ${status}`): Callback => ({
    route: 'DongBoTrangThaiLuanChuyenHoSo',
    body: { SoBienNhan: code, NgayChuyen: written(at), MaTrangThai: status, NoiDungXuLy: content },
  });
  const tell = async ({ route, body }: Callback, taker: CallbackTaker = desk()) => {
    const whole = { ...body, SecurityCode: securityCode };
    return taker.accept({ sector: sector.id, route, body: whole });
  };
  const events = () => stage.events(sector.id);
  const states = async (code: string) =>
    (await events()).filter((one) => one.code === code).map(({ change, view }) => `${change} ${view?.status?.code}`);
  const waiting = async () =>
    (await stage.store.database.query('select id from callback where sector = ? and done_at is null', [sector.id]))
      .length;

  test('are kept before they are answered, and merged when somebody captures', async () => {
    await office.receive([A], now - 10 * SECOND);
    expect(await tell(moved(A, now, '22'))).toEqual({ status: 200, body: { Result: 1, Message: '' } });
    expect(await waiting()).toBe(1);
    await stage.capture([sector]).caughtUp();
    expect(await waiting()).toBe(0);
    const [first, second] = await events();
    // The record is read whole first, and what the call says is merged over it.
    expect(first).toMatchObject({ change: 'upsert', way: 'push', view: { status: { code: '20' } } });
    expect(second).toMatchObject({
      change: 'step',
      occurredAt: now,
      sourcePosition: expect.stringMatching(/HoSo\/\d+/),
    });
    expect(second?.view).toMatchObject({ procedureCode: '1.012753', status: { code: '22', number: 4 }, statusAt: now });
    expect(second?.view?.steps).toMatchObject([{ content: 'to 22', at: now, status: { code: '22' } }]);
  });

  test('stay in their order where others come, all within a second, while the record is read', async () => {
    await office.receive([A], now - 10 * SECOND);
    await tell(moved(A, now, '101'));
    // Between looking at the calls and reading the record the system goes on: it calls, then writes the next state.
    const meanwhile = [
      [102, 103],
      [103, 104],
    ] as const;
    let reads = 0;
    sector = readingAfter(sector, async () => {
      const [told, next] = meanwhile[reads++] ?? [];
      if (told === undefined || next === undefined) return;
      await tell(moved(A, now, String(told)));
      await office.move(A, next, now);
    });
    await stage.capture([sector]).caughtUp();
    await tell(moved(A, now, '104'));
    const codesTold = async () => (await states(A)).map((state) => state.split(' ')[1]);
    // What is recorded reaches the log some time later.
    await until(async () => (await codesTold()).includes('104'), { what: 'the last state is in the log' });
    const codes = await codesTold();
    expect(codes).toEqual([...codes].sort());
    expect(new Set(codes)).toEqual(new Set(['101', '102', '103', '104']));
  });

  test('make one event with the record where the record says the same, and every state where it has gone on', async () => {
    await office.receive([A], now - 10 * SECOND);
    await tell(moved(A, now - 9 * SECOND, '21'));
    const capture = stage.capture([sector]);
    await capture.caughtUp();
    await capture.close();
    await office.move(A, 30, now - 3 * SECOND);
    await office.move(A, 22, now - 2 * SECOND);
    await tell(moved(A, now - 5 * SECOND, '20', 'Cập nhật hồ sơ'));
    await tell(moved(A, now - 2 * SECOND, '22', 'Cập nhật hồ sơ'));
    await stage.capture([sector]).caughtUp();
    expect(await states(A)).toEqual(['upsert 20', 'step 21', 'step 20', 'upsert 22', 'step 22']);
    const steps = (await events()).at(-1)?.view?.steps?.map(({ status }) => status?.code);
    // The record knows the last step; the one it does not know is kept, once.
    expect(steps).toEqual(['20', '30', '22']);
  });

  test('that come late set nothing back and add their step once', async () => {
    await office.receive([A], now - 10 * SECOND);
    await tell(moved(A, now, '22'));
    const capture = stage.capture([sector]);
    await capture.caughtUp();
    await tell(moved(A, now - 5 * SECOND, '21'));
    await tell(moved(A, now - 20 * SECOND, '20', 'trước khi có hồ sơ'));
    await capture.caughtUp();
    expect(await states(A)).toEqual(['upsert 20', 'step 22', 'step 22', 'step 22']);
    expect((await events()).at(-1)?.view?.steps?.map(({ content }) => content)).toEqual([
      'trước khi có hồ sơ',
      'to 21',
      'to 22',
    ]);
  });

  test('of a system that cannot be read wait a while where nothing is known yet, and are merged at once where it is', async () => {
    await office.receive([A, B], now - 10 * SECOND);
    await tell(moved(A, now - 9 * SECOND, '21'));
    await stage.capture([sector]).caughtUp();
    await stage.closeCaptures();
    const rename = (from: string, to: string) => office.database.knex.schema.renameTable(from, to);
    await rename('HS_HOSO', 'HS_HOSO_AWAY');
    await tell(moved(B, now, '22'));
    await tell(moved(A, now, '22'));
    const capture = stage.capture([sector]);
    await until(async () => (await states(A)).at(-1) === 'step 22', { what: 'the known one has moved' });
    expect(await states(B)).toEqual([]);
    expect(await waiting()).toBe(1);
    await rename('HS_HOSO_AWAY', 'HS_HOSO');
    await capture.caughtUp();
    expect(await states(B)).toEqual(['upsert 20', 'step 22']);
    // After a minute the call is all there will be.
    await stage.closeCaptures();
    await rename('HS_HOSO', 'HS_HOSO_AWAY');
    await tell(moved('H41-0003', now, '22'));
    await stage.capture([sector], {}, () => Date.now() + 61_000).caughtUp();
    await rename('HS_HOSO_AWAY', 'HS_HOSO');
    expect(await states('H41-0003')).toEqual(['step 22']);
  });

  test('wait without holding up those that came after them, however many they are', async () => {
    await office.receive([A], now - 10 * SECOND);
    await tell(moved(A, now - 9 * SECOND, '21'));
    await stage.capture([sector]).caughtUp();
    await stage.closeCaptures();
    const rename = (from: string, to: string) => office.database.knex.schema.renameTable(from, to);
    await rename('HS_HOSO', 'HS_HOSO_AWAY');
    for (let place = 0; place < 201; place++) await tell(moved(`H41-${1_000 + place}`, now, '22'));
    await tell(moved(A, now, '22'));
    stage.capture([sector]);
    try {
      await until(async () => (await states(A)).at(-1) === 'step 22', { what: 'the known one has moved' });
    } finally {
      await stage.closeCaptures();
      await rename('HS_HOSO_AWAY', 'HS_HOSO');
    }
    expect(await waiting()).toBe(201);
  });

  test('of a system that can never be read are merged on what is known', async () => {
    const { push } = sector.declaration.dossiers?.changes ?? {};
    const stream = kit.capture.topic({ brokers: 'BROKERS', tables: [{ topic: 'hoso', key: 'K' }] });
    const { fields } = kit;
    const dossier = stream.entity({ type: 'Dossier', identity: ['code'], fields: { code: fields.code('K') } });
    const sources = { stream: stream.source };
    const [byCode = ''] = Object.keys(dossier.lookups);
    const declaration = kit.sector({
      ...{ title: 'Đất đai', sources, entities: { dossier } },
      dossiers: { entity: 'dossier', role: 'course', byCode, changes: push === undefined ? {} : { push } },
    });
    sector = stage.sector(sector.id, declaration, { BROKERS: '127.0.0.1:1', SECURITY_CODE: securityCode });
    await tell(moved(A, now - SECOND, '21'));
    await tell(moved(A, now, '22'));
    await stage.capture([sector]).caughtUp();
    expect(await states(A)).toEqual(['step 21', 'step 22']);
  });

  test('bring no dossier back that is known to be gone, and make one of a code that the system does not have yet', async () => {
    const both = { ...sector.declaration.dossiers?.changes, poll: kit.capture.poll() };
    const dossiers = { ...sector.declaration.dossiers, changes: both } as OpenSector['declaration']['dossiers'];
    const polled = { ...sector, declaration: { ...sector.declaration, dossiers } };
    await office.receive([A], now - 10 * SECOND);
    stage.capture([polled]);
    await until(async () => (await states(A)).length === 1, { what: 'it is known' });
    await office.remove([A]);
    await until(async () => (await states(A)).length === 2, { what: 'it is gone' });
    await stage.closeCaptures();
    await tell(moved(A, now, '22'));
    await tell(moved(B, now, '22'));
    await stage.capture([sector]).caughtUp();
    expect(await states(A)).toEqual(['upsert 20', 'delete undefined']);
    expect(await states(B)).toEqual(['step 22']);
  });

  test('are done in the very transaction that records them, by one process at a time', async () => {
    const codes = Array.from({ length: 450 }, (_, place) => `H41.12-261120-${String(place).padStart(4, '0')}`);
    await office.receive(codes, now - 10 * SECOND);
    for (const code of codes) await tell(moved(code, now, '22'));
    // Leases change hands while batches are worked on.
    const captures = [0, 1, 2].map(() => stage.capture([sector], { LEASE_MS: 300 }));
    for (const capture of captures) {
      await until(async () => (await events()).length > 0, { what: 'the work has begun' });
      await capture.close();
    }
    await stage.capture([sector]).caughtUp();
    // Calls that were done twice would be versions of their own, whoever carries them to the log and how often.
    const versions = versionsByCode(countedOnce(await events()));
    expect(Object.keys(versions)).toHaveLength(codes.length);
    expect(Object.values(versions).filter((own) => own.join() !== '1,2')).toEqual([]);
  });

  test('are refused where a personal number stands as the status, which everybody would be shown', async () => {
    const answer = await tell(moved(A, now, '066210475387'));
    expect(answer?.body).toMatchObject({ Result: 0, Message: expect.stringContaining('expected a status') });
    expect(JSON.stringify(answer)).not.toContain('066210475387');
    expect(await waiting()).toBe(0);
  });

  test('are refused when more wait than may, and taken again when fewer do', async () => {
    const taker = desk({ mostWaiting: 3 });
    const answers = [];
    for (let place = 0; place < 5; place++) answers.push(await tell(moved(A, now, '22', `call ${place}`), taker));
    expect(answers.map((answer) => answer?.status)).toEqual([200, 200, 200, 503, 503]);
    expect(answers.at(-1)?.body).toEqual({ Result: 0, Message: 'Too many calls wait. Call again later.' });
    await stage.capture([sector]).caughtUp();
    await until(async () => (await tell(moved(A, now, '22', 'call 4'), taker))?.status === 200, {
      what: 'calls are taken again',
    });
  });

  test('that were done are forgotten after thirty days, and not before', async () => {
    const { knex } = stage.store.database;
    await tell(moved(A, now, '22'));
    await tell(moved(B, now, '22'));
    await stage.capture([sector]).caughtUp();
    await stage.closeCaptures();
    const doneAt = (days: number) => Date.now() - days * 86_400_000;
    await knex('callback')
      .where('sector', sector.id)
      .where('body', 'like', `%${A}%`)
      .update({ done_at: doneAt(31) });
    await knex('callback')
      .where('sector', sector.id)
      .where('body', 'like', `%${B}%`)
      .update({ done_at: doneAt(29) });
    stage.capture([sector]);
    await until(async () => (await knex('callback').where('sector', sector.id)).length === 1, { what: 'one is gone' });
    expect((await knex('callback').where('sector', sector.id))[0].body).toContain(B);
  });

  test('compare secrets in a time that tells nothing, whatever comes', async () => {
    const compared = vi.mocked(timingSafeEqual);
    for (const SecurityCode of [undefined, 'v', securityCode.slice(0, -1), securityCode.repeat(1_000), 7]) {
      compared.mockClear();
      await desk().accept({ sector: sector.id, route: 'DongBoKetQuaThue', body: { SecurityCode } });
      expect(compared).toHaveBeenCalledTimes(1);
      expect(compared.mock.calls[0]?.map((one) => one.byteLength)).toEqual([32, 32]);
    }
    expect(stage.warnings.map(({ message }) => message)).toContain('a call without the right secret was refused');
  });

  test('that cannot be read are counted in quarantine, without anything of theirs', async () => {
    const taker = desk();
    for (const NgayChuyen of ['hôm qua', 'hôm kia']) {
      await tell({ route: 'DongBoTrangThaiLuanChuyenHoSo', body: { SoBienNhan: A, NgayChuyen } }, taker);
    }
    const rows = await stage.store.database.query(
      'select place, code, reason, times from quarantine where sector = ?',
      [sector.id],
    );
    expect(rows).toEqual([
      {
        ...{ place: 'callbacks/DongBoTrangThaiLuanChuyenHoSo', code: null, times: 2 },
        reason: expect.stringMatching(/^expected a time .* as NgayChuyen, came text of 7 characters$/),
      },
    ]);
    expect(await waiting()).toBe(0);
  });
});

describe.skipIf('missing' in service)(`A store that cannot be reached${reason}`, () => {
  it('is answered with 503, so that the system calls again until the call is kept', { timeout: 60_000 }, async () => {
    if ('missing' in service) return;
    const stage = await openCaptureStage('MariaDB', service);
    const office = await openLandOffice(stage);
    const url = new URL(stage.url);
    const proxy = await tcpProxy({ host: url.hostname, port: Number(url.port || 3306) });
    url.host = `127.0.0.1:${proxy.port}`;
    const database = openDatabase(url.href);
    const sector = stage.sector('called', landSector(kit), { DATABASE_URL: office.url, SECURITY_CODE: securityCode });
    const desk = createCallbackDesk({ sectors: [sector], database, now: Date.now, warn: () => {} });
    const gateway = await openCallbackGateway(desk);
    const { statuses } = gateway;
    const caller = createCaller({ url: `${gateway.url}/called`, pauseMs: 50 });
    try {
      await office.receive([A], Date.now() - 10 * SECOND);
      await proxy.break();
      const told = caller.call({
        route: 'DongBoTrangThaiKetThuc',
        body: { SoBienNhan: A, NgayKetThuc: written(Date.now()), TrangThaiKetThuc: 0 },
      });
      await until(() => statuses.length > 1, { what: 'it was refused and called again' });
      await proxy.repair();
      expect(await told).toBe(true);
      expect(statuses.slice(0, -1)).toEqual(statuses.slice(0, -1).map(() => 503));
      expect(statuses.at(-1)).toBe(200);
      await stage.capture([sector]).caughtUp();
      const last = (await stage.events('called')).at(-1);
      expect(last?.view?.status).toMatchObject({ code: '70', number: 9 });
    } finally {
      caller.close();
      await gateway.close();
      await database.close();
      await proxy.close();
      await office.close();
      await stage.close();
    }
  });
});
