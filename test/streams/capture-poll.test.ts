import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { DossierEvent } from '../../core/event.ts';
import { confirmDeletes, readCaptureWay } from '../../store/capture-way.ts';
import {
  type CaptureStage,
  type LandOffice,
  openCaptureStage,
  openLandOffice,
  until,
  versionsByCode,
  written,
} from './capture-stage.ts';

const service = inject('mariadb');
const MINUTE = 60_000;
const NO_SWEEP = { SWEEP_INTERVAL_MS: 3_600_000 };

function codes(count: number, first = 1): string[] {
  return Array.from({ length: count }, (_, index) => `H41.12-261120-${String(first + index).padStart(4, '0')}`);
}

const [A, B, C] = codes(3) as [string, string, string];

const reason = 'missing' in service ? ` (skipped: ${service.missing})` : '';

describe.each(['SQLite', `MariaDB${reason}`])('Polling a system behind SQL, on %s', (name) => {
  const kind = name === 'SQLite' ? 'SQLite' : 'MariaDB';
  const skipped = kind === 'MariaDB' && 'missing' in service;
  let stage: CaptureStage;
  let office: LandOffice;
  let now: number;

  beforeAll(async () => {
    if (skipped) return;
    stage = await openCaptureStage(kind, service);
    office = await openLandOffice(stage);
  });

  beforeEach(async () => {
    // A stamp from before the file began would by now be older than what is looked back at.
    now = Date.now() - (Date.now() % 1_000);
    await office?.empty();
    stage?.warnings.splice(0);
  });

  afterEach(async () => stage?.closeCaptures());

  afterAll(async () => {
    await office?.close();
    await stage?.close();
  });

  const test = it.skipIf(skipped);
  const events = () => stage.events(office.id);
  const latestOf = async (code: string): Promise<DossierEvent | undefined> =>
    (await events()).filter((event) => event.code === code).at(-1);

  test('brings what was there, then every change once, each dossier’s versions counting without a gap', async () => {
    await office.receive([A, B], now - 100 * MINUTE);
    const capture = stage.capture([office.sector], NO_SWEEP);
    await capture.caughtUp();
    await office.move(A, 30, now - 2_000);
    await capture.caughtUp();
    await office.move(A, 70, now);
    await office.receive([C], now);
    await capture.caughtUp();
    await capture.caughtUp();
    expect(versionsByCode(await events())).toEqual({ [A]: [1, 2, 3], [B]: [1], [C]: [1] });
    const latest = await latestOf(A);
    expect(latest).toMatchObject({ change: 'upsert', way: 'poll', occurredAt: now, faults: [] });
    expect(latest?.view).toMatchObject({ status: { code: '70', number: 9 }, finishedAt: now });
    expect(latest?.view?.steps?.map((step) => step.status?.code)).toEqual(['30', '70']);
  });

  test('sees a row that was committed late, though later ones were seen before it', async () => {
    await office.receive([A], now);
    const capture = stage.capture([office.sector], NO_SWEEP);
    await capture.caughtUp();
    await office.receive([B], now - 30_000);
    await capture.caughtUp();
    expect(versionsByCode(await events())).toEqual({ [A]: [1], [B]: [1] });
  });

  test('sees a row that was committed late while the system could not be reached', async () => {
    const { knex } = office.database;
    await office.receive([A], now);
    const capture = stage.capture([office.sector], { ...NO_SWEEP, LOOK_BACK_MS: 3_000 });
    await capture.caughtUp();
    await knex.schema.renameTable('HS_HOSO', 'HS_HOSO_AWAY');
    const [row] = await knex('HS_HOSO_AWAY').where('SOBIENNHAN', A);
    const stamped = { NGAYTIEPNHAN: written(now - 2_000), NGAYCAPNHAT: written(now - 2_000) };
    await knex('HS_HOSO_AWAY').insert({ ...row, SOBIENNHAN: B, ...stamped });
    await delay(3_300);
    await knex.schema.renameTable('HS_HOSO_AWAY', 'HS_HOSO');
    await capture.caughtUp();
    expect(versionsByCode(await events())).toEqual({ [A]: [1], [B]: [1] });
  });

  test('finds by comparing everything what was committed later than it looks back, and what left its stamp as it was', async () => {
    await office.receive([A, C], now);
    const capture = stage.capture([office.sector]);
    await capture.caughtUp();
    await office.receive([B], now - 30 * MINUTE);
    await office.database
      .knex('HS_HOSO')
      .where('SOBIENNHAN', C)
      .update({ NGAYHENTRA: written(now) });
    await office.database.knex('HS_KETQUA').insert({ KETQUAID: 1, SOBIENNHAN: A, TENGIAYTO: 'Giấy chứng nhận' });
    await until(async () => (await latestOf(A))?.view?.results?.length === 1, { what: 'the result is there' });
    await until(async () => (await latestOf(B)) !== undefined, { what: 'the late row is there' });
    await until(async () => (await latestOf(C))?.view?.dueAt === now, { what: 'the change without a stamp is there' });
  });

  test('walks across pages of rows that have all the same stamp', async () => {
    const many = codes(1_203);
    await office.receive(many, now - MINUTE);
    const capture = stage.capture([office.sector]);
    await capture.caughtUp();
    expect(Object.keys(versionsByCode(await events())).sort()).toEqual(many);
    expect(await events()).toHaveLength(many.length);
  });

  test('goes on with the first walk where it stood when it was ended', async () => {
    const many = codes(1_203);
    await office.receive(many, now - MINUTE);
    stage.log.failure = 'refuses';
    const first = stage.capture([office.sector]);
    await until(async () => (await readCaptureWay(stage.store.database, office.id, 'poll')).position !== null);
    await first.close();
    stage.log.failure = null;
    await stage.capture([office.sector]).caughtUp();
    expect(Object.values(versionsByCode(await events())).every((own) => own.join() === '1')).toBe(true);
    expect(await events()).toHaveLength(many.length);
  });

  test('notices deletes, and goes on counting when the dossier comes back', async () => {
    await office.receive([A, B], now);
    const capture = stage.capture([office.sector]);
    await capture.caughtUp();
    await office.remove([A]);
    await until(async () => (await latestOf(A))?.change === 'delete', { what: 'the delete is noticed' });
    await office.receive([A], now);
    await until(async () => (await latestOf(A))?.change === 'upsert', { what: 'it is back' });
    expect(versionsByCode(await events())).toEqual({ [A]: [1, 2, 3], [B]: [1] });
  });

  test('records none of more deletes than may be believed until a person confirms them', async () => {
    const many = codes(20);
    await office.receive(many, now);
    await office.receive(codes(600, 100), now - MINUTE);
    const capture = stage.capture([office.sector]);
    await capture.caughtUp();
    await office.remove(many);
    const { database } = stage.store;
    const way = () => readCaptureWay(database, office.id, 'poll');
    await until(async () => (await way()).heldDeletes === 20, { what: 'the deletes are held' });
    expect((await events()).filter(({ change }) => change === 'delete')).toEqual([]);
    expect(stage.warnings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/more dossiers have gone/),
    );
    await confirmDeletes(database, office.id, 'poll');
    await until(async () => (await events()).filter(({ change }) => change === 'delete').length === 20, {
      what: 'the confirmed deletes are recorded',
    });
    await until(async () => (await way()).heldDeletes === 0 && !(await way()).deletesConfirmed, {
      what: 'the confirmation is used up',
    });
  });

  test('holds a loss that is scattered over all pages, comparison after comparison, until the dossiers are back', async () => {
    const many = codes(1_203);
    for (const [place, code] of many.entries())
      if (place % 200 === 0) await office.receive([code], now - place * 1_000);
    await office.receive(
      many.filter((_, place) => place % 200 !== 0),
      now - MINUTE,
    );
    const capture = stage.capture([office.sector]);
    await capture.caughtUp();
    await capture.close();
    const { database } = stage.store;
    const held = async () => (await readCaptureWay(database, office.id, 'poll')).heldDeletes;
    const lost = many.filter((_, place) => place % 200 === 0);
    await office.remove(lost);
    // A comparison that is half done would see half of them.
    await database.knex('capture_way').where('sector', office.id).update({ sweep: null });
    stage.capture([office.sector]);
    await until(async () => (await held()) === lost.length, { what: 'all of them are held' });
    // Some are back, which makes the others no more credible.
    await office.receive(lost.slice(3), now - MINUTE);
    await until(async () => (await held()) === 3, { what: 'the rest is held' });
    await delay(1_000);
    expect((await events()).filter(({ change }) => change === 'delete')).toEqual([]);
    await office.receive(lost.slice(0, 3), now - MINUTE);
    await until(async () => (await held()) === 0, { what: 'nothing is held' });
    await office.remove(lost.slice(0, 2));
    await until(async () => (await events()).filter(({ change }) => change === 'delete').length === 2, {
      what: 'few are believed again',
    });
  }, 60_000);

  test('compares all whose place in the list is not known, however many they are', async () => {
    const { database } = stage.store;
    const told = codes(2_300, 5_000).map((code) => ({
      ...{ sector: office.id, code, version: 1, row_hash: '', view_hash: '', deleted: false },
      ...{ view: JSON.stringify({ code }), checked_at: now },
    }));
    for (let from = 0; from < told.length; from += 50) {
      await database.knex('captured_dossier').insert(told.slice(from, from + 50));
    }
    stage.capture([office.sector]);
    const held = async () => (await readCaptureWay(database, office.id, 'poll')).heldDeletes;
    await until(async () => (await held()) === told.length, { what: 'all are found gone' });
  });

  test('deletes nothing when the whole table was emptied', async () => {
    await office.receive(codes(1_500), now);
    const capture = stage.capture([office.sector]);
    await capture.caughtUp();
    await office.database.knex('HS_HOSO').delete();
    await until(async () => (await readCaptureWay(stage.store.database, office.id, 'poll')).heldDeletes === 1_500);
    await delay(500);
    expect((await events()).filter(({ change }) => change === 'delete')).toEqual([]);
  });

  test('misses nothing while the system’s clock runs an hour ahead and is set back', async () => {
    await office.receive([A, B, C], now - MINUTE);
    const capture = stage.capture([office.sector], NO_SWEEP);
    await capture.caughtUp();
    await office.move(A, 30, now + 60 * MINUTE);
    await capture.caughtUp();
    await office.move(B, 70, now);
    await capture.caughtUp();
    expect(versionsByCode(await events())).toEqual({ [A]: [1, 2], [B]: [1, 2], [C]: [1] });
    expect((await latestOf(B))?.view?.status?.code).toBe('70');
  });

  test('fails as a whole when a column was renamed, writes nothing, and recovers', async () => {
    await office.receive([A], now);
    const capture = stage.capture([office.sector]);
    await capture.caughtUp();
    const rename = (from: string, to: string) =>
      office.database.knex.schema.alterTable('HS_HOSO', (table) => table.renameColumn(from, to));
    await rename('MATRANGTHAI', 'TRANGTHAI');
    const failing = () =>
      stage.store.database.query(
        'select failing_since, failure from capture_way where sector = ? and failure is not null',
        [office.id],
      );
    await until(async () => (await failing()).length === 1, { what: 'the way fails' });
    expect(await failing()).toEqual([{ failing_since: expect.anything(), failure: 'SOURCE_MALFORMED' }]);
    await rename('TRANGTHAI', 'MATRANGTHAI');
    await capture.caughtUp();
    await until(async () => (await failing()).length === 0, { what: 'the way has recovered' });
    expect(versionsByCode(await events())).toEqual({ [A]: [1] });
  });

  test('keeps a row that cannot be read in quarantine, goes on with the others, and lets it out when it can', async () => {
    await office.receive([A, B, 'không hợp lệ'], now);
    const capture = stage.capture([office.sector]);
    await capture.caughtUp();
    const { knex } = office.database;
    const faulty = () =>
      stage.store.database.query('select place, times from quarantine where sector = ?', [office.id]);
    expect((await faulty()).map(({ place }) => place)).toEqual(['không hợp lệ']);
    expect(versionsByCode(await events())).toEqual({ [A]: [1], [B]: [1] });
    await knex('HS_HOSO')
      .where('SOBIENNHAN', A)
      .update({ SOCHUNGMINH: '12', NGAYCAPNHAT: written(now + 1_000) });
    await until(async () => (await latestOf(A))?.version === 2, { what: 'the change is there' });
    // A field that cannot be read keeps what it was.
    expect((await latestOf(A))?.faults.map(({ field }) => field)).toEqual(['parties']);
    expect((await latestOf(A))?.view?.parties).toEqual((await events()).find(({ code }) => code === A)?.view?.parties);
    await knex('HS_HOSO').where('SOBIENNHAN', 'không hợp lệ').update({ SOBIENNHAN: C });
    await until(async () => (await latestOf(C)) !== undefined, { what: 'the corrected row is there' });
  });
});
