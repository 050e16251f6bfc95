import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ChangeBatch, FeedChanges, Observation } from '../../core/changes.ts';
import type { SectorDeclaration } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import { confirmDeletes, readCaptureWay } from '../../store/capture-way.ts';
import {
  type CaptureStage,
  type LandOffice,
  openCaptureStage,
  openLandOffice,
  until,
  versionsByCode,
} from './capture-stage.ts';

const service = inject('mariadb');
const reason = 'missing' in service ? ` (skipped: ${service.missing})` : '';
const [A, B, C, D] = ['H41-0001', 'H41-0002', 'H41-0003', 'H41-0004'] as const;

/** A connector that hands over what it is told to, one batch after another. */
function openTap() {
  const waiting: ChangeBatch[] = [];
  const positions: (string | null)[] = [];
  let breaks = 0;
  let leastMs = 0;
  const way = (intermediate: boolean): FeedChanges => ({
    way: 'topic',
    capability: { deletes: true, order: true, intermediate, initial: true, lateCommits: true },
    open: () => ({
      async run(position, handle, signal) {
        positions.push(position);
        const begunAt = performance.now();
        while (!signal.aborted) {
          const [batch] = waiting;
          if (batch === undefined) {
            await handle({ observations: [], position: positions.at(-1) ?? '0', caughtUp: true });
            await delay(20);
          } else {
            await handle(batch);
            positions[positions.length - 1] = batch.position;
            waiting.shift();
          }
          if (breaks > 0 && performance.now() - begunAt >= leastMs) {
            breaks -= 1;
            throw new HubError('SOURCE_UNAVAILABLE', 'the connection broke');
          }
        }
      },
      close: async () => {},
    }),
  });
  return {
    way,
    positions,
    give: (position: string, ...observations: Observation[]) =>
      waiting.push({ observations, position, caughtUp: true }),
    /** As often, each time after a batch, once it has gone on for so long, in milliseconds. */
    breakOff: (times: number, afterMs = 0) => {
      breaks = times;
      leastMs = afterMs;
    },
  };
}

describe.each(['SQLite', `MariaDB${reason}`])('A connector that follows a system by itself, on %s', (name) => {
  const kind = name === 'SQLite' ? 'SQLite' : 'MariaDB';
  const test = it.skipIf(kind === 'MariaDB' && 'missing' in service);
  let stage: CaptureStage;
  let office: LandOffice;
  const now = Date.now() - (Date.now() % 1_000);

  beforeAll(async () => {
    if (kind === 'MariaDB' && 'missing' in service) return;
    stage = await openCaptureStage(kind, service);
    office = await openLandOffice(stage);
  });
  afterEach(async () => stage?.closeCaptures());
  afterAll(async () => {
    await office?.close();
    await stage?.close();
  });

  const followed = (tap: ReturnType<typeof openTap>, intermediate = false) => {
    const { declaration, ...sector } = office.sector;
    const { dossiers } = declaration;
    const changed = { ...declaration, dossiers: { ...dossiers, changes: { tap: tap.way(intermediate) } } };
    return stage.capture([{ ...sector, declaration: changed as SectorDeclaration }]);
  };
  const events = () => stage.events(office.id);
  const at = (code: string, place: string) => ({ code, occurredAt: now, place });
  const row = (code: string, status: string, place: string): Observation => ({
    kind: 'row',
    row: { 'dossier.SOBIENNHAN': code, 'dossier.MATRANGTHAI': status, 'known.TENTRANGTHAI': null },
    occurredAt: now,
    place,
  });

  test('is recorded with its position: records as they come, and those touched as the system shows them', async () => {
    await office.empty();
    await office.receive([A, B], now);
    const tap = openTap();
    tap.give('1', { kind: 'touched', ...at(A, '1:1') }, { kind: 'touched', ...at(C, '1:2') }, row(D, '20', '1:3'));
    tap.give('2', { kind: 'touched', ...at(B, '2:1') }, { kind: 'faulty', place: '2:2', reason: 'cut off' });
    const capture = followed(tap);
    await until(async () => (await events()).length === 3, { what: 'three are captured' });
    await capture.caughtUp();
    expect(versionsByCode(await events())).toEqual({ [A]: [1], [B]: [1], [D]: [1] });
    expect((await events()).find(({ code }) => code === A)).toMatchObject({ sourcePosition: '1:1', occurredAt: now });
    expect((await readCaptureWay(stage.store.database, office.id, 'tap')).position).toBe('2');
    const faulty = await stage.store.database.query('select place from quarantine where sector = ?', [office.id]);
    expect(faulty).toEqual([{ place: '2:2' }]);
    tap.give('3', { kind: 'gone', ...at(A, '3:1') });
    await until(async () => (await events()).some(({ change }) => change === 'delete'), { what: 'one is deleted' });
  });

  test('goes on from its position when it broke off, and hands over every state where it can', async () => {
    await office.empty();
    const tap = openTap();
    tap.breakOff(1);
    tap.give('1', row(A, '20', '1'), row(A, '30', '2'), row(A, '20', '3'));
    tap.give('2', row(A, '70', '4'));
    followed(tap, true);
    await until(async () => (await events()).length === 4, { what: 'all states are captured' });
    expect((await events()).map(({ view }) => view?.status?.code)).toEqual(['20', '30', '20', '70']);
    expect(tap.positions[0]).toBe('1');
    expect(tap.positions).toHaveLength(2);
  });

  test('goes on soon however often it broke off in its life, where it had got on in between', async () => {
    await office.empty();
    const tap = openTap();
    const times = 12;
    tap.breakOff(times, 150);
    followed(tap);
    // Were they failures of one row, the last three would be waited for a minute.
    await until(() => tap.positions.length > times, { what: 'it was opened after each' });
  });

  test('is asked ever more rarely where it breaks off again and again as soon as it has begun', async () => {
    await office.empty();
    const tap = openTap();
    const times = 5;
    tap.breakOff(times);
    const before = stage.warnings.length;
    followed(tap);
    await until(() => tap.positions.length > times, { what: 'it was opened after each' });
    const told = stage.warnings.slice(before).filter(({ message }) => message.includes('cannot be captured'));
    // Of a row the first is told; on a slow machine the shortest pause may pass while it begins.
    expect(told.length).toBeLessThan(times);
  });

  test('says that what a whole snapshot does not name is gone, unless that is too much to be believed', async () => {
    await office.empty();
    const many = Array.from({ length: 12 }, (_, index) => `H41-1${String(index).padStart(3, '0')}`);
    const tap = openTap();
    tap.give('1', ...many.map((code) => row(code, '20', code)));
    tap.give('2', { kind: 'whole', codes: new Set(many.slice(2)), place: 'file 2' });
    followed(tap);
    const gone = async () => (await events()).filter(({ change }) => change === 'delete').map(({ code }) => code);
    await until(async () => (await gone()).length === 2, { what: 'two are gone' });
    tap.give('3', { kind: 'whole', codes: new Set(many.slice(9)), place: 'file 3' });
    const way = () => readCaptureWay(stage.store.database, office.id, 'tap');
    await until(async () => (await way()).heldDeletes === 7, { what: 'seven are held' });
    expect((await gone()).sort()).toEqual(many.slice(0, 2));
    // Once they were too many, fewer are not believed either, until none is gone.
    tap.give('3a', { kind: 'whole', codes: new Set(many.slice(6)), place: 'file 3a' });
    await until(async () => (await way()).heldDeletes === 4, { what: 'four are held' });
    tap.give('3b', { kind: 'whole', codes: new Set(many.slice(2)), place: 'file 3b' });
    await until(async () => (await way()).heldDeletes === 0, { what: 'none is held' });
    tap.give('3c', { kind: 'whole', codes: new Set(many.slice(9)), place: 'file 3c' });
    await until(async () => (await way()).heldDeletes === 7, { what: 'seven are held again' });
    await confirmDeletes(stage.store.database, office.id, 'tap');
    tap.give('4', { kind: 'whole', codes: new Set(many.slice(9)), place: 'file 4' });
    await until(async () => (await gone()).length === 9, { what: 'the confirmed ones are gone' });
    expect(await way()).toMatchObject({ heldDeletes: 0, deletesConfirmed: false });
  });
});
