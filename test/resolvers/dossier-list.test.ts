import { afterEach, describe, expect, test } from 'vitest';
import type { DossierView, StatedStatus } from '../../core/dossier.ts';
import { type DossierHouse, openDossierHouse, type ToldSector } from './dossier-house.ts';
import { NOW, type System } from './small-house.ts';

const DAY = 86_400_000;
const person = { numbers: ['001085004213', '012345678'], name: 'Nguyễn Văn Ái', birthDate: '1985' };
const stranger = { numbers: ['001085004220'], name: 'Trần Thị Bình' };
const people: readonly System[] = [{ sector: 'one-stop', rank: 10, people: [person, stranger] }];
const at = (text: string) => Date.parse(`${text}+07:00`);
const status = (number: StatedStatus['number'], code = String(number)): StatedStatus => ({ code, number, title: null });

const HELD: readonly DossierView[] = [
  {
    ...{ code: 'H41.12-261101-0001', receivedAt: at('2026-11-01T00:00:00'), dueAt: at('2026-11-19T17:00:00') },
    ...{ status: status(4), statusAt: 1, channel: 'COUNTER', procedureCode: '1.012790', agencyCode: 'H41.07' },
    ...{ applicantName: 'Nguyễn Văn Ái', applicantNumbers: ['001085004213'] },
  },
  {
    ...{ code: 'H41.12-261102-0002', receivedAt: at('2026-11-02T23:59:59'), dueAt: at('2026-11-20T07:00:00') },
    ...{ status: status(2), statusAt: 1, channel: 'ONLINE', procedureCode: '1.001193', agencyCode: '000.00.03.H41' },
    ...{ applicantName: 'NGUYEN VAN AI', applicantNumbers: ['012345678'] },
  },
  {
    ...{ code: 'H41.13-261103-0003', receivedAt: at('2026-11-03T08:00:00') },
    ...{ status: status(null, 'lạ'), statusAt: 1, channel: 'POST', procedureCode: '9.999999' },
    ...{ applicantName: 'Trần Thị Bình', applicantNumbers: ['012345678'] },
  },
  {
    ...{ code: 'H41.13-261104-0004', receivedAt: at('2026-11-04T08:00:00'), dueAt: at('2026-11-10T08:00:00') },
    ...{ status: status(9), statusAt: 1, finishedAt: at('2026-11-09T08:00:00'), procedureCode: '1.012790' },
    ...{ applicantName: 'Công ty Hoà Bình', applicantNumbers: ['0100233488'] },
  },
];
const [FIRST, SECOND, THIRD, FOURTH] = HELD.map(({ code }) => code) as [string, string, string, string];
const counter: ToldSector = { sector: 'one-stop', role: 'reception', dossiers: HELD };
const land: ToldSector = {
  sector: 'land',
  role: 'course',
  dossiers: [{ code: FIRST, status: status(4), statusAt: 2 }],
};
const civil: ToldSector = { sector: 'civil-status', role: 'course' };
const BEHIND = { currentUntil: NOW - DAY };

let house: DossierHouse | undefined;

afterEach(async () => {
  await house?.close();
  house = undefined;
});

async function open(told: readonly ToldSector[] = [counter, land, civil]): Promise<DossierHouse> {
  house = await openDossierHouse(people, told);
  return house;
}

const QUERY = `query ($filter: DossierFilter, $orderBy: DossierOrder, $first: Int, $after: String) {
  dossiers(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    totalCount nodes { code } edges { cursor node { code } } missing { sector code }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

async function list(opened: DossierHouse, variables: Readonly<Record<string, unknown>> = {}) {
  const { data, errors } = await opened.ask(QUERY, variables);
  expect(errors).toEqual([]);
  const { nodes, ...page } = data.dossiers;
  return { ...page, codes: nodes.map(({ code }: { code: string }) => code) };
}

async function codesOf(filter: object, opened?: DossierHouse): Promise<readonly string[]> {
  return (await list(opened ?? (await open()), { filter })).codes;
}

async function refusal(variables: Readonly<Record<string, unknown>>, opened?: DossierHouse): Promise<string> {
  const { data, errors } = await (opened ?? (await open())).ask(QUERY, variables);
  expect(data).toEqual({ dossiers: null });
  expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT', retryable: false }]);
  return errors[0]?.message ?? '';
}

describe('The list of dossiers', () => {
  test('is all of them, newest first, with their number, and asks no system', async () => {
    const opened = await open();
    const { codes, totalCount, missing } = await list(opened);
    expect(codes).toEqual([FOURTH, THIRD, SECOND, FIRST]);
    expect([totalCount, missing]).toEqual([4, []]);
    expect(opened.calls).toEqual([]);
  });

  test.each([
    ['RECEIVED_ASC', [FIRST, SECOND, THIRD, FOURTH]],
    ['RECEIVED_DESC', [FOURTH, THIRD, SECOND, FIRST]],
    ['DUE_ASC', [FOURTH, FIRST, SECOND, THIRD]],
  ])('comes in the order %s, in pages that together are the whole of it', async (orderBy, expected) => {
    const opened = await open();
    const shown: string[] = [];
    let after: string | null = null;
    for (let turn = 0; turn < 6; turn++) {
      const page: Awaited<ReturnType<typeof list>> = await list(opened, { orderBy, first: 1, after });
      expect(page.pageInfo.hasPreviousPage).toBe(turn > 0);
      expect(page.pageInfo.startCursor).toBe(page.edges[0].cursor);
      shown.push(...page.codes);
      after = page.pageInfo.endCursor;
      if (!page.pageInfo.hasNextPage) break;
    }
    expect(shown).toEqual(expected);
  });

  test('begins with the latest change where that is asked for', async () => {
    const opened = await open();
    await opened.tell('land', { code: SECOND, view: { code: SECOND }, recordedAt: NOW + 1 });
    expect((await list(opened, { orderBy: 'CHANGED_DESC', first: 1 })).codes).toEqual([SECOND]);
  });

  test('counts only where a total is asked for, and no further than ten thousand', async () => {
    const opened = await open();
    const { index } = opened.registry;
    const asked: number[] = [];
    const count: typeof index.count = async (_, most) => {
      asked.push(most);
      return most;
    };
    Object.assign(opened.registry, { index: { ...index, count } });
    await opened.ask('{ dossiers { nodes { code } } }');
    expect(asked).toEqual([]);
    expect((await list(opened)).totalCount).toBeNull();
    expect(asked).toEqual([10_001]);
    Object.assign(opened.registry, { index: { ...index, count: async () => 10_000 } });
    expect((await list(opened)).totalCount).toBe(10_000);
  });

  test('is the same where nothing is filtered, ordered or begun with, said as null', async () => {
    const { codes, totalCount } = await list(await open(), { filter: null, orderBy: null, first: null, after: null });
    expect([codes, totalCount]).toEqual([[FOURTH, THIRD, SECOND, FIRST], 4]);
  });

  test('goes on behind the cursor of any dossier of it, and behind the last has nothing more', async () => {
    const opened = await open();
    const { edges, pageInfo } = await list(opened);
    expect(edges.map(({ node }: { node: { code: string } }) => node.code)).toEqual([FOURTH, THIRD, SECOND, FIRST]);
    expect(pageInfo.endCursor).toBe(edges[3].cursor);
    expect((await list(opened, { after: edges[1].cursor })).codes).toEqual([SECOND, FIRST]);
    expect(await list(opened, { after: edges[3].cursor })).toMatchObject({
      ...{ codes: [], totalCount: 4 },
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
    });
  });
});

describe('A filter of dossiers', () => {
  test.each<[filter: object, codes: readonly string[]]>([
    [{ status: ['PROCESSING'] }, [FIRST]],
    [{ status: ['PROCESSING', 'COMPLETED'] }, [FOURTH, FIRST]],
    [{ unmapped: true }, [THIRD]],
    [{ unmapped: false }, [FOURTH, SECOND, FIRST]],
    [{ sector: 'land' }, [FIRST]],
    [{ sector: 'one-stop', status: ['ACCEPTED'] }, [SECOND]],
    [{ agency: 'H41.03' }, [SECOND]],
    [{ agency: '000.00.07.H41' }, [FIRST]],
    [{ procedure: '1.012790.000.00.00.H41' }, [FOURTH, FIRST]],
    [{ channel: 'POST' }, [THIRD]],
    [{ overdue: true }, [FIRST]],
    [{ overdue: false }, [FOURTH, THIRD, SECOND]],
    [{ applicantId: '0100233488' }, [FOURTH]],
    [{}, [FOURTH, THIRD, SECOND, FIRST]],
    [{ status: null, text: null, applicantId: null, overdue: null }, [FOURTH, THIRD, SECOND, FIRST]],
  ])('%j finds what answers it', async (filter, codes) => {
    expect(await codesOf(filter)).toEqual(codes);
  });

  test.each<[filter: object, codes: readonly string[]]>([
    [{ receivedFrom: '2026-11-02', receivedTo: '2026-11-02' }, [SECOND]],
    [{ receivedFrom: '2026-11-03' }, [FOURTH, THIRD]],
    [{ receivedTo: '2026-11-01' }, [FIRST]],
    [{ dueFrom: '2026-11-20', dueTo: '2026-11-20' }, [SECOND]],
    [{ dueTo: '2026-11-19' }, [FOURTH, FIRST]],
  ])('%j takes whole days in Việt Nam, both included', async (filter, codes) => {
    expect(await codesOf(filter)).toEqual(codes);
  });

  test.each<[text: string, codes: readonly string[]]>([
    ['nguyen van', [SECOND, FIRST]],
    ['Ái NGUYỄN', [SECOND, FIRST]],
    ['hoà b', [FOURTH]],
    ['H41.12-261102-0002', [SECOND]],
    ['h41.13-2611', [FOURTH, THIRD]],
    [' h41.13 ', [FOURTH, THIRD]],
    ['khong ai', []],
  ])('by the text %j finds codes and names as a counter types them', async (text, codes) => {
    expect(await codesOf({ text })).toEqual(codes);
  });

  test.each<[filter: object, named: string]>([
    [{ status: [] }, 'filter.status'],
    [{ status: ['NEW'], unmapped: true }, 'unmapped'],
    [{ sector: 'xyz' }, 'filter.sector'],
    [{ agency: 'H99.99' }, 'filter.agency'],
    [{ procedure: '0.000000' }, 'filter.procedure'],
    [{ receivedFrom: '2026-11' }, 'filter.receivedFrom'],
    [{ dueTo: '2026' }, 'filter.dueTo'],
    [{ receivedFrom: '2026-11-02', receivedTo: '2026-11-01' }, 'receivedFrom'],
    [{ dueFrom: '2026-11-02', dueTo: '2026-11-01' }, 'dueFrom'],
    [{ text: ' - ' }, 'filter.text'],
    [{ text: 'a' }, 'filter.text'],
    [{ text: 'a '.repeat(101) }, 'filter.text'],
    [{ applicantId: '12' }, 'filter.applicantId'],
  ])('%j is refused with its reason', async (filter, named) => {
    expect(await refusal({ filter })).toContain(named);
  });
});

describe('Dossiers by applicant', () => {
  const FILTERS = ['001085004213', '012345678'];

  test.each(FILTERS)('are the same whichever of the person’s numbers is given: %s', async (applicantId) => {
    const found = await list(await open(), { filter: { applicantId } });
    // The third was handed in under the old number by somebody of another name.
    expect(found).toMatchObject({
      ...{ codes: [SECOND, FIRST], totalCount: null },
      missing: [{ sector: 'one-stop', code: 'AMBIGUOUS' }],
    });
  });

  test('under an old number that a later holder’s new one stands beside are left out, and then there is no total', async () => {
    const later = { code: 'H41.1-261101-0009', applicantNumbers: ['001085004220', '012345678'], receivedAt: 1 };
    const named = HELD.slice(0, 2);
    const opened = await open([{ ...counter, dossiers: [...named, later] }, land, civil]);
    const found = await list(opened, { filter: { applicantId: '001085004213' } });
    expect(found).toMatchObject({ codes: [SECOND, FIRST], totalCount: null, missing: [] });
  });

  test('are found by Citizen.id, too', async () => {
    const opened = await open();
    const { data } = await opened.ask('{ citizen(id: "001085004213") { id } }');
    expect(await codesOf({ applicantId: data.citizen.id }, opened)).toEqual([SECOND, FIRST]);
  });

  test('fill their pages although others’ dossiers lie between them, and end', async () => {
    const between = Array.from({ length: 7 }, (_, place) => ({
      ...{ code: `H41.50-261101-000${place}`, receivedAt: at('2026-11-02T00:00:00') + place },
      ...{ applicantName: 'Trần Thị Bình', applicantNumbers: ['012345678'] },
    }));
    const opened = await open([{ ...counter, dossiers: [...HELD, ...between] }]);
    const filter = { applicantId: '001085004213' };
    const whole = await list(opened, { filter, first: 2 });
    expect(whole.codes).toEqual([SECOND, FIRST]);
    expect(whole.pageInfo.hasNextPage).toBe(false);
  });

  test('are no more in a page than were asked for, although others’ dossiers lie between them', async () => {
    const day = (number: number, others: object) => ({
      ...{ code: `H41.50-26110${number}-0001`, receivedAt: at(`2026-11-0${number}T00:00:00`) },
      ...{ applicantName: 'Nguyễn Văn Ái', applicantNumbers: ['001085004213'], ...others },
    });
    const other = { applicantName: 'Trần Thị Bình', applicantNumbers: ['012345678'] };
    const dossiers = [day(9, {}), day(8, other), day(7, {}), day(6, {}), day(5, {})];
    const opened = await open([{ ...counter, dossiers }]);
    const { codes, pageInfo } = await list(opened, { filter: { applicantId: '001085004213' }, first: 2 });
    expect([codes, pageInfo.hasNextPage]).toEqual([['H41.50-261109-0001', 'H41.50-261107-0001'], true]);
  });

  test('are read twenty times at most for a page, which then ends where reading did, and the next goes on there', async () => {
    const between = Array.from({ length: 25 }, (_, place) => ({
      ...{ code: `H41.50-261105-00${place + 10}`, receivedAt: at('2026-11-05T00:00:00') + place },
      ...{ applicantName: 'Trần Thị Bình', applicantNumbers: ['012345678'] },
    }));
    const opened = await open([{ ...counter, dossiers: [...HELD, ...between] }]);
    const { index } = opened.registry;
    let turns = 0;
    const page: typeof index.page = (request) => {
      turns++;
      return index.page(request);
    };
    Object.assign(opened.registry, { index: { ...index, page } });
    const pageAfter = async (cursor: string | null) => {
      turns = 0;
      const filter = { applicantId: '001085004213' };
      const { codes, pageInfo } = await list(opened, { filter, first: 1, after: cursor });
      return { codes, more: pageInfo.hasNextPage, turns, end: pageInfo.endCursor };
    };
    const first = await pageAfter(null);
    expect(first).toEqual({ codes: [], more: true, turns: 20, end: expect.any(String) });
    const second = await pageAfter(first.end);
    expect(second).toEqual({ codes: [SECOND], more: true, turns: 7, end: expect.any(String) });
    expect(await pageAfter(second.end)).toMatchObject({ codes: [FIRST], more: false, turns: 1 });
  });

  test('may be more than are found while a system of people does not answer', async () => {
    const known = [{ sector: 'one-stop', rank: 10, people: [{ ...person, numbers: ['001085004213'] }] }];
    const silent = { sector: 'land', rank: 20, people: [], down: true };
    house = await openDossierHouse([...known, silent], [counter]);
    expect(await list(house, { filter: { applicantId: '001085004213' } })).toMatchObject({
      ...{ codes: [FIRST], totalCount: null },
      missing: [{ sector: 'land', code: 'IDENTIFIERS_INCOMPLETE' }],
    });
  });

  // Only so many are sorted out; what lay behind them was listed as the person's, whoever had handed it in.
  test('are those under the new number alone where too many were handed in under the old one to tell whose they are', async () => {
    const opened = await open();
    const { index } = opened.registry;
    const place = { receivedAt: 1, applicantName: 'Nguyễn Văn Ái', applicantNumbers: ['012345678'] };
    const many = Array.from({ length: 5_001 }, (_, number) => ({ ...place, code: `H41-${number}` }));
    const asked: (readonly string[])[] = [];
    const byNumbers: typeof index.byNumbers = async (numbers) => {
      asked.push(numbers);
      return many;
    };
    Object.assign(opened.registry, { index: { ...index, byNumbers } });
    expect(await list(opened, { filter: { applicantId: '001085004213' } })).toMatchObject({
      ...{ codes: [FIRST], totalCount: null },
      missing: [{ sector: 'one-stop', code: 'SEARCH_TOO_BROAD' }],
    });
    // Under the new number nobody else handed anything in: there is nothing to sort out.
    expect(asked).toEqual([['012345678']]);
  });

  test('whom no system of people knows are those that state the number', async () => {
    const opened = await open();
    await opened.tell('one-stop', { code: 'H41.1-261101-0001', applicantNumbers: ['001099000001'], receivedAt: 1 });
    expect(await codesOf({ applicantId: '001099000001' }, opened)).toEqual(['H41.1-261101-0001']);
  });
});

describe('A cursor of the list', () => {
  test('goes on in the list of its filter and order and in no other', async () => {
    const opened = await open();
    const filter = { procedure: '1.012790' };
    const { pageInfo } = await list(opened, { filter, first: 1 });
    const after = pageInfo.endCursor;
    expect((await list(opened, { filter: { procedure: '1.012790.000.00.00.H41' }, after })).codes).toEqual([FIRST]);
    for (const other of [{ filter: {} }, { filter: { ...filter, channel: 'POST' } }, { filter, orderBy: 'DUE_ASC' }]) {
      expect(await refusal({ ...other, after }, opened)).toContain('after');
    }
  });

  test('of one applicant does not open another’s list', async () => {
    const opened = await open();
    const { pageInfo } = await list(opened, { filter: { applicantId: '001085004213' }, first: 1 });
    const variables = { filter: { applicantId: '001085004220' }, after: pageInfo.endCursor };
    expect(await refusal(variables, opened)).toContain('after');
  });

  test.each([{ first: 0 }, { first: 101 }, { after: 'x' }])(
    'or a size that cannot be is refused: %j',
    async (variables) => {
      await refusal(variables);
    },
  );
});

describe('A system whose changes are captured late', () => {
  const gaps = async (filter: object, told: readonly ToldSector[]) => {
    const { missing, totalCount } = await list(await open(told), { filter });
    expect(totalCount === null).toBe(missing.length > 0);
    return missing.map(({ sector, code }: { sector: string; code: string }) => `${sector} ${code}`);
  };

  test('is missing from every list where dossiers are born in it, and the list has no total', async () => {
    expect(await gaps({}, [{ ...counter, ...BEHIND }, land])).toEqual(['one-stop INDEX_STALE']);
  });

  test('and only works on dossiers is missing where what changed last comes first', async () => {
    const { missing } = await list(await open([counter, { ...land, ...BEHIND }]), { orderBy: 'CHANGED_DESC' });
    expect(missing).toEqual([{ sector: 'land', code: 'INDEX_STALE' }]);
  });

  test.each<[filter: object, missing: readonly string[]]>([
    [{}, []],
    [{ channel: 'POST' }, []],
    [{ status: ['PROCESSING'] }, ['land INDEX_STALE']],
    [{ overdue: true }, ['land INDEX_STALE']],
    [{ unmapped: true }, ['land INDEX_STALE']],
    [{ sector: 'land' }, ['land INDEX_STALE']],
    [{ sector: 'civil-status' }, []],
    [{ status: ['PROCESSING'], procedure: '1.012790' }, ['land INDEX_STALE']],
    [{ status: ['PROCESSING'], procedure: '1.001193' }, []],
  ])('and only works on dossiers is missing where its word matters: %j', async (filter, missing) => {
    expect(await gaps(filter, [counter, { ...land, ...BEHIND }, civil])).toEqual(missing);
  });
});
