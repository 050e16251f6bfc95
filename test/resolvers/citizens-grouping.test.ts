import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTwelve } from '../../core/access/bearers.ts';
import { groupHits } from '../../resolvers/search-citizens.ts';
import { openHouse, type System } from './small-house.ts';

const A12 = '001085004213';
const B12 = '001190000042';
const C12 = '002190000043';
const NINE = '012345678';
const NINE_2 = '023456789';

const statement = { sector: 'land', personalNumbers: [], fullName: 'A', birthDate: null, gender: null, asOf: 0 };
const group = (...numbers: readonly (readonly string[])[]) =>
  groupHits(numbers.map((one) => ({ statement, numbers: one })));

describe('hits of a search are put together by exact numbers', () => {
  test.each<[string, string[][], string[][]]>([
    ['nothing found is nobody', [], []],
    ['one 12-digit number is one person', [[A12], [A12]], [[A12]]],
    ['an old number goes with the new one it was stated with', [[A12, NINE], [NINE]], [[A12, NINE]]],
    ['in whatever order they came', [[NINE], [NINE, A12]], [[A12, NINE]]],
    [
      'an old number never ties two new ones',
      [
        [A12, NINE],
        [B12, NINE],
      ],
      [
        [A12, NINE],
        [B12, NINE],
      ],
    ],
    [
      'an old number of two people stands alone as well',
      [[A12, NINE], [B12, NINE], [NINE]],
      [[A12, NINE], [B12, NINE], [NINE]],
    ],
    ['old numbers of nobody known are each alone', [[NINE], [NINE_2]], [[NINE], [NINE_2]]],
    [
      'numbers of several systems are gathered',
      [
        [A12, NINE],
        [A12, NINE_2],
      ],
      [[A12, NINE, NINE_2]],
    ],
  ])('%s', (_, hits, expected) => {
    expect(group(...hits)).toEqual(expected);
  });

  const number = fc.constantFrom(A12, B12, C12, NINE, NINE_2);
  const hits = fc.array(
    fc.uniqueArray(number, { minLength: 1, maxLength: 3 }).filter((numbers) => numbers.filter(isTwelve).length < 2),
    { maxLength: 8 },
  );

  test('no group holds two people’s 12-digit numbers, and every number found is in one', () => {
    fc.assert(
      fc.property(hits, (found) => {
        const groups = group(...found);
        for (const numbers of groups) expect(numbers.filter(isTwelve).length).toBeLessThanOrEqual(1);
        expect(new Set(groups.flat())).toEqual(new Set(found.flat()));
        const twelves = groups.flatMap((numbers) => numbers.filter(isTwelve));
        expect(new Set(twelves).size).toBe(twelves.length);
      }),
    );
  });

  test('the order of the hits does not matter', () => {
    const sorted = (found: readonly (readonly string[])[]) =>
      group(...found)
        .map((numbers) => [...numbers].sort().join(' '))
        .sort();
    fc.assert(
      fc.property(
        hits.chain((found) => fc.tuple(fc.constant(found), fc.shuffledSubarray(found, { minLength: found.length }))),
        ([found, shuffled]) => {
          expect(sorted(shuffled)).toEqual(sorted(found));
        },
      ),
    );
  });
});

describe('searching through the API', () => {
  const ALL = '{ nodes { fullName personalNumbers } totalCount missing { sector code retryable } }';
  const search = (systems: readonly System[], name: string, others = '') =>
    openHouse(systems).ask(`query ($name: String!) { citizens(name: $name${others}) ${ALL} }`, { name });
  const land = (people: System['people'], others: Partial<System> = {}): System => ({
    sector: 'land',
    rank: 40,
    searchable: true,
    people,
    ...others,
  });
  const desk = (people: System['people'], others: Partial<System> = {}): System => ({
    ...land(people, others),
    sector: 'one-stop',
    rank: 20,
  });
  const names = ({ data }: { data: { citizens: { nodes: { fullName: string }[] } } }) =>
    data.citizens.nodes.map(({ fullName }) => fullName);

  test('a person whom several systems hold under different numbers and spellings is found once', async () => {
    const { data, errors } = await search(
      [
        land([{ numbers: [A12, NINE], name: 'NGUYEN VAN AI', birthDate: '1985' }]),
        desk([{ numbers: [NINE], name: 'Nguyễn Văn Ái', birthDate: '1985-07-12' }]),
      ],
      'nguyen ai',
    );
    expect(errors).toEqual([]);
    expect(data.citizens).toEqual({
      nodes: [{ fullName: 'Nguyễn Văn Ái', personalNumbers: [A12, NINE] }],
      totalCount: 1,
      missing: [],
    });
  });

  test('people come by their given names, in the order of the Vietnamese alphabet', async () => {
    const people = ['Lê Dung', 'Lê Đức', 'Lê An'].map((name, place) => ({ numbers: [`00108500421${place}`], name }));
    expect(names(await search([land(people)], 'lê'))).toEqual(['Lê An', 'Lê Dung', 'Lê Đức']);
  });

  test('people of one name come by their date of birth, and of one date by their number', async () => {
    const people = [
      { numbers: [C12], name: 'Lê An', birthDate: '1990' },
      { numbers: [B12], name: 'Lê An', birthDate: '1985' },
      { numbers: [A12], name: 'Lê An', birthDate: '1990' },
    ];
    const found = async (order: readonly number[]) => {
      const { data } = await search([land(order.map((place) => people[place] as (typeof people)[number]))], 'lê');
      return data.citizens.nodes.map(({ personalNumbers: [number] }: { personalNumbers: string[] }) => number);
    };
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
    ])
      expect(await found(order)).toEqual([B12, A12, C12]);
  });

  test('a system that brings more than was meant is held to what was typed', async () => {
    const people = [
      { numbers: [A12], name: 'Trần Thị Hòa' },
      { numbers: [B12], name: 'Trần Thị Hoa' },
    ];
    expect(names(await search([land(people)], 'hòa'))).toEqual(['Trần Thị Hòa']);
    expect(names(await search([land(people)], 'hoa'))).toHaveLength(2);
  });

  test('a birth date narrows as far as it is known', async () => {
    const people = [
      { numbers: [A12], name: 'Lê A', birthDate: '1985-07-12' },
      { numbers: [B12], name: 'Lê B', birthDate: '1985' },
      { numbers: [C12], name: 'Lê C', birthDate: '1990' },
    ];
    expect(names(await search([land(people)], 'lê', ', birthDate: "1985"'))).toEqual(['Lê A', 'Lê B']);
    expect(names(await search([land(people)], 'lê', ', birthDate: "1985-07-13"'))).toEqual(['Lê B']);
  });

  test('an old number that two people held is a gap, and both are listed by their new ones', async () => {
    const people = [
      { numbers: [A12, NINE], name: 'Lê A', birthDate: '1985' },
      { numbers: [B12, NINE], name: 'Lê B', birthDate: '1990' },
      { numbers: [NINE], name: 'Lê C' },
    ];
    const { data } = await search([land(people)], 'lê');
    expect(data.citizens).toMatchObject({
      nodes: [{ fullName: 'Lê A' }, { fullName: 'Lê B' }],
      totalCount: null,
      missing: [{ code: 'AMBIGUOUS', retryable: false }],
    });
  });

  test('a system that is down is named, and what the others found is listed', async () => {
    const { data } = await search([land([{ numbers: [A12], name: 'Lê A' }]), desk([], { down: true })], 'lê');
    expect(data.citizens).toMatchObject({
      nodes: [{ fullName: 'Lê A' }],
      totalCount: null,
      missing: expect.arrayContaining([{ sector: 'one-stop', code: 'SOURCE_UNAVAILABLE', retryable: true }]),
    });
  });

  test('people without a number are told of, and cannot be listed', async () => {
    const { data } = await search(
      [
        land([
          { numbers: [], name: 'Lê A' },
          { numbers: [], name: 'Lê B' },
        ]),
      ],
      'lê',
    );
    expect(data.citizens).toEqual({
      nodes: [],
      totalCount: null,
      missing: [{ sector: 'land', code: 'NUMBER_MISSING', retryable: false }],
    });
  });

  test.each(['', 'a', ' 1234 ', '--', 'a1'])('%j is too little to search by', async (name) => {
    const { errors } = await search([land([])], name);
    expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT', message: 'name: expected at least two letters' }]);
  });

  describe('what went wrong once', () => {
    // The old number is put into the group of the one person who states both; the other is dropped by the birth date.
    test('someone found under an old number that another held is listed or told of', async () => {
      const { data } = await search(
        [
          land([{ numbers: [A12, NINE], name: 'Lê A', birthDate: '1985' }]),
          desk([{ numbers: [NINE], name: 'Lê B', birthDate: '1990' }]),
        ],
        'lê',
      );
      expect(data.citizens.nodes.length + data.citizens.missing.length).toBeGreaterThan(1);
    });

    test('someone whose number cannot be read is SOURCE_MALFORMED: it is not missing', async () => {
      const { data } = await search([land([{ numbers: ['1085'], name: 'Lê A' }])], 'lê');
      expect(data.citizens.missing).toMatchObject([{ code: 'SOURCE_MALFORMED' }]);
    });

    test.each([
      ['name', { numbers: [A12], name: {}, birthDate: '1985' }],
      ['birth date', { numbers: [A12], name: 'Lê A', birthDate: '31/02/1985' }],
    ])('someone whose %s cannot be read is told of', async (_, person) => {
      const { data } = await search([land([person])], 'lê', ', birthDate: "1985"');
      expect(data.citizens.missing).toMatchObject([{ code: 'SOURCE_MALFORMED' }]);
    });

    test('a search that brings exactly as many as it may, and no more, has brought all', async () => {
      const people = Array.from({ length: 100 }, (_, place) => ({
        numbers: [`0010850${String(place).padStart(5, '0')}`],
        name: 'Lê A',
      }));
      const { data } = await search([land(people)], 'lê');
      expect(data.citizens).toMatchObject({ totalCount: 100, missing: [] });
    });

    test('someone known by an old number alone is not listed while a system that may know more does not answer', async () => {
      const { data } = await search([land([{ numbers: [NINE], name: 'Lê A' }]), desk([], { down: true })], 'lê');
      expect(data.citizens.missing).toContainEqual({
        sector: 'one-stop',
        code: 'IDENTIFIERS_INCOMPLETE',
        retryable: true,
      });
    });

    test('someone whose new number is known is listed beside an old one, though a system that may know more does not answer', async () => {
      const { data } = await search([land([{ numbers: [A12, NINE], name: 'Lê A' }]), desk([], { down: true })], 'lê');
      expect(data.citizens.nodes).toHaveLength(1);
      expect(data.citizens.missing).toEqual([{ sector: 'one-stop', code: 'SOURCE_UNAVAILABLE', retryable: true }]);
    });

    test('a cursor of one search does not open in another', async () => {
      const house = openHouse([
        land([
          { numbers: [A12], name: 'Lê A' },
          { numbers: [B12], name: 'Trần B' },
        ]),
      ]);
      const { data } = await house.ask('{ citizens(name: "lê", first: 1) { pageInfo { endCursor } } }');
      const { errors } = await house.ask(
        'query ($after: String) { citizens(name: "trần", after: $after) { totalCount } }',
        {
          after: data.citizens.pageInfo.endCursor,
        },
      );
      expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
    });
  });
});
