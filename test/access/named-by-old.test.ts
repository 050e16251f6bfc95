import { describe, expect, it } from 'vitest';
import type { Identity } from '../../resolvers/identity.ts';
import type { Operation } from '../../resolvers/operation.ts';
import { isNamedByOld, subjectsOf } from '../../resolvers/own-numbers.ts';
import { openAccess } from '../support/open-access.ts';

const HOA = '001085004213';
const HOA_OLD = '011985421';
/** A system states it for Hoà, and nobody remembers it as his alone. */
const HOA_OTHER = '022222222';
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
