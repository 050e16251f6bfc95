import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSyncDesk, type SyncDesk } from '../../streams/deliver/desk.ts';
import { at, codeOf, idle, onBothStores, reception, type Stage, stated, step, until } from './deliver-stage.ts';

onBothStores('modes, comparison and coverage of deliveries', (open) => {
  let stage: Stage;
  let desk: SyncDesk;
  beforeEach(async () => {
    stage = await open();
    desk = createSyncDesk({ database: stage.database, now: Date.now });
  });
  afterEach(() => stage.close());

  const CODE = codeOf(1);
  const AGENCY = 'H41.07.01';
  const PROCEDURE = '1.012790';
  const many = (count: number) =>
    Array.from({ length: count }, (_, place) => step({ at: at('2026-10-08T08:00:00') + place * 60_000 }));

  it('sends nothing where delivery is off, and takes it up when it is on again', async () => {
    await stage.put(CODE, reception(CODE));
    const deliverer = stage.deliverer({ settings: { PORTAL_MODE: 'off' } });
    await idle(deliverer);
    expect(stage.portal.calls).toEqual([]);
    expect(await stage.row(CODE)).toMatchObject({ state: 'off' });
    await desk.setMode({ agency: AGENCY, procedure: null }, 'send');
    await until(async () => (await stage.row(CODE)).state === 'acknowledged');
    expect(stage.portal.dossiers.size).toBe(1);
  });

  it('lets the most specific mode hold: agency and procedure, agency, procedure, all, the setting', async () => {
    const set = desk.setMode;
    const seen: string[] = [];
    const deliverer = stage.deliverer({ settings: { PORTAL_MODE: 'off' } });
    for (const [agency, procedure, mode] of [
      [null, null, 'send'],
      [null, PROCEDURE, 'off'],
      [AGENCY, null, 'send'],
      [AGENCY, PROCEDURE, 'off'],
      ['H41.12', PROCEDURE, 'send'],
    ] as const) {
      await set({ agency, procedure }, mode);
      await stage.put(CODE, reception(CODE, { summary: `${seen.length}` }));
      await idle(deliverer);
      // A mode that was set wakes what was put aside; looking at that again changes nothing.
      await until(async () => (await stage.row(CODE)).state !== 'pending');
      seen.push((await stage.row(CODE)).state);
    }
    expect(seen).toEqual(['acknowledged', 'off', 'acknowledged', 'off', 'off']);
  });

  it('stops at once when an agency is paused, also between two calls of one dossier', async () => {
    await stage.put(CODE, reception(CODE, { steps: many(25) }));
    stage.portal.after = async ({ kind }) => {
      if (kind === 'create') await desk.setMode({ agency: AGENCY, procedure: null }, 'off');
      return null;
    };
    await idle(stage.deliverer());
    expect(stage.portal.calls.map(({ kind }) => kind)).toEqual(['create']);
    expect(await stage.row(CODE)).toMatchObject({ state: 'off', known_revision: 0 });
    stage.portal.after = null;
    await desk.setMode({ agency: AGENCY, procedure: null }, 'send');
    await until(async () => (await stage.row(CODE)).state === 'acknowledged');
    expect(stage.portal.steps).toHaveLength(25);
    expect(stage.portal.doubled()).toBe(0);
  });

  it('only compares in shadow: shows where the portal differs, nothing personal, and sends nothing', async () => {
    await stage.put(CODE, reception(CODE));
    const sender = stage.deliverer();
    await idle(sender);
    await sender.close();
    await stage.put(CODE, reception(CODE, { status: stated(10), applicantPhone: '0912345678', steps: many(1) }));
    const before = stage.portal.calls.length;
    await idle(stage.deliverer({ settings: { PORTAL_MODE: 'shadow' } }));
    expect(stage.portal.calls.slice(before).map(({ kind }) => kind)).toEqual(['lookUp']);
    const { found } = await desk.differences({ first: 100, after: null });
    expect(found.find(({ place }) => place === 'TrangThaiHoSo')).toMatchObject({ code: CODE, ours: '10', theirs: '9' });
    expect(found.find(({ place }) => place === 'SoDienThoai')?.ours).toMatch(/^#/);
    expect(found.filter(({ place }) => place.startsWith('step '))).toHaveLength(3);
    expect(JSON.stringify(found)).not.toContain('0912345678');
    expect(await stage.row(CODE)).toMatchObject({ state: 'shadow', known_revision: 1 });
  });

  it('sends what was only compared once the setting says so after a restart', async () => {
    await stage.put(CODE, reception(CODE));
    const shadow = stage.deliverer({ settings: { PORTAL_MODE: 'shadow' } });
    await idle(shadow);
    await shadow.close();
    stage.deliverer();
    await until(async () => (await stage.row(CODE)).state === 'acknowledged');
  });

  it('repairs what the portal lost: a dossier, a step', async () => {
    const codes = [codeOf(1), codeOf(2), codeOf(3)] as const;
    for (const code of codes) await stage.put(code, reception(code));
    const deliverer = stage.deliverer();
    await idle(deliverer);
    stage.portal.dossiers.delete(codes[0]);
    stage.portal.steps.splice(
      0,
      stage.portal.steps.length,
      ...stage.portal.steps.filter((one) => one.MaHoSo !== codes[0]),
    );
    const lost = stage.portal.steps.findIndex((one) => one.MaHoSo === codes[1]);
    stage.portal.steps.splice(lost, 1);
    const found = await deliverer.reconcileAll();
    expect(found).toMatchObject({ compared: 3, repaired: 1, missingSteps: 1, doubledSteps: 0, otherSender: 0 });
    await idle(deliverer);
    expect(stage.portal.dossiers.size).toBe(3);
    expect(stage.portal.steps).toHaveLength(6);
    expect(stage.portal.doubled()).toBe(0);
    expect(await deliverer.reconcileAll()).toMatchObject({ compared: 3, repaired: 0, missingSteps: 0 });
  });

  it('tells of doubled steps, and holds what another sender changed', async () => {
    const other = codeOf(2);
    for (const code of [CODE, other]) await stage.put(code, reception(code));
    const deliverer = stage.deliverer();
    await idle(deliverer);
    stage.portal.steps.push(...stage.portal.steps.filter(({ MaHoSo }) => MaHoSo === CODE).slice(0, 1));
    const ours = stage.portal.dossiers.get(other);
    if (ours !== undefined) stage.portal.dossiers.set(other, { ...ours, TrangThaiHoSo: '4' });
    expect(await deliverer.reconcileAll()).toMatchObject({ compared: 2, doubledSteps: 1, otherSender: 1 });
    expect(await stage.row(other)).toMatchObject({ state: 'held', reason_code: 'OTHER_SENDER' });
    expect(await stage.row(CODE)).toMatchObject({ state: 'acknowledged' });
    expect(stage.warnings).toContain('the portal holds steps of a dossier more than once');
  });

  it('compares by itself, those first that were compared longest ago', async () => {
    await stage.put(CODE, reception(CODE));
    const deliverer = stage.deliverer({ settings: { RECONCILE_INTERVAL_MS: 100 } });
    await idle(deliverer);
    stage.portal.dossiers.clear();
    stage.portal.steps.length = 0;
    await until(() => stage.portal.dossiers.size === 1 && stage.portal.steps.length === 2);
  });

  it('compares what was not compared for a day as fast as a tenth of the calls allows, the rest in small rounds', async () => {
    const codes = Array.from({ length: 90 }, (_, place) => codeOf(place + 1));
    for (const code of codes) await stage.put(code, reception(code));
    const first = stage.deliverer();
    await idle(first);
    await first.close();
    const old = codes.slice(0, 80);
    await stage.database.knex('portal_copy').whereIn('code', old).update({ checked_at: 1 });
    stage.portal.calls.length = 0;
    // One round of a hundred: fifty whatever they are, then those that are due. The next is long in coming.
    stage.deliverer({ settings: { RECONCILE_INTERVAL_MS: 4_000, PORTAL_CALLS_PER_SECOND: 250 } });
    await until(() => stage.portal.calls.length >= 80);
    await delay(100);
    expect(stage.portal.calls.map(({ code }) => code).sort()).toEqual(old);
  });

  it('compares a slow portal’s dossiers without losing its claims on those that wait', async () => {
    const codes = Array.from({ length: 12 }, (_, place) => codeOf(place + 1));
    for (const code of codes) await stage.put(code, reception(code));
    const deliverer = stage.deliverer({ settings: { LEASE_MS: 1_500, PORTAL_TIMEOUT_MS: 700 } });
    await idle(deliverer);
    stage.portal.before = async () => {
      await delay(150);
      return null;
    };
    expect(await deliverer.reconcileAll()).toMatchObject({ compared: 12, unanswered: 0 });
  });

  it('leaves everything as it is while the portal does not answer the comparison', async () => {
    await stage.put(CODE, reception(CODE));
    const deliverer = stage.deliverer();
    await idle(deliverer);
    stage.portal.before = () => ({ outcome: 'unknown', reason: 'no answer', retryAfterMs: null });
    expect(await deliverer.reconcileAll()).toMatchObject({ compared: 0, unanswered: 1 });
    expect(await stage.row(CODE)).toMatchObject({ state: 'acknowledged', known_revision: 1 });
  });

  it('counts as covered only ended dossiers whose latest version the portal is known to have', async () => {
    const [known, changed, held, running, fresh, deleted] = Array.from({ length: 6 }, (_, place) => codeOf(place + 1));
    for (const code of [known, changed, deleted]) await stage.put(String(code), reception(String(code)));
    await stage.put(String(held), reception(String(held), { applicantNumbers: [] }));
    await stage.put(String(running), reception(String(running), { status: stated(4), finishedAt: null }));
    await stage.put(String(fresh), reception(String(fresh), { status: stated(9), statusAt: Date.now() - 5_000 }));
    expect(await desk.sync()).toMatchObject({ pending: 6, coverage: 0 });
    const deliverer = stage.deliverer();
    await idle(deliverer);
    await deliverer.close();
    await stage.put(String(changed), reception(String(changed), { status: stated(10) }));
    await stage.put(String(deleted), null);
    const sync = await createSyncDesk({ database: stage.database, now: Date.now }).sync();
    // Of known, changed and held one is covered; running and fresh ones are not asked for yet, the deleted one never.
    expect(sync.coverage).toBeCloseTo(1 / 3);
    expect(sync).toMatchObject({ pending: 2, acknowledged: 3, held: 1, failed: 0 });
    expect(sync.bySector).toEqual([
      expect.objectContaining({ sector: 'land', pending: 1, acknowledged: 3, held: 1 }),
      expect.objectContaining({ sector: 'one-stop', pending: 1, held: 0, coverage: null }),
    ]);
    expect(sync.byAgency).toContainEqual(expect.objectContaining({ agencyCode: AGENCY, held: 1 }));
    await idle(stage.deliverer());
    const later = await createSyncDesk({ database: stage.database, now: Date.now }).sync();
    expect(later).toMatchObject({ pending: 0, acknowledged: 4, held: 2 });
    expect(later.coverage).toBeCloseTo(2 / 3);
    expect(sync.oldestPending).toBeLessThanOrEqual(sync.measuredAt);
  });

  it('has no coverage where nothing has ended', async () => {
    expect(await desk.sync()).toMatchObject({ pending: 0, coverage: null, oldestPending: null, bySector: [] });
  });
});
