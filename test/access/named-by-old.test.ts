import { type GraphQLResolveInfo, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { Identity } from '../../resolvers/identity.ts';
import { createOperation, type Operation } from '../../resolvers/operation.ts';
import {
  certainPairs,
  isNamedByOld,
  ownNumbersAmong,
  subjectsOf,
  withOtherBearers,
} from '../../resolvers/own-numbers.ts';
import { buildSchema } from '../../resolvers/schema.ts';
import { openHouse } from '../resolvers/small-house.ts';
import { openAccess } from '../support/open-access.ts';

const HOA = '001085004213';
const HOA_OLD = '011985421';
/** A system states it for Hoà, and nobody remembers it as his alone. */
const HOA_OTHER = '022222222';
const OTHERS = '001090001111';
const NAME = 'Nguyễn Văn Hoà';

const access = { ...openAccess(), ownNumber: HOA, ownOldNumbers: new Set([HOA_OLD]) };
const operation: Pick<Operation, 'access'> = { access };
const identity = (...numbers: readonly string[]): Identity => ({
  ...{ asked: [HOA], numbers, canonical: HOA, failures: [], unreadable: [], shared: new Set<string>() },
  statements: [
    {
      ...{ sector: 'civil-status', personalNumbers: numbers, fullName: NAME, birthDate: '1985-03-14' },
      ...{ gender: null, asOf: null },
    },
  ],
});
const named = (fullName: string, ...personalNumbers: readonly string[]) => ({
  ...{ personalNumbers, fullName, birthDate: null },
});
const HIM = identity(HOA, HOA_OLD, HOA_OTHER);

describe('Somebody is named by their old number', () => {
  it('where it stands with their name, be it beside another', () => {
    expect(isNamedByOld(operation, HIM, [named(NAME, HOA_OLD)])).toBe(true);
    expect(isNamedByOld(operation, HIM, [named(NAME, HOA_OLD, '033333333')])).toBe(true);
    expect(isNamedByOld(operation, HIM, [named('Lê Thị Châu', HOA_OLD)])).toBe(false);
  });

  it('and by no number that is not remembered as theirs alone', () => {
    expect(isNamedByOld(operation, HIM, [named(NAME, HOA_OTHER)])).toBe(false);
  });

  it('and by nothing that names nobody', () => {
    for (const one of [HIM, identity(HOA)]) {
      expect(isNamedByOld(operation, one, [])).toBe(false);
      expect(isNamedByOld(operation, one, [named(NAME)])).toBe(false);
    }
  });
});

describe('The numbers by which something that names people is of whoever asks for themself', () => {
  const house = openHouse([
    { sector: 'civil-status', rank: 1, people: [{ numbers: [HOA, HOA_OLD], name: NAME, birthDate: '1985-03-14' }] },
  ]);
  const among = async (people: readonly ReturnType<typeof named>[], whose: Partial<Operation['access']> = access) => {
    house.calls.length = 0;
    const asking = createOperation(house.registry, {
      caller: { actor: 'test', requestId: 'test' },
      access: { ...access, ...whose },
      signal: new AbortController().signal,
    });
    const [definition] = parse('{ sectors { id } }').definitions;
    const info = { schema: buildSchema(house.registry, []), operation: definition, fragments: {} };
    asking.begin(info as unknown as GraphQLResolveInfo);
    return { numbers: await ownNumbersAmong(asking, people), isAsked: house.calls.length > 0 };
  };

  it('are all of theirs where an old one stands there with their name, and none where it is another’s', async () => {
    for (const people of [[named(NAME, HOA_OLD)], [named(NAME, HOA_OLD, '033333333'), named('Lê Thị Châu', OTHERS)]]) {
      expect(await among(people)).toEqual({ numbers: [HOA, HOA_OLD], isAsked: true });
    }
    expect(await among([named('Lê Thị Châu', HOA_OLD)])).toEqual({ numbers: [], isAsked: true });
  });

  it('are none, and no system is asked, where no old number leaves a question', async () => {
    const none = { numbers: [], isAsked: false };
    expect(await among([named(NAME, HOA, HOA_OLD)])).toEqual(none);
    expect(await among([named(NAME, OTHERS)])).toEqual(none);
    expect(await among([])).toEqual(none);
    expect(await among([named(NAME, HOA_OLD)], { ownOldNumbers: new Set() })).toEqual(none);
    expect(await among([named(NAME, HOA_OLD)], { ownNumber: null })).toEqual(none);
  });
});

describe('An old number under which alone something of somebody was found', () => {
  let asked: string[] = [];
  const sharedOf = async (person: Identity, remembered: readonly string[] | Error, ...found: readonly string[][]) => {
    asked = [];
    const pairedNumbers = async (number: string) => {
      asked.push(number);
      if (remembered instanceof Error) throw remembered;
      return remembered;
    };
    const { shared, ...rest } = await withOtherBearers(person, found, pairedNumbers);
    expect(rest).toEqual({ ...person, shared: undefined });
    return [...shared];
  };

  it('is another’s too where one is remembered who is not they', async () => {
    expect(await sharedOf(HIM, [HOA, OTHERS], [HOA_OLD], [HOA])).toEqual([HOA_OLD]);
    expect(await sharedOf({ ...HIM, shared: new Set([HOA_OTHER]) }, [OTHERS], [HOA_OLD])).toEqual([HOA_OTHER, HOA_OLD]);
    expect(await sharedOf(HIM, [HOA, '033333333'], [HOA_OLD])).toEqual([]);
    expect(await sharedOf(HIM, [], [HOA_OLD])).toEqual([]);
    expect(asked).toEqual([HOA_OLD]);
  });

  it('is not asked about where it decides nothing', async () => {
    expect(await sharedOf(HIM, [OTHERS], [HOA, HOA_OLD], [OTHERS, HOA_OTHER], ['033333333'])).toEqual([]);
    expect(await sharedOf(identity(HOA_OLD), [OTHERS], [HOA_OLD])).toEqual([]);
    expect(await sharedOf({ ...HIM, shared: new Set([HOA_OLD]) }, [OTHERS], [HOA_OLD])).toEqual([HOA_OLD]);
    expect(asked).toEqual([]);
    for (const one of [HIM, identity(HOA_OLD)]) {
      expect(await withOtherBearers(one, [[HOA_OLD]], async () => [])).toBe(one);
    }
  });

  it('is not told to be theirs while nobody can say', async () => {
    await expect(sharedOf(HIM, new Error('gone'), [HOA_OLD])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

describe('What is remembered to be the same person’s', () => {
  const remembering = (known: Readonly<Record<string, readonly string[]>>) => {
    const asked: (readonly string[])[] = [];
    const of = async (numbers: readonly string[]) => {
      asked.push(numbers);
      return numbers.map((number) => known[number] ?? []);
    };
    return { asked, of };
  };

  it('is asked for back of those numbers alone that are remembered, and only where there is one', async () => {
    const pairs = remembering({ [HOA]: [HOA_OLD], [HOA_OLD]: [HOA] });
    expect(await certainPairs(pairs, [OTHERS, HOA])).toEqual([[], [HOA_OLD]]);
    expect(pairs.asked).toEqual([[OTHERS, HOA], [HOA_OLD]]);
    const nothing = remembering({});
    expect(await certainPairs(nothing, [OTHERS, HOA])).toEqual([[], []]);
    expect(nothing.asked).toEqual([[OTHERS, HOA]]);
  });

  it('is not asked who else held an old number where a dossier names nobody by one', async () => {
    const pairs = remembering({});
    await subjectsOf(pairs, [named(NAME, HOA)]);
    expect(pairs.asked).toEqual([[HOA]]);
  });
});

describe('The people of a dossier', () => {
  const pairs = {
    of: async (numbers: readonly string[]) =>
      numbers.map((number) => (number === HOA ? [HOA_OLD] : number === HOA_OLD ? [HOA] : [])),
  };

  it('have the numbers that it states and those remembered, and only these are told to be remembered', async () => {
    const people = async (...numbers: readonly string[]) => subjectsOf(pairs, [named(NAME, ...numbers)]);
    expect(await people(HOA)).toEqual({
      people: [named(NAME, HOA, HOA_OLD)],
      remembered: new Map([[HOA_OLD, HOA]]),
    });
    expect(await people(HOA, HOA_OLD)).toEqual({ people: [named(NAME, HOA, HOA_OLD)], remembered: new Map() });
    expect(await people()).toEqual({ people: [named(NAME)] });
  });
});
