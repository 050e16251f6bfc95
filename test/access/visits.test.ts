import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createSeal } from '../../core/seal.ts';
import { DAY_MS } from '../../core/time.ts';
import { keepVisitsShort } from '../../hub/remove-visits.ts';
import { openStore, type Store } from '../../store/store.ts';
import { createVisits, removeOldVisits, type Visit, type Visits } from '../../store/visits.ts';
import { ownDatabase } from '../services/mariadb.ts';

const service = inject('mariadb');
const reason = 'missing' in service ? ` (skipped: ${service.missing})` : '';

describe.each(['SQLite', `MariaDB${reason}`])('Visits at the counter, on %s', (kind) => {
  const isSqlite = kind === 'SQLite';
  const test = it.skipIf(!isSqlite && 'missing' in service);
  let store: Store;
  let visits: Visits;
  let drop = async (): Promise<void> => {};

  beforeAll(async () => {
    if (!isSqlite && 'missing' in service) return;
    const own = isSqlite ? { url: 'sqlite::memory:', drop } : await ownDatabase(service);
    drop = own.drop;
    store = await openStore(own.url, { seal: createSeal(new Uint8Array(32)) });
    visits = createVisits(store.database);
  });

  afterAll(async () => {
    await store?.close();
    await drop();
  });

  const open = (change: Partial<Parameters<Visits['open']>[0]> = {}): Promise<Visit> =>
    visits.open({ actor: 'binh', client: 'counter-desk', unit: 'H41.58.01', minutes: 30, ...change });

  test('are open from the moment they are opened until their minutes are over', async () => {
    const visit = await open();
    expect(visit).toMatchObject({ actor: 'binh', unit: 'H41.58.01', isOpen: true, closedAt: null, dossier: null });
    expect(visit.endsAt - visit.openedAt).toBe(30 * 60_000);
    expect(await visits.read(visit.id)).toEqual(visit);
    expect(await visits.read('nothing')).toBeNull();
    const over = await open({ minutes: 0 });
    expect(over.isOpen).toBe(false);
    expect(await visits.takePlace(over.id, ['a'], 8)).toBe('over');
  });

  test('hold so many subjects and no more, and one that is asked for again takes no further place', async () => {
    const { id } = await open();
    expect(await visits.takePlace(id, ['a', 'old number of a'], 2)).toBe('taken');
    expect(await visits.takePlace(id, ['b'], 2)).toBe('taken');
    expect(await visits.takePlace(id, ['c'], 2)).toBe('full');
    expect(await visits.takePlace(id, ['another number', 'a'], 2)).toBe('taken');
    expect((await visits.read(id))?.subjects).toEqual(new Set(['a', 'b']));
    expect(await visits.takePlace('nothing', ['a'], 2)).toBe('over');
  });

  test('give their last place to one of many that ask at the same time', async () => {
    const { id } = await open();
    const asked = Array.from({ length: 8 }, (_, place) => visits.takePlace(id, [`subject ${place}`], 3));
    const taken = (await Promise.all(asked)).filter((one) => one === 'taken');
    expect(taken).toHaveLength(3);
    expect((await visits.read(id))?.subjects.size).toBe(3);
  });

  test('are over once they are closed, and stay closed as they were first', async () => {
    const { id } = await open();
    await visits.close(id);
    const closed = await visits.read(id);
    expect(closed).toMatchObject({ isOpen: false, closedAt: expect.any(Number) });
    await visits.close(id);
    expect(await visits.read(id)).toEqual(closed);
    expect(await visits.takePlace(id, ['a'], 8)).toBe('over');
  });

  test('are listed newest first until a dossier came of them, page after page, for the units that are asked for', async () => {
    const unit = 'H41.77.01';
    const own: Visit[] = [];
    for (let opened = 0; opened < 5; opened++) own.push(await open({ unit }));
    await visits.bind(own[2]?.id as string, 'H41.77.01-261119-0001');
    await visits.bind(own[2]?.id as string, 'H41.77.01-261119-0002');
    expect((await visits.read(own[2]?.id as string))?.dossier).toBe('H41.77.01-261119-0001');
    const listed: string[] = [];
    let after: [number, string] | null = null;
    for (let more = true; more; ) {
      const page: Awaited<ReturnType<Visits['unbound']>> = await visits.unbound({ units: [unit], first: 3, after });
      listed.push(...page.visits.map(({ id }) => id));
      const last = page.visits.at(-1);
      after = last === undefined ? null : [last.openedAt, last.id];
      more = page.more;
    }
    const expected = own.filter((_, place) => place !== 2);
    expect(new Set(listed)).toEqual(new Set(expected.map(({ id }) => id)));
    expect(listed).toHaveLength(4);
    expect((await visits.unbound({ units: [], first: 3, after: null })).visits).toEqual([]);
    expect((await visits.unbound({ units: null, first: 100, after: null })).visits.length).toBeGreaterThan(4);
  });

  describe('are kept for so long and no longer', () => {
    /** With somebody who was asked for in it. */
    const openedBefore = async (ms: number): Promise<string> => {
      const { id } = await open();
      await visits.takePlace(id, [`subject of ${id}`], 8);
      await store.database.knex('visit').where({ id }).decrement('opened_at', ms);
      return id;
    };
    const subjectsOf = async (id: string) =>
      (await store.database.query('select subject_hash from visit_subject where visit = ?', [id])).length;
    const { signal } = new AbortController();

    test('with whom was asked for in them, whether or not a dossier came of them', async () => {
      const [old, bound, young] = [await openedBefore(DAY_MS), await openedBefore(2 * DAY_MS), await openedBefore(0)];
      await visits.bind(bound, 'H41.77.01-261119-0003');
      expect(await removeOldVisits(store.database, { keptMs: DAY_MS, signal })).toBe(2);
      for (const id of [old, bound]) {
        expect(await visits.read(id)).toBeNull();
        expect(await subjectsOf(id)).toBe(0);
      }
      expect((await visits.read(young))?.subjects.size).toBe(1);
      expect(await removeOldVisits(store.database, { keptMs: DAY_MS, signal })).toBe(0);
    });

    test('however many there are', async () => {
      const ids = await Promise.all(Array.from({ length: 450 }, () => open().then(({ id }) => id)));
      await store.database.knex('visit').whereIn('id', ids).decrement('opened_at', DAY_MS);
      expect(await removeOldVisits(store.database, { keptMs: DAY_MS, signal })).toBe(450);
    });

    test('by every hub that receives, and two at once do no harm', async () => {
      const old = await openedBefore(3 * DAY_MS);
      const young = await openedBefore(DAY_MS);
      const warnings: string[] = [];
      const warn = (message: string) => void warnings.push(message);
      const hubs = [1, 2].map(() => keepVisitsShort({ database: store.database, days: 2, warn }));
      await expect.poll(() => visits.read(old)).toBeNull();
      await Promise.all(hubs.map((hub) => hub.close()));
      expect(warnings).toEqual([]);
      expect(await visits.read(young)).not.toBeNull();
    });
  });
});
