import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSyncDesk } from '../../streams/deliver/desk.ts';
import { SWALLOWED } from './deliver-portal.ts';
import { at, codeOf, idle, onBothStores, reception, type Stage, stated, step, until } from './deliver-stage.ts';

onBothStores('delivery to the portal', (open) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await open();
  });
  afterEach(() => stage.close());

  const CODE = codeOf(1);
  const many = (count: number) =>
    Array.from({ length: count }, (_, place) =>
      step({ at: at('2026-10-08T08:00:00') + place * 60_000, content: `Bước ${place}` }),
    );

  it('sends the dossier before its progress, and the progress in order, ten steps a call', async () => {
    await stage.put(CODE, reception(CODE, { steps: many(23) }));
    await idle(stage.deliverer());
    expect(stage.portal.calls.map(({ kind, steps }) => `${kind} ${steps.length}`)).toEqual([
      'create 0',
      'progress 10',
      'progress 10',
      'progress 3',
    ]);
    const times = stage.portal.steps.map(({ ThoiDiemXuLy }) => ThoiDiemXuLy);
    expect(times).toEqual([...times].sort());
    expect(stage.portal.calls[0]?.agency).toBe('000.01.07.H41');
    expect(await stage.row(CODE)).toMatchObject({ state: 'acknowledged', known_revision: 1, claimed_by: null });
  });

  it('updates what the portal has, after a look, and sends new steps only', async () => {
    await stage.put(CODE, reception(CODE, { steps: many(2) }));
    const deliverer = stage.deliverer();
    await idle(deliverer);
    await stage.put(CODE, reception(CODE, { steps: many(3), status: stated(10) }));
    deliverer.kick();
    await idle(deliverer);
    expect(stage.portal.calls.slice(2).map(({ kind, steps }) => `${kind} ${steps.length}`)).toEqual([
      'lookUp 0',
      'update 0',
      'progress 1',
    ]);
    expect(stage.portal.dossiers.get(CODE)?.TrangThaiHoSo).toBe('10');
    expect(await stage.row(CODE)).toMatchObject({ state: 'acknowledged', known_revision: 2 });
  });

  it('sends progress alone when the dossier stands at the portal as it should', async () => {
    await stage.put(CODE, reception(CODE, { steps: many(2) }));
    const deliverer = stage.deliverer();
    await idle(deliverer);
    await stage.put(CODE, reception(CODE, { steps: many(3) }));
    await idle(deliverer);
    expect(stage.portal.calls.slice(2).map(({ kind }) => kind)).toEqual(['progress']);
  });

  it('writes each call into the ledger before it is sent, and keeps the receipt', async () => {
    await stage.put(CODE, reception(CODE));
    const seen: string[] = [];
    stage.portal.before = async ({ kind }) => {
      const rows = await stage.database.knex('portal_call').where({ state: 'submitted' });
      seen.push(`${kind}: ${rows.map((row) => row.call_key).join()}`);
      return null;
    };
    await idle(stage.deliverer());
    expect(seen).toEqual([`create: ${CODE}:1`, `progress: ${CODE}:1#0`]);
    const ledger = await stage.database.knex('portal_call').orderBy('call_key');
    expect(ledger.map(({ state, receipt, tries }) => ({ state, receipt, tries: Number(tries) }))).toEqual([
      { state: 'accepted', receipt: 'R-1', tries: 1 },
      { state: 'accepted', receipt: 'R-1', tries: 1 },
    ]);
  });

  it('looks instead of sending again when answers are swallowed', async () => {
    await stage.put(CODE, reception(CODE, { steps: many(12) }));
    const swallowed = new Set<string>();
    stage.portal.after = ({ kind, steps }) => {
      const key = `${kind} ${steps[0]?.ThoiDiemXuLy}`;
      if (swallowed.has(key)) return null;
      swallowed.add(key);
      return SWALLOWED;
    };
    await idle(stage.deliverer());
    expect(stage.portal.doubled()).toBe(0);
    expect(stage.portal.steps).toHaveLength(12);
    expect(stage.portal.calls.filter(({ kind }) => kind === 'create')).toHaveLength(1);
    expect(stage.portal.calls.filter(({ kind }) => kind === 'progress')).toHaveLength(2);
  });

  it('sends progress again only once a call without an answer can no longer arrive', async () => {
    await stage.put(CODE, reception(CODE));
    let first = true;
    stage.portal.before = ({ kind }) => {
      if (kind !== 'progress' || !first) return null;
      first = false;
      return SWALLOWED;
    };
    await idle(stage.deliverer({ settings: { PORTAL_TIMEOUT_MS: 600 } }));
    const [lost, again] = stage.portal.calls.filter(({ kind }) => kind === 'progress');
    expect(lost?.givenUpAt).toBeLessThanOrEqual(again?.at ?? 0);
    expect(stage.portal.steps).toHaveLength(2);
  });

  it('never takes a text for success', async () => {
    await stage.put(CODE, reception(CODE));
    stage.portal.before = ({ kind }) =>
      kind === 'create' ? { outcome: 'refused', code: '25', message: 'Thành công: hồ sơ đã tồn tại' } : null;
    await idle(stage.deliverer());
    expect(await stage.row(CODE)).toMatchObject({ state: 'held', reason_code: 'REFUSED_BY_PORTAL', known_revision: 0 });
  });

  it('keeps out of the reason what the portal quotes of the applicant', async () => {
    await stage.put(CODE, reception(CODE));
    stage.portal.before = ({ kind }) =>
      kind === 'create'
        ? { outcome: 'refused', code: '25', message: 'Nguyễn Thị Hoa, số 001085004213 sai, máy 0912345678' }
        : null;
    await idle(stage.deliverer());
    const { reason } = await stage.row(CODE);
    expect(reason).toContain('mã lỗi 25');
    expect(reason).not.toMatch(/Hoa|\d{9}/);
  });

  it('holds one dossier with its reason while five hundred others flow', async () => {
    const codes = Array.from({ length: 500 }, (_, place) => codeOf(place + 100));
    await stage.put(CODE, reception(CODE, { applicantNumbers: [] }));
    for (const code of codes) await stage.put(code, reception(code));
    await idle(stage.deliverer(), 18_000);
    expect(stage.portal.dossiers.size).toBe(500);
    expect(await stage.row(CODE)).toMatchObject({ state: 'held', reason_code: 'MISSING_IDENTITY' });
  });

  it('looks at a held dossier again when its next version comes', async () => {
    await stage.put(CODE, reception(CODE, { applicantNumbers: [] }));
    const deliverer = stage.deliverer();
    await idle(deliverer);
    await stage.put(CODE, reception(CODE));
    await idle(deliverer);
    expect(await stage.row(CODE)).toMatchObject({ state: 'acknowledged', reason_code: null, held_since: null });
  });

  it('waits as long as the portal asks, for every dossier', async () => {
    for (let place = 1; place <= 20; place++) await stage.put(codeOf(place), reception(codeOf(place)));
    let told = 0;
    stage.portal.before = () => {
      if (told > 0) return null;
      told = performance.now();
      return { outcome: 'unsent', reason: '429', retryAfterMs: 700 };
    };
    const deliverer = stage.deliverer({ settings: { PORTAL_CONCURRENCY: 1 } });
    await idle(deliverer);
    const early = stage.portal.calls.filter((call) => call.at > told + 5 && call.at < told + 690);
    expect(early).toEqual([]);
    expect(stage.portal.dossiers.size).toBe(20);
  });

  it('rests a portal that fails call after call, and then tries with one dossier', async () => {
    for (let place = 1; place <= 60; place++) await stage.put(codeOf(place), reception(codeOf(place)));
    stage.portal.before = () => ({ outcome: 'unsent', reason: 'refused', retryAfterMs: null });
    const deliverer = stage.deliverer();
    await delay(450);
    // Eight at a time: what was under way when the fifth failed is all that came after it.
    expect(stage.portal.calls.length).toBeLessThanOrEqual(16);
    stage.portal.before = null;
    await idle(deliverer, 15_000);
    expect(stage.portal.dossiers.size).toBe(60);
  });

  it('does not rest a portal that refuses lookups: it is there', async () => {
    const codes = Array.from({ length: 30 }, (_, place) => codeOf(place + 1));
    for (const code of codes) await stage.put(code, reception(code));
    const deliverer = stage.deliverer();
    await idle(deliverer);
    stage.portal.before = ({ kind }) =>
      kind === 'lookUp' ? { outcome: 'refused', code: '24', message: 'không' } : null;
    for (const code of codes) await stage.put(code, reception(code, { summary: 'Lần hai' }));
    deliverer.kick();
    const asked = () => new Set(stage.portal.calls.flatMap(({ kind, code }) => (kind === 'lookUp' ? [code] : [])));
    await until(() => asked().size === 30, 4_000);
  });

  it('holds what another sender wrote, and overwrites it never', async () => {
    await stage.put(CODE, reception(CODE));
    const deliverer = stage.deliverer();
    await idle(deliverer);
    const ours = stage.portal.dossiers.get(CODE);
    if (ours === undefined) throw new Error('It was delivered');
    const theirs = { ...ours, GhiChu: 'của hệ thống khác' };
    stage.portal.dossiers.set(CODE, theirs);
    await stage.put(CODE, reception(CODE, { status: stated(10) }));
    await idle(deliverer);
    expect(await stage.row(CODE)).toMatchObject({ state: 'held', reason_code: 'OTHER_SENDER', known_revision: 0 });
    expect(stage.portal.dossiers.get(CODE)).toEqual(theirs);
  });

  it('holds a dossier that another sender created', async () => {
    await stage.put(CODE, reception(CODE));
    await idle(stage.deliverer());
    const ours = stage.portal.dossiers.get(CODE);
    if (ours === undefined) throw new Error('It was delivered');
    const code = codeOf(2);
    const theirs = { ...ours, MaHoSo: code, ChuHoSo: 'Tên khác' };
    stage.portal.dossiers.set(code, theirs);
    await stage.put(code, reception(code));
    await until(async () => (await stage.row(code)).state === 'held');
    expect(await stage.row(code)).toMatchObject({ reason_code: 'OTHER_SENDER' });
    expect(stage.portal.dossiers.get(code)).toEqual(theirs);
  });

  it('holds what was deleted at its source once the portal has it, and drops what it never had', async () => {
    const never = codeOf(2);
    await stage.put(CODE, reception(CODE));
    const deliverer = stage.deliverer();
    await idle(deliverer);
    await stage.put(CODE, null);
    await stage.put(never, null);
    await idle(deliverer);
    expect(await stage.row(CODE)).toMatchObject({ state: 'held', reason_code: 'DELETED_AT_SOURCE' });
    expect(await stage.row(never)).toMatchObject({ state: 'acknowledged' });
    expect(stage.portal.calls.filter(({ code }) => code === never)).toEqual([]);
  });

  it('asks the portal again about what was deleted, and is done with it once the portal has nothing', async () => {
    await stage.put(CODE, reception(CODE));
    const deliverer = stage.deliverer();
    await idle(deliverer);
    await stage.put(CODE, null);
    await idle(deliverer);
    const desk = createSyncDesk({ database: stage.database, now: Date.now });
    await desk.retry(CODE);
    await idle(deliverer);
    expect(await stage.row(CODE)).toMatchObject({ state: 'held', reason_code: 'DELETED_AT_SOURCE' });
    stage.portal.dossiers.delete(CODE);
    await desk.retry(CODE);
    await idle(deliverer);
    expect(await stage.row(CODE)).toMatchObject({ state: 'acknowledged', reason_code: null, held_since: null });
    expect(stage.portal.calls.at(-1)).toMatchObject({ kind: 'lookUp', agency: '000.01.07.H41' });
    stage.portal.steps.length = 0;
    await stage.put(CODE, reception(CODE));
    await idle(deliverer);
    expect(stage.portal.calls.filter(({ kind }) => kind === 'create')).toHaveLength(2);
  });

  it('takes what was deleted for gone only once a creation without an answer can no longer arrive', async () => {
    await stage.put(CODE, reception(CODE));
    let lost = 0;
    stage.portal.before = ({ kind, at }) => {
      if (kind !== 'create') return null;
      lost = at;
      return SWALLOWED;
    };
    const deliverer = stage.deliverer({ settings: { PORTAL_TIMEOUT_MS: 600 } });
    await until(() => lost > 0);
    await stage.put(CODE, null);
    await idle(deliverer);
    expect(await stage.row(CODE)).toMatchObject({ state: 'acknowledged' });
    expect((stage.portal.calls.at(-1)?.at ?? 0) - lost).toBeGreaterThanOrEqual(590);
  });

  it('sets a dossier aside that cannot be put into words, and goes on with the others', async () => {
    const other = codeOf(2);
    await stage.put(CODE, reception(CODE, { receivedAt: 1e18, dueAt: null, finishedAt: null }));
    await stage.database.knex('dossier_view').where({ code: CODE }).update({ view: '{"code":1,"applicantNumbers":7}' });
    await stage.put(other, reception(other));
    await idle(stage.deliverer());
    expect(await stage.row(CODE)).toMatchObject({ state: 'failed' });
    expect(await stage.row(other)).toMatchObject({ state: 'acknowledged' });
  });
});
