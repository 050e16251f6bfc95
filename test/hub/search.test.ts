import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folded } from '../../stand-ins/world/text.ts';
import { dataOf, errorsOf } from '../support/answer.ts';
import { openProvince, type Province } from '../support/province.ts';

let province: Province;

beforeAll(async () => {
  province = await openProvince();
});

afterAll(() => province.close());

const PEOPLE = 'totalCount nodes { id fullName birthDate personalNumbers } missing { sector code retryable }';
const search = (variables: Readonly<Record<string, unknown>>, fields = PEOPLE, from = province) =>
  from.ask(
    `query ($name: String!, $birthDate: PartialDate, $first: Int = 100, $after: String) {
      citizens(name: $name, birthDate: $birthDate, first: $first, after: $after) { ${fields} } }`,
    variables,
  );

interface Found {
  readonly id: string;
  readonly fullName: string;
  readonly birthDate: string;
  readonly personalNumbers: readonly string[];
}

async function numbersFound(variables: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  const { nodes } = dataOf(await search(variables)).citizens;
  return nodes.flatMap((one: Found) => one.personalNumbers);
}

const numberOf = (index: number) => province.world.person(index).personalNumber;

describe('A search by name', () => {
  it.each([
    'Nguyễn Văn Hoà',
    'nguyen van hoa',
    'NGUYỄN VĂN HÒA',
    '  Nguyễn   Văn Hoà ',
    'Nguyễn Văn Hoà'.normalize('NFD'),
    'nguyễn văn h',
  ])('finds the demo person however it is typed: %j', async (name) => {
    expect(await numbersFound({ name })).toContain('001085004213');
  });

  it('takes diacritics at their word where they are typed', async () => {
    expect(await numbersFound({ name: 'Nguyễn Văn Hoá' })).not.toContain('001085004213');
    expect(await numbersFound({ name: 'Nguyên Văn Hoà' })).not.toContain('001085004213');
  });

  it.each([
    [42, "Kpă H'Mai"],
    [42, 'kpa hmai'],
    [42, 'Kpă H’Mai'],
    [42, "h'mai"],
    [41, 'Kpă HLiơ'],
    [236, 'Y Tlur Êñuôl'],
    [236, 'y tlur enuol'],
    [237, "H'Ngăm Kbuôr"],
    [237, 'H’ngam kbuor'],
    [81, 'Y Nhrơh'],
    [81, 'y nhroh'],
  ])('finds minority names with and without apostrophes and marks: person %i by %j', async (index, name) => {
    expect(await numbersFound({ name })).toContain(numberOf(index));
  });

  it('finds everybody whom a searchable system holds under that name and nobody else', async () => {
    const { world } = province;
    const adults = Array.from({ length: 300 }, (_, index) => index).filter(
      (index) => world.person(index).birthDate < '2012',
    );
    for (const index of [0, 8, 40, 44, 77, 101, 120, 160, 201, 299]) {
      const wanted = folded(world.identityIn('one-stop', index).name);
      const expected = adults.filter((one) => folded(world.identityIn('one-stop', one).name) === wanted);
      const { nodes } = dataOf(await search({ name: wanted })).citizens;
      const ids = nodes.map(({ personalNumbers }: Found) => personalNumbers[0]);
      expect(ids, wanted).toEqual(expect.arrayContaining(expected.map((one) => numberOf(one))));
      for (const { fullName } of nodes) expect(folded(fullName)).toContain(wanted);
    }
  });

  it('is narrowed by a whole birth date, and by its year also finds those of whom the day is known', async () => {
    expect(await numbersFound({ name: 'nguyen van hoa', birthDate: '1985-03-14' })).toContain('001085004213');
    expect(await numbersFound({ name: 'nguyen van hoa', birthDate: '1985-03' })).toContain('001085004213');
    expect(await numbersFound({ name: 'nguyen van hoa', birthDate: '1985' })).toContain('001085004213');
    expect(await numbersFound({ name: 'nguyen van hoa', birthDate: '1985-03-15' })).not.toContain('001085004213');
    expect(await numbersFound({ name: 'nguyen van hoa', birthDate: '1986' })).not.toContain('001085004213');
  });

  it('finds by the whole date those of whom papers know the year only', async () => {
    const { world } = province;
    const yearOnly = Array.from({ length: 300 }, (_, index) => index).filter(
      (index) =>
        world.identityIn('one-stop', index).birthDate.length === 4 && world.person(index).personalNumber !== undefined,
    );
    expect(yearOnly.length).toBeGreaterThan(5);
    for (const index of yearOnly.slice(0, 5)) {
      const name = folded(world.person(index).name);
      expect(await numbersFound({ name, birthDate: world.person(index).birthDate }), name).toContain(numberOf(index));
    }
  });

  it.each(['', ' ', 'h', '%', '__', "'; drop", '123'])('needs two letters: %j', async (name) => {
    const answer = await search({ name });
    if (name === "'; drop") expect(dataOf(answer).citizens.nodes).toEqual([]);
    else expect(errorsOf(answer)).toEqual([{ path: 'citizens', code: 'BAD_USER_INPUT', retryable: false }]);
  });
});

describe('A page of people', () => {
  it('goes on after its last one, in the order of names, until everybody was shown once', async () => {
    const whole: Found[] = dataOf(await search({ name: 'nguyen', first: 100 })).citizens.nodes;
    expect(whole.length).toBeGreaterThan(20);
    const shown: Found[] = [];
    let after: string | null = null;
    for (let page = 0; page < 50; page += 1) {
      const fields = `${PEOPLE} pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } }`;
      const { citizens } = dataOf(await search({ name: 'nguyen', first: 7, after }, fields));
      shown.push(...citizens.nodes);
      expect(citizens.pageInfo.hasPreviousPage).toBe(page > 0);
      expect(citizens.edges.at(-1).cursor).toBe(citizens.pageInfo.endCursor);
      after = citizens.pageInfo.endCursor;
      if (!citizens.pageInfo.hasNextPage) break;
    }
    expect(shown.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
    const given = shown.map(({ fullName }) => fullName.normalize('NFC').trim().split(/\s+/).at(-1) ?? '');
    expect(given).toEqual([...given].sort(new Intl.Collator('vi').compare));
  });

  it.each([{ first: 0 }, { first: 101 }, { first: -1 }, { after: 'abc' }, { after: '' }])(
    'refuses a size or a cursor that it did not give out: %j',
    async (args) => {
      const answer = await search({ name: 'nguyen', ...args });
      expect(errorsOf(answer)).toEqual([{ path: 'citizens', code: 'BAD_USER_INPUT', retryable: false }]);
    },
  );

  it('takes no cursor of another list', async () => {
    const dossiers = dataOf(
      await province.ask('{ citizen(id: "001085004213") { dossiers(first: 1) { pageInfo { endCursor } } } }'),
    ).citizen.dossiers;
    const answer = await search({ name: 'nguyen', after: dossiers.pageInfo.endCursor });
    expect(errorsOf(answer)).toEqual([{ path: 'citizens', code: 'BAD_USER_INPUT', retryable: false }]);
  });
});

describe('What a search cannot list is told', () => {
  it('people without a number are NUMBER_MISSING of their system, and there is no totalCount', async () => {
    const { world } = province;
    const held = ['land', 'one-stop'] as const;
    const numberless = held.flatMap((system) =>
      Array.from({ length: 300 }, (_, index) => ({ system, index })).filter(({ index }) => {
        const { personalNumber, oldNumber, birthDate } = world.identityIn(system, index);
        const isHeld = system === 'land' ? index % 4 < 2 : birthDate < '2012';
        return isHeld && personalNumber === undefined && oldNumber === undefined;
      }),
    );
    expect(numberless.length).toBeGreaterThan(0);
    for (const { system, index } of numberless) {
      const { citizens } = dataOf(await search({ name: folded(world.person(index).name) }));
      expect(citizens.missing).toContainEqual({ sector: system, code: 'NUMBER_MISSING', retryable: false });
      expect(citizens.totalCount).toBeNull();
    }
  });

  it('two people under one nine-digit number are a gap and not the first of them', async () => {
    const { world } = province;
    const [[first = 0] = []] = world.sharedOldNumbers;
    const { citizens } = dataOf(await search({ name: folded(world.person(first).name) }));
    const people = citizens.nodes.filter(({ personalNumbers }: Found) => personalNumbers[0] === numberOf(first));
    expect(people).toHaveLength(1);
  });

  it('a system that holds more than a search may bring says SEARCH_TOO_BROAD', async () => {
    const small = await openProvince({ citizens: 120, dossiers: 60, environment: { SEARCH_HITS: '5' } });
    try {
      const { citizens } = dataOf(await search({ name: 'nguyen' }, PEOPLE, small));
      const broad = citizens.missing.filter(({ code }: { code: string }) => code === 'SEARCH_TOO_BROAD');
      expect(broad.map(({ sector }: { sector: string }) => sector).sort()).toContain('one-stop');
      expect(citizens.totalCount).toBeNull();
      expect(citizens.nodes.length).toBeGreaterThan(0);
    } finally {
      await small.close();
    }
  });
});
