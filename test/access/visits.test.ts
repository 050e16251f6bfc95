import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createSeal } from '../../core/seal.ts';
import { DAY_MS } from '../../core/time.ts';
import type { Binding, Database } from '../../drivers/database.ts';
import { keepVisitsShort } from '../../hub/remove-visits.ts';
import { openStore, type Store } from '../../store/store.ts';
import { createVisits, removeOldVisits, type Visit, type Visits } from '../../store/visits.ts';
import { ownDatabase } from '../services/mariadb.ts';

const service = inject('mariadb');
const MANY = { atOnce: 1_000, perDay: 10_000 };
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
    visits = createVisits(store.database, MANY);
  });

  afterAll(async () => {
    await store?.close();
    await drop();
  });

  type Opening = Parameters<Visits['open']>[0];
  const opening = (change: Partial<Opening> = {}): Opening => ({
    ...{ actor: 'binh', client: 'counter-desk', unit: 'H41.58.01', minutes: 30 },
    ...change,
  });
  const opened = (outcome: Awaited<ReturnType<Visits['open']>>): Visit => {
    if (!('id' in outcome)) throw new Error(`No visit was opened: ${JSON.stringify(outcome)}`);
    return outcome;
  };
  const open = async (change: Partial<Opening> = {}) => opened(await visits.open(opening(change)));

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

  test('give one place to what turns out to be one subject, under whichever of its hashes it took it', async () => {
    const { id } = await open();
    for (const subject of ['old', 'new', 'other']) await visits.takePlace(id, [subject], 3);
    expect(await visits.takePlace(id, ['further'], 3)).toBe('full');
    await visits.sameSubject(id, ['new', 'newest']);
    expect(await visits.read(id)).toMatchObject({ aliases: new Map([['newest', 'new']]) });
    // Found once more, by a system that knows of a third.
    for (let turn = 0; turn < 2; turn++) await visits.sameSubject(id, ['old', 'newest', 'third']);
    const visit = await visits.read(id);
    const [place] = [...(visit?.subjects ?? [])].filter((one) => one !== 'other');
    expect(visit?.subjects).toEqual(new Set([place, 'other']));
    const others = ['old', 'new', 'newest', 'third'].filter((one) => one !== place);
    expect(visit?.aliases).toEqual(new Map(others.map((one) => [one, place])));
    expect(await visits.takePlace(id, ['third'], 3)).toBe('taken');
    expect(await visits.takePlace(id, ['further'], 3)).toBe('taken');
    expect(await visits.takePlace(id, ['fourth'], 3)).toBe('full');
    await visits.bind(id, 'H41.77.01-261119-0001', new Set(['third']));
    expect((await visits.read(id))?.unnamed).toBe(2);
  });

  test('give no place to what is not in them', async () => {
    const { id } = await open();
    await visits.takePlace(id, ['a'], 8);
    await visits.sameSubject(id, ['b', 'c']);
    await visits.sameSubject('nothing', ['b', 'c']);
    expect(await visits.read(id)).toMatchObject({ subjects: new Set(['a']), aliases: new Map() });
    expect(await store.database.query('select visit from visit_subject where visit = ?', ['nothing'])).toEqual([]);
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

  test('are open in so small a number of one officer, in whichever applications and every hub on the store', async () => {
    const hubs = [1, 2].map(() => createVisits(store.database, { atOnce: 2, perDay: 100 }));
    const asked = Array.from({ length: 12 }, (_, place) => hubs[place % 2]?.open(opening({ actor: 'chi' })) as never);
    const outcomes: Awaited<ReturnType<Visits['open']>>[] = await Promise.all(asked);
    const [first, second, ...none] = outcomes.filter((one) => 'id' in one).map(({ id }) => id);
    expect(none).toEqual([]);
    const refused = outcomes.filter((one) => !('id' in one));
    expect(refused).toHaveLength(10);
    expect(new Set(refused.flatMap((one) => ('open' in one ? one.open : [])))).toEqual(new Set([first, second]));
    const [hub] = hubs as [Visits];
    expect(await hub.open(opening({ actor: 'chi', client: 'other-desk' }))).toEqual({
      open: expect.arrayContaining([first, second]),
    });
    // Another officer is another matter.
    opened(await hub.open(opening({ actor: 'dung', minutes: 0 })));
    await hub.close(first as string);
    opened(await hub.open(opening({ actor: 'chi' })));
    await hub.bind(second as string, 'H41.77.01-261119-0009', new Set());
    opened(await hub.open(opening({ actor: 'chi', client: 'other-desk' })));
    expect(await hub.open(opening({ actor: 'chi' }))).toMatchObject({ open: [expect.any(String), expect.any(String)] });
    // One that has run out is not open.
    for (let turn = 0; turn < 3; turn++) opened(await hub.open(opening({ actor: 'dung', minutes: 0 })));
  });

  test('are opened so often a day and no more, and anew on the next', async () => {
    const hub = createVisits(store.database, { atOnce: 100, perDay: 3 });
    const ask = (client = 'counter-desk') => hub.open(opening({ actor: 'giang', client }));
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => ask()));
    expect(outcomes.filter((one) => 'id' in one)).toHaveLength(3);
    for (const one of outcomes.filter((outcome) => !('id' in outcome))) expect(one).toEqual({ openedToday: 3 });
    // Those that are over count as well.
    for (const { id } of outcomes.filter((one) => 'id' in one)) await hub.close(id);
    for (const client of ['counter-desk', 'other-desk']) expect(await ask(client)).toEqual({ openedToday: 3 });
    await store.database.knex('visit_officer').where({ actor: 'giang' }).update({ day: '2001-01-01' });
    opened(await ask());
  });

  test('end when they are bound, and count whom the dossier does not name', async () => {
    const { id } = await open();
    for (const subject of ['a', 'b', 'c']) await visits.takePlace(id, [subject], 8);
    await visits.bind(id, 'H41.77.01-261119-0001', new Set(['a', 'z']));
    const bound = await visits.read(id);
    expect(bound).toMatchObject({ dossier: 'H41.77.01-261119-0001', unnamed: 2, isOpen: false });
    expect(bound?.closedAt).toEqual(expect.any(Number));
    expect(await visits.takePlace(id, ['d'], 8)).toBe('over');
    await visits.bind(id, 'H41.77.01-261119-0002', new Set(['a', 'b', 'c']));
    expect(await visits.read(id)).toEqual(bound);
    // The dossier may come to name more.
    await visits.bind(id, 'H41.77.01-261119-0001', new Set(['a', 'b']));
    expect(await visits.read(id)).toEqual({ ...bound, unnamed: 1 });
    const { id: over } = await open({ minutes: 0 });
    await visits.bind(over, 'H41.77.01-261119-0001', new Set());
    expect(await visits.read(over)).toMatchObject({ closedAt: null, unnamed: 0, isOpen: false });
    await visits.bind('nothing', 'H41.77.01-261119-0001', new Set());
  });

  test('are listed newest first until a dossier explains them, page after page, for the units that are asked for', async () => {
    const unit = 'H41.77.01';
    const own: Visit[] = [];
    for (let count = 0; count < 5; count++) own.push(await open({ unit }));
    // Of the last but one a dossier came that names nobody of it.
    await visits.takePlace(own[3]?.id as string, ['somebody'], 8);
    await visits.bind(own[3]?.id as string, 'H41.77.01-261119-0003', new Set());
    await visits.bind(own[2]?.id as string, 'H41.77.01-261119-0001', new Set());
    const listed: string[] = [];
    let after: [number, string] | null = null;
    for (let more = true; more; ) {
      const page: Awaited<ReturnType<Visits['unexplained']>> = await visits.unexplained({
        units: [unit],
        first: 3,
        after,
      });
      listed.push(...page.visits.map(({ id }) => id));
      const last = page.visits.at(-1);
      after = last === undefined ? null : [last.openedAt, last.id];
      more = page.more;
    }
    const expected = own.filter((_, place) => place !== 2);
    expect(new Set(listed)).toEqual(new Set(expected.map(({ id }) => id)));
    expect(listed).toHaveLength(4);
    const among = [unit, unit, ...Array.from({ length: 60 }, (_, place) => `H41.${100 + place}`)];
    for (const units of [among.slice(0, 5), among]) {
      const { visits: found, more } = await visits.unexplained({ units, first: 3, after: null });
      expect([found.map(({ id }) => id), more]).toEqual([listed.slice(0, 3), true]);
    }
    expect((await visits.unexplained({ units: [], first: 3, after: null })).visits).toEqual([]);
    expect((await visits.unexplained({ units: null, first: 100, after: null })).visits.length).toBeGreaterThan(4);
  });

  describe('are found among all that were explained', () => {
    const MANY_UNITS = Array.from({ length: 100 }, (_, place) => `H41.${100 + place}.01`);
    const ROWS = 3_000;

    /** How the database reads a list of them: the names of the indexes, `whole table` where it takes none. */
    const readBy = async (units: readonly string[] | null): Promise<readonly string[]> => {
      const asked: { sql: string; bindings: readonly Binding[] }[] = [];
      const { query } = store.database;
      const database: Database = {
        ...store.database,
        query(sql, bindings = []) {
          asked.push({ sql, bindings });
          return query(sql, bindings);
        },
      };
      await createVisits(database, MANY).unexplained({ units, first: 20, after: [Date.now(), 'z'] });
      const [{ sql, bindings } = { sql: '', bindings: [] }] = asked;
      const plan = await query(`explain ${isSqlite ? 'query plan ' : ''}${sql}`, bindings);
      const steps = isSqlite
        ? plan.map(({ detail }) => /(?:SCAN|SEARCH) visit(?: USING INDEX (\w+))?/.exec(String(detail)))
        : plan.map(({ table, type, key }) => (table === 'visit' ? [type, type === 'ALL' ? null : key] : null));
      return steps.flatMap((step) => (step === null ? [] : [String(step[1] ?? 'whole table')]));
    };

    test('by the index of those that are listed, of all units, of some, and of many', async () => {
      const rows = Array.from({ length: ROWS }, (_, place) => ({
        ...{ id: `explained ${place}`, actor: 'many', client: 'counter-desk', unit: MANY_UNITS[place % 100] ?? '' },
        ...{ opened_at: place, ends_at: place, dossier: 'H41.77.01-261119-0001', unnamed: 0, listed: 0 },
      }));
      await store.database.knex.batchInsert('visit', rows, 50);
      if (!isSqlite) await store.database.query('analyze table visit');
      const indexes: [readonly string[] | null, string][] = [
        [null, 'visit_listed'],
        [MANY_UNITS.slice(0, 2), 'visit_listed_of_unit'],
        [MANY_UNITS, 'visit_listed'],
      ];
      for (const [units, index] of indexes) {
        // MariaDB takes either where so few are listed.
        const expected = isSqlite ? index : expect.stringMatching(/^visit_listed/);
        expect(new Set(await readBy(units))).toEqual(new Set([expected]));
      }
      await store.database.knex('visit').where({ actor: 'many' }).delete();
    });
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
      await visits.bind(bound, 'H41.77.01-261119-0003', new Set());
      expect(await removeOldVisits(store.database, { keptMs: DAY_MS, signal })).toBe(2);
      for (const id of [old, bound]) {
        expect(await visits.read(id)).toBeNull();
        expect(await subjectsOf(id)).toBe(0);
      }
      expect((await visits.read(young))?.subjects.size).toBe(1);
      expect(await removeOldVisits(store.database, { keptMs: DAY_MS, signal })).toBe(0);
    });

    test('and so is who opened how many on which day', async () => {
      const officers = () =>
        store.database.query('select actor from visit_officer where actor in (?, ?)', ['old', 'new']);
      for (const actor of ['old', 'new']) await open({ actor });
      await store.database.knex('visit_officer').where({ actor: 'old' }).update({ day: '2001-01-01' });
      await removeOldVisits(store.database, { keptMs: DAY_MS, signal });
      expect(await officers()).toEqual([{ actor: 'new' }]);
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
