import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { DossierView } from '../../core/dossier.ts';
import { HubError } from '../../core/errors.ts';
import type { DossierEvent } from '../../core/event.ts';
import { createLeases, type Lease, LeaseLost } from '../../store/leases.ts';
import { readOutbox } from '../../store/outbox.ts';
import { readQuarantine } from '../../store/quarantine.ts';
import { createRecorder } from '../../streams/capture/recorder.ts';
import type { Sighting, WholeSighting } from '../../streams/capture/sighting.ts';
import { type CaptureStage, openCaptureStage } from './capture-stage.ts';

const service = inject('mariadb');
const reason = 'missing' in service ? ` (skipped: ${service.missing})` : '';
const CODE = 'H41.12-261120-0001';
const AT = Date.UTC(2026, 10, 20);

const status = (code: string, number: 4 | 9 | null) => ({ code, title: null, number });
const step = (at: number, content: string) => ({
  ...{ officer: null, position: null, unit: null, dueAt: null, status: status('20', 4) },
  at,
  content,
});

describe.each(['SQLite', `MariaDB${reason}`])('What is recorded of a dossier, on %s', (name) => {
  const kind = name === 'SQLite' ? 'SQLite' : 'MariaDB';
  const test = it.skipIf(kind === 'MariaDB' && 'missing' in service);
  let stage: CaptureStage;
  let lease: Lease;
  let sector = 'sector-0';
  let count = 0;

  beforeAll(async () => {
    if (kind === 'SQLite' || !('missing' in service)) stage = await openCaptureStage(kind, service);
  });

  beforeEach(async () => {
    if (stage === undefined) return;
    count += 1;
    sector = `sector-${count}`;
    const leases = createLeases(stage.store.database, { holder: 'test', leaseMs: 60_000 });
    lease = (await leases.acquire(`capture:${sector}`)) as Lease;
  });

  afterAll(() => stage?.close());

  const record = (sightings: readonly Sighting[], options: { intermediate?: boolean; at?: number } = {}) =>
    createRecorder({ database: stage.store.database, now: () => options.at ?? AT }).record({
      ...{ sector, way: 'poll', lease, sightings },
      intermediate: options.intermediate,
    });
  const events = async (): Promise<readonly DossierEvent[]> =>
    (await readOutbox(stage.store.database, sector, 100)).map(({ event }) => event);
  const whole = (fields: Readonly<Record<string, unknown>>, rowHash = JSON.stringify(fields)): WholeSighting => ({
    kind: 'whole',
    code: CODE,
    fields: { code: CODE, ...fields },
    rowHash: rowHash.slice(0, 64),
    occurredAt: AT - 5,
    place: 'here',
  });
  const unreadable = () => new HubError('SOURCE_MALFORMED', 'expected a time, came 3 digits');

  test('is an event when its content changes, and nothing when it does not', async () => {
    await record([whole({ status: status('20', 4), statusAt: AT - 100 })]);
    await record([whole({ statusAt: AT - 100, status: status('20', 4) })]);
    await record([whole({ status: status('70', 9), statusAt: AT - 50 })]);
    expect((await events()).map(({ id, occurredAt, recordedAt }) => [id, occurredAt, recordedAt])).toEqual([
      [`${sector}:${CODE}:1`, AT - 100, AT],
      [`${sector}:${CODE}:2`, AT - 50, AT],
    ]);
  });

  test('happened when the way says where the status is no newer, and when it was recorded where nobody says', async () => {
    await record([whole({ status: status('20', 4), statusAt: AT - 100 })]);
    await record([whole({ status: status('20', 4), statusAt: AT - 100, summary: 'Tách thửa' })]);
    await record([{ kind: 'gone', code: CODE, occurredAt: null, place: 'here' }], { at: AT + 7 });
    expect((await events()).map(({ occurredAt }) => occurredAt)).toEqual([AT - 100, AT - 5, AT + 7]);
  });

  test('is of several sightings at once the last, and every one where the way tells them all', async () => {
    const states = ['A', 'B', 'C'].map((summary) => whole({ status: status('20', 4), summary }));
    await record(states);
    expect((await events()).map(({ view }) => view?.summary)).toEqual(['C']);
    await record(states, { intermediate: true });
    expect((await events()).map(({ version, view }) => [version, view?.summary])).toEqual([
      [1, 'C'],
      [2, 'A'],
      [3, 'B'],
      [4, 'C'],
    ]);
  });

  test('keeps the good value of a field that cannot be read, and says which', async () => {
    await record([whole({ status: status('20', 4), dueAt: AT + 100, summary: 'A' })]);
    await record([whole({ status: status('20', 4), dueAt: unreadable(), submittedAt: unreadable(), summary: 'B' })]);
    await record([whole({ status: status('20', 4), dueAt: AT + 200, submittedAt: null, summary: 'B' })]);
    const [, faulty, mended] = await events();
    expect(faulty?.view).toEqual({ code: CODE, status: status('20', 4), dueAt: AT + 100, summary: 'B' });
    expect(faulty?.faults.map(({ field }) => field)).toEqual(['dueAt', 'submittedAt']);
    expect(mended?.view).toMatchObject({ dueAt: AT + 200, submittedAt: null });
    expect(mended?.faults).toEqual([]);
  });

  test('changes nothing and is quarantined where its status cannot be read or is gone, until it can be', async () => {
    const quarantined = () =>
      stage.store.database.query('select code, times from quarantine where sector = ?', [sector]);
    await record([whole({ status: status('20', 4) })]);
    await record([whole({ status: unreadable() })]);
    await record([whole({ status: null })]);
    expect(await quarantined()).toEqual([{ code: CODE, times: 2 }]);
    expect(await events()).toHaveLength(1);
    await record([{ kind: 'same', code: CODE }]);
    expect(await quarantined()).toEqual([]);
  });

  test('changes nothing and is quarantined where it has grown larger than an event may be, however it is told', async () => {
    const huge = 'â'.repeat(500_000);
    await record([whole({ status: status('20', 4), summary: 'A' })]);
    await record([whole({ status: status('70', 9), summary: huge })]);
    await record([{ kind: 'delta', code: CODE, place: 'callback/1', occurredAt: AT, view: { summary: huge } }]);
    expect(
      await stage.store.database.query('select code, reason, times from quarantine where sector = ?', [sector]),
    ).toEqual([{ code: CODE, reason: expect.stringMatching(/^larger than an event may be: /), times: 2 }]);
    await record([whole({ status: status('70', 9), summary: 'B' })]);
    expect((await events()).map(({ version, view }) => [version, view?.summary])).toEqual([
      [1, 'A'],
      [2, 'B'],
    ]);
    expect(await stage.store.database.query('select place from quarantine where sector = ?', [sector])).toEqual([]);
  });

  test('is warned of once for each place that cannot be read, and forgotten when it was not met for thirty days', async () => {
    const warned: unknown[] = [];
    const { database } = stage.store;
    const day = 86_400_000;
    const meet = (place: string, at: number) =>
      createRecorder({ database, now: () => at, warn: (_, { place }) => warned.push(place) }).record({
        ...{ sector, way: 'files', lease },
        sightings: [{ kind: 'faulty', code: null, place, reason: 'cut off' }],
      });
    await meet('file:1', AT);
    await meet('file:1', AT + day);
    await meet('file:2', AT + 30 * day);
    expect(warned).toEqual(['file:1', 'file:2']);
    const listed = async () =>
      (await readQuarantine(database, { sector, limit: 9 })).map((one) => [one.place, one.times]);
    expect(await listed()).toEqual([
      ['file:2', 1],
      ['file:1', 2],
    ]);
    await meet('file:2', AT + 31 * day + 1);
    expect(await listed()).toEqual([['file:2', 2]]);
  });

  test('flows where nobody mapped its status', async () => {
    await record([whole({ status: status('LIEN_THONG_THUE', null) })]);
    expect((await events())[0]?.view?.status).toEqual(status('LIEN_THONG_THUE', null));
  });

  test.each(['066210475387', 'Trịnh Thanh Hoàng'])(
    'shows no code of a procedure that is a person’s: %s',
    async (code) => {
      await record([whole({ status: status('20', 4), procedureCode: code, agencyCode: 'H41.68.01' })]);
      const [event] = await events();
      expect(event?.faults.map(({ field }) => field)).toEqual(['procedureCode']);
      expect(event?.view).toMatchObject({ agencyCode: 'H41.68.01' });
      expect(JSON.stringify(event)).not.toContain(code);
    },
  );

  test.each(['066210475387', 'CCCD 267209210', 'x'.repeat(101)])('shows no status that is none: %s', async (code) => {
    await record([whole({ status: status('20', 4), steps: [step(AT - 100, 'Tiếp nhận')] })]);
    await record([whole({ status: status(code, null) })]);
    await record([whole({ status: status('30', 4), steps: [{ ...step(AT, 'Bổ sung'), status: status(code, null) }] })]);
    const all = await events();
    expect(all.map(({ view }) => view?.status?.code)).toEqual(['20', '30']);
    expect(all.at(-1)?.faults.map(({ field }) => field)).toEqual(['steps']);
    expect(all.at(-1)?.view?.steps?.map(({ content }) => content)).toEqual(['Tiếp nhận']);
    expect(JSON.stringify(all)).not.toContain(code);
  });

  const told = (at: number, view: Partial<DossierView>): Sighting => ({
    ...{ kind: 'delta', code: CODE, place: 'callback/1', occurredAt: at, view },
  });
  const TITLE = 'Trả cho ông Nguyễn Văn Hoà, CCCD 001085004213';
  const titled = { code: '95', title: TITLE, number: null };

  test('shows no title that is about a person, and keeps what it titles', async () => {
    const titles = { status: titled, procedureCode: '9.999999', procedureTitle: TITLE };
    await record([whole(titles)]);
    const [event] = await events();
    expect(event?.view).toEqual({ ...titles, code: CODE, status: { ...titled, title: null }, procedureTitle: null });
    expect(event?.faults.map(({ field }) => field)).toEqual(['statusTitle', 'procedureTitle']);
    expect(JSON.stringify(event)).not.toMatch(/Hoà|001085004213/);
  });

  test('shows no title of a message that is about a person, whoever of the two names them', async () => {
    const named = { ...titled, title: 'Chờ NGUYEN VAN HOA' };
    await record([whole({ status: status('20', 4), statusAt: AT - 100, applicantName: 'Nguyễn Văn Hoà' })]);
    await record([told(AT - 50, { status: named, steps: [{ ...step(AT - 50, 'Chờ'), status: named }] })]);
    await record([told(AT - 90, { applicantName: 'Trần Văn Bình', procedureTitle: 'Cấp cho Trần Văn Bình' })]);
    const [, first, late] = await events();
    expect(first?.view).toMatchObject({ status: { ...titled, title: null }, applicantName: 'Nguyễn Văn Hoà' });
    expect(first?.faults.map(({ field }) => field)).toEqual(['statusTitle']);
    expect(late?.view).toMatchObject({ procedureTitle: null, applicantName: 'Nguyễn Văn Hoà' });
    expect(JSON.stringify([first, late])).not.toMatch(/Bình|VAN HOA/);
  });

  test('shows no title that names whom the record named before', async () => {
    await record([whole({ status: status('20', 4), applicantName: 'Nguyễn Văn Hoà' })]);
    await record([whole({ status: { ...titled, title: 'Của Nguyễn Văn Hoà' }, applicantName: 'Trần Văn Bình' })]);
    expect((await events()).at(-1)?.view).toMatchObject({ status: { ...titled, title: null } });
  });

  test('is no news when a record is looked at again after calls, whatever is wrong with its titles', async () => {
    const titles = { procedureCode: '9.999999', procedureTitle: TITLE };
    const steps = [{ ...step(AT - 100, 'Chờ'), status: titled }];
    const same = whole({ status: titled, statusAt: AT - 100, steps, ...titles });
    await record([same, same]);
    for (const at of [AT - 60, AT - 50]) {
      await record([told(at, { status: { code: String(AT - at), title: 'Đang xử lý', number: null } })]);
      await record([same, same]);
    }
    await record([told(AT - 40, { status: titled })]);
    await record([same]);
    const all = await events();
    expect(all.map(({ version, change }) => [version, change])).toEqual([
      ...[
        [1, 'upsert'],
        [2, 'step'],
        [3, 'step'],
        [4, 'step'],
      ],
    ]);
    expect(all.map(({ faults }) => faults.map(({ field }) => field))).toEqual([
      ...[['statusTitle', 'procedureTitle'], [], [], ['statusTitle']],
    ]);
    expect(all.map(({ view }) => view?.status?.title)).toEqual([null, 'Đang xử lý', 'Đang xử lý', null]);
    expect(JSON.stringify(all)).not.toContain('Hoà');
    await record([whole({ status: titled, statusAt: AT - 40, steps, ...titles, summary: 'Mới' })]);
    expect((await events()).at(-1)?.faults.map(({ field }) => field)).toEqual(['statusTitle', 'procedureTitle']);
  });

  test('shows no title that it did not show, while the record is the same or the call told again', async () => {
    const about = { ...titled, title: 'Của Nguyễn Văn Hoà' };
    const titles = { procedureTitle: about.title, steps: [{ ...step(AT - 100, 'Chờ'), status: about }] };
    const corrected = whole({ status: about, statusAt: AT - 100, applicantName: 'Trần Văn Bình', ...titles });
    await record([whole({ status: about, statusAt: AT - 100, applicantName: 'Nguyễn Văn Hoà', ...titles })]);
    for (const seen of [corrected, corrected, corrected]) await record([seen]);
    expect(await events()).toHaveLength(2);
    const call = told(AT - 50, { status: { ...about, title: 'Của Trần Văn Bình' }, applicantName: 'Lê Thị Lan' });
    for (const seen of [call, call, corrected, corrected, call, corrected]) await record([seen]);
    const all = await events();
    expect(all).toHaveLength(3);
    expect(JSON.stringify(all.map(({ view }) => [view?.status, view?.procedureTitle, view?.steps]))).not.toMatch(/Của/);
  });

  test('takes a message into what is known, once, and a late one only where nothing newer is known', async () => {
    const delta = (occurredAt: number, view: Partial<DossierView>): Sighting => ({
      ...{ kind: 'delta', code: CODE, place: 'callback/1' },
      occurredAt,
      view,
    });
    await record([whole({ status: status('20', 4), statusAt: AT - 100, steps: [step(AT - 100, 'Tiếp nhận')] })]);
    const finished = delta(AT - 10, { status: status('70', 9), steps: [step(AT - 10, 'Kết thúc')] });
    await record([finished]);
    await record([finished]);
    await record([delta(AT - 50, { status: status('30', 4), summary: 'Muộn', steps: [step(AT - 50, 'Bổ sung')] })]);
    const all = await events();
    expect(all.map(({ change, version }) => [change, version])).toEqual([
      ['upsert', 1],
      ['step', 2],
      ['step', 3],
    ]);
    expect(all.at(-1)?.view).toMatchObject({ status: status('70', 9), statusAt: AT - 10, summary: 'Muộn' });
    expect(all.at(-1)?.view?.steps?.map(({ content }) => content)).toEqual(['Tiếp nhận', 'Bổ sung', 'Kết thúc']);
  });

  test('is nothing at all when its lease has another holder, or the transaction breaks off', async () => {
    await record([whole({ status: status('20', 4), summary: 'A' })]);
    const { knex } = stage.store.database;
    const stale = { name: lease.name, fence: lease.fence - 1 };
    const recorder = createRecorder({ database: stage.store.database, now: () => AT });
    const sightings = [whole({ status: status('70', 9), summary: 'B' })];
    const batch = { sector, way: 'poll', sightings, standing: { position: 'there' } };
    await expect(recorder.record({ ...batch, lease: stale })).rejects.toThrow(LeaseLost);
    await knex.schema.renameTable('capture_way', 'capture_way_away');
    await expect(recorder.record({ ...batch, lease })).rejects.toThrow(/capture_way/);
    await knex.schema.renameTable('capture_way_away', 'capture_way');
    expect(await events()).toHaveLength(1);
    await recorder.record({ ...batch, lease });
    expect((await events()).map(({ version }) => version)).toEqual([1, 2]);
  });
});
