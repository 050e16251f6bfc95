import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DOSSIER_STATUSES, type DossierStatusNumber } from '../../core/dossier.ts';
import {
  createDossierIndex,
  DOSSIER_ORDERS,
  type DossierFilter,
  type DossierIndex,
  type DossierOrder,
  type IndexKey,
} from '../../store/dossier-index.ts';
import { indexWords } from '../../store/index-words.ts';
import { event, onEachStore, rowsOf, type Stage, tell } from '../support/index-stage.ts';

const NAMES = ['Nguyễn Văn An', 'Nguyễn Thị Bình', 'Trần Văn An', 'Lê Ngọc', 'Đặng Nguyên', 'H’Hen Niê 𠮷'];
const PROCEDURES = ['1.012790', '1.000656'];
const AGENCIES = ['H41.07', 'H41.03'];
const TODAY = 50;

/** A dossier of the made-up index, in the words of the filter. */
interface Made {
  readonly code: string;
  readonly name: string;
  readonly number: string;
  readonly sectors: readonly string[];
  readonly status: DossierStatusNumber | null;
  readonly procedure: string;
  readonly agency: string;
  readonly channel: 'COUNTER' | 'ONLINE';
  readonly receivedAt: number;
  readonly dueAt: number | null;
  readonly deleted: boolean;
  readonly changedAt: number;
}

/** Many of each kind share their times, so that pages end between equals. */
const dossiers: readonly Made[] = Array.from({ length: 300 }, (_, place) => ({
  code: `H41.0${place % 3}-26100${place % 9}-${String((place * 37) % 300).padStart(4, '0')}`,
  name: NAMES[place % NAMES.length] as string,
  number: String(place % 11),
  sectors: place % 3 === 0 ? ['one-stop'] : place % 3 === 1 ? ['land'] : ['land', 'one-stop'],
  status: place % 13 === 12 ? null : (((place % 10) + 1) as DossierStatusNumber),
  procedure: PROCEDURES[place % 2] as string,
  agency: AGENCIES[Math.floor(place / 2) % 2] as string,
  channel: place % 5 === 0 ? 'ONLINE' : 'COUNTER',
  receivedAt: (place * 7) % 40,
  dueAt: place % 4 === 0 ? null : (place * 11) % 90,
  deleted: place % 17 === 16,
  changedAt: 1_000 + ((place * 5) % 60),
}));

onEachStore('the index of dossiers', (open) => {
  let stage: Stage;
  let index: DossierIndex;
  beforeAll(async () => {
    stage = await open();
    index = createDossierIndex(stage.database);
    for (const one of dossiers) {
      const { code, name, status, dueAt, receivedAt, changedAt } = one;
      const view = {
        ...{ applicantName: name, applicantNumbers: [one.number], receivedAt, dueAt, channel: one.channel },
        ...{ procedureCode: one.procedure, agencyCode: one.agency },
      };
      for (const sector of one.sectors) {
        tell(stage, event({ sector, code, status, at: changedAt - 10, view }));
        if (one.deleted) tell(stage, event({ sector, code, version: 2, at: changedAt, view: null }));
      }
    }
    await stage.project();
  });
  afterAll(() => stage.close());

  const walk = async (filter: DossierFilter, order: DossierOrder, first: number, mostSorted?: number) => {
    const pages = createDossierIndex(stage.database, { mostSorted });
    const codes: string[] = [];
    let after: IndexKey | null = null;
    for (let turn = 0; turn <= dossiers.length; turn++) {
      const page = await pages.page({ filter, order, first, after });
      codes.push(...page.places.map(({ code }) => code));
      expect(page.places.length).toBeLessThanOrEqual(first);
      if (!page.more) return codes;
      after = page.places.at(-1)?.key ?? null;
    }
    throw new Error('the walk does not end');
  };

  describe('a walk over the pages', () => {
    const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined, freq: 2 });
    const filters: fc.Arbitrary<DossierFilter> = fc.record({
      status: maybe(fc.uniqueArray(fc.constantFrom(...DOSSIER_STATUSES.map(({ number }) => number)), { maxLength: 3 })),
      unmapped: maybe(fc.boolean()),
      sector: maybe(fc.constantFrom('land', 'one-stop', 'none')),
      agency: maybe(fc.constantFrom(...AGENCIES)),
      agencies: maybe(fc.uniqueArray(fc.constantFrom(...AGENCIES, 'H41.99'), { maxLength: 3 })),
      procedure: maybe(fc.constantFrom(...PROCEDURES)),
      applicantNumbers: maybe(fc.uniqueArray(fc.constantFrom('1', '2', '3', 'x'), { maxLength: 3 })),
      channel: maybe(fc.constantFrom('ONLINE', 'COUNTER')),
      receivedFrom: maybe(fc.integer({ min: 0, max: 40 })),
      receivedTo: maybe(fc.integer({ min: 0, max: 40 })),
      dueFrom: maybe(fc.integer({ min: 0, max: 90 })),
      dueTo: maybe(fc.integer({ min: 0, max: 90 })),
      overdue: maybe(fc.boolean()),
      today: fc.constant(TODAY),
      words: maybe(fc.constantFrom(['nguy'], ['an', 'nguyen'], ['h41.01', '2610'], ['0001'], ['hhen'], ['zz'])),
    });
    const cases = fc.record({
      // One part of a filter alone is what is asked most; all together leave little.
      filter: fc.oneof(filters, filters.map(onePart)),
      order: fc.constantFrom(...DOSSIER_ORDERS),
      first: fc.integer({ min: 7, max: 60 }),
      // Both ways of reading: all sorted, and walked in order.
      mostSorted: fc.constantFrom(0, 25, 10_000),
    });

    it('visits every dossier that matches exactly once, in order, whatever the filter', async () => {
      await fc.assert(
        fc.asyncProperty(cases, async ({ filter, order, first, mostSorted }) => {
          const expected = ordered(
            dossiers.filter((one) => answers(one, filter)),
            order,
          );
          expect(await walk(filter, order, first, mostSorted)).toEqual(expected);
          const counting = createDossierIndex(stage.database, { mostSorted });
          expect(await counting.count(filter, 100)).toBe(Math.min(100, expected.length));
        }),
        { numRuns: 150 },
      );
    }, 60_000);

    it.each(DOSSIER_ORDERS)(
      'visits everything in the order %s, one at a time across equal times',
      async (order) => {
        const every = dossiers.filter(({ deleted }) => !deleted);
        expect(await walk({}, order, 1)).toEqual(ordered(every, order));
      },
      60_000,
    );
  });

  it('says whether there is more, exactly at the end too', async () => {
    const filter = { agency: AGENCIES[0] as string };
    const matches = await index.count(filter, 1_000);
    const page = async (first: number) => index.page({ filter, order: 'RECEIVED_DESC', first, after: null });
    expect((await page(matches)).more).toBe(false);
    expect((await page(matches - 1)).more).toBe(true);
  });

  it('gives the views of codes in the order asked, and none for what it does not know', async () => {
    const both = dossiers[2] as Made;
    const [none, known, again] = await index.views(['unknown', both.code, both.code]);
    expect(none).toEqual([]);
    expect(known).toMatchObject([
      { sector: 'land', version: 1, deleted: false, faults: [], view: { applicantName: both.name, code: both.code } },
      { sector: 'one-stop', recordedAt: both.changedAt },
    ]);
    expect(again).toEqual(known);
  });

  it('finds dossiers by numbers, newest first, without those that are deleted', async () => {
    const found = await index.byNumbers(['1', '2', 'x'], 20);
    const expected = ordered(
      dossiers.filter(({ number, deleted }) => ['1', '2'].includes(number) && !deleted),
      'RECEIVED_DESC',
    );
    expect(found.map(({ code }) => code)).toEqual(expected.slice(0, 20));
    const first = dossiers.find(({ code }) => code === expected[0]) as Made;
    expect(found[0]).toEqual({
      ...{ code: first.code, receivedAt: first.receivedAt, applicantName: first.name.normalize('NFC') },
      applicantNumbers: [first.number],
    });
    expect(await index.byNumbers([], 5)).toEqual([]);
    const [agency = ''] = AGENCIES;
    const within = await index.byNumbers(['1', '2', 'x'], 300, [agency, 'H41.99']);
    const agencyOf = (code: string) => dossiers.find((one) => one.code === code)?.agency;
    expect(within.map(({ code }) => code)).toEqual(expected.filter((code) => agencyOf(code) === agency));
    expect(await index.byNumbers(['1', '2', 'x'], 300, [])).toEqual([]);
  });

  it('tells what happened to a dossier, oldest first, of all its systems', async () => {
    const gone = dossiers[50] as Made;
    expect(gone.deleted && gone.sectors.length === 2).toBe(true);
    const [history, none] = await index.history([gone.code, 'unknown']);
    expect(none).toEqual([]);
    expect(history?.map(({ version, change, sector }) => `${version} ${change} ${sector}`)).toEqual([
      ...['1 upsert land', '1 upsert one-stop', '2 delete land', '2 delete one-stop'],
    ]);
    expect(history?.[0]).toMatchObject({
      ...{ id: `land:${gone.code}:1`, code: gone.code, way: 'poll', recordedAt: gone.changedAt },
      ...{ statusNumber: gone.status, statusCode: `s${gone.status}`, occurredAt: gone.changedAt - 10 },
    });
  });

  it('shows a fault of a view with it', async () => {
    const faults = [{ field: 'dueAt', reason: 'expected a time, came a text of 3' }];
    tell(stage, event({ code: 'H41.09-261001-0001', faults }));
    await stage.project();
    expect((await index.views(['H41.09-261001-0001']))[0]).toMatchObject([{ faults }]);
    tell(stage, event({ code: 'H41.09-261001-0001', version: 2, view: null }));
    await stage.project();
    expect((await index.views(['H41.09-261001-0001']))[0]).toMatchObject([{ faults: [], deleted: true, view: null }]);
  });

  it('says how far capture has come: as far as the way that is furthest behind, kept for a moment', async () => {
    const { knex } = stage.database;
    const way = (sector: string, name: string, until: number | null, failing: number | null = null) =>
      knex('capture_way').insert({ sector, way: name, current_until: until, failing_since: failing, updated_at: 0 });
    await way('land', 'poll', 500);
    await way('land', 'push', 300, 40);
    await way('one-stop', 'poll', 900);
    await way('one-stop', 'files', null);
    const fresh = createDossierIndex(stage.database);
    const progress = await fresh.progress();
    expect(progress.get('land')).toEqual({ currentUntil: 300, failingSince: 40 });
    expect(progress.get('one-stop')).toEqual({ currentUntil: null, failingSince: null });
    await knex('capture_way').delete();
    expect(await fresh.progress()).toBe(progress);
    await expect.poll(async () => (await fresh.progress()).size, { timeout: 3_000 }).toBe(0);
  });

  it('finds a number that was typed into a name as one, and not by a few of its digits, however it was written', async () => {
    const request = { order: 'RECEIVED_DESC', first: 5, after: null } as const;
    const found = async (text: string) => {
      const { places } = await index.page({ ...request, filter: { words: indexWords(text) } });
      return places.map(({ code }) => code);
    };
    const code = 'H41.09-261001-0007';
    const written = ['001099009999', '001 099 009 999', '001.099.009.999', 'CCCD001099009999', '(001099-009999)'];
    for (const [place, typed] of written.entries()) {
      tell(stage, event({ code, version: place + 1, view: { applicantName: `Lý Vô Danh ${typed}` } }));
      await stage.project();
      expect(await found('vô danh 001099009999'), typed).toEqual([code]);
      // As many digits as a number has are looked for as one; the beginning of one may be that of a code.
      for (const part of ['001099009', '00109900999']) expect(await found(part), part).toEqual([code]);
      for (const part of ['0010', '001.0', '00109900', 'cccd0010', '009999', 'no 0010']) {
        expect(await found(part), `${part} of ${typed}`).not.toContain(code);
      }
    }
  });

  it('cuts words where it cut them when they were written', async () => {
    const long = 'a'.repeat(60);
    tell(stage, event({ code: 'H41.09-261001-0003', view: { applicantName: `${long} ${long}b` } }));
    await stage.project();
    expect((await rowsOf(stage, 'dossier_word')).some(({ word }) => word === 'a'.repeat(32))).toBe(true);
    const request = { order: 'RECEIVED_DESC', first: 5, after: null } as const;
    const { places } = await index.page({ ...request, filter: { words: indexWords(long) } });
    expect(places.map(({ code }) => code)).toEqual(['H41.09-261001-0003']);
  });
});

function onePart(filter: DossierFilter): DossierFilter {
  const [part] = Object.entries(filter).filter(([name, value]) => value !== undefined && name !== 'today');
  return { today: TODAY, ...(part !== undefined && { [part[0]]: part[1] }) };
}

/** The filter's words, said once more in plain code. */
function answers(one: Made, filter: DossierFilter): boolean {
  const { status, unmapped = false, words = [], overdue, applicantNumbers } = filter;
  const { receivedFrom = 0, receivedTo = Infinity, dueFrom, dueTo } = filter;
  if (one.deleted) return false;
  const isStated = one.status === null ? unmapped : (status ?? []).includes(one.status);
  if ((status !== undefined || unmapped) && !isStated) return false;
  if (filter.sector !== undefined && !one.sectors.includes(filter.sector)) return false;
  for (const part of ['agency', 'procedure', 'channel'] as const) {
    if (filter[part] !== undefined && filter[part] !== one[part]) return false;
  }
  if (filter.agencies !== undefined && !filter.agencies.includes(one.agency)) return false;
  if (applicantNumbers !== undefined && !applicantNumbers.includes(one.number)) return false;
  if (one.receivedAt < receivedFrom || one.receivedAt >= receivedTo) return false;
  if ((dueFrom !== undefined || dueTo !== undefined) && one.dueAt === null) return false;
  if (one.dueAt !== null && (one.dueAt < (dueFrom ?? 0) || one.dueAt >= (dueTo ?? Infinity))) return false;
  const isRunning = ![3, 5, 6, 7, 8, 9, 10].includes(one.status ?? 0);
  if (overdue !== undefined && overdue !== (isRunning && one.dueAt !== null && one.dueAt < TODAY)) return false;
  const own = indexWords(`${one.name} ${one.code}`);
  return words.every((word, place) =>
    own.some((other) => (place === words.length - 1 ? other.startsWith(word) : other === word)),
  );
}

function ordered(made: readonly Made[], order: DossierOrder): readonly string[] {
  const sign = order.endsWith('DESC') ? -1 : 1;
  const keyOf = (one: Made): number =>
    order === 'DUE_ASC' ? (one.dueAt ?? Infinity) : order === 'CHANGED_DESC' ? one.changedAt : one.receivedAt;
  const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...made]
    .sort((a, b) => sign * compare(keyOf(a), keyOf(b)) || sign * compare(a.code, b.code))
    .map(({ code }) => code);
}
