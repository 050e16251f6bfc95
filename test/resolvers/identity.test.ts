import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTwelve } from '../../core/access/bearers.ts';
import { HubError } from '../../core/errors.ts';
import { mayMissNumbers, type Statement } from '../../resolvers/identity.ts';
import { joinStatements } from '../../resolvers/same-person.ts';
import { A12, B12, C12, NINE, NINE_2, permutations, says, YOUNG } from './people.ts';
import { openHouse, type System } from './small-house.ts';

const ambiguous = expect.objectContaining({ code: 'AMBIGUOUS' });
const failure = new HubError('SOURCE_TIMEOUT', 'late', { sector: 'land' });

describe('asked by 12 digits', () => {
  test('every number its statements tie to it is the person’s, the new ones first', () => {
    const { numbers, canonical } = joinStatements([A12], [says([NINE, A12]), says([A12, NINE_2])]);
    expect(numbers).toEqual([A12, NINE, NINE_2]);
    expect(canonical).toBe(A12);
  });

  test('another person under the same old number is left out, and the number is known as shared', () => {
    const { statements, shared, numbers } = joinStatements(
      [A12, NINE],
      [says([A12, NINE], '1985'), says([B12, NINE], '1990')],
    );
    expect(statements).toHaveLength(1);
    expect(numbers).toEqual([A12, NINE]);
    expect([...shared]).toEqual([NINE]);
  });

  test('an old statement without the new number is the same person’s unless its birth date contradicts', () => {
    const own = says([A12, NINE], '1985-07-12');
    expect(joinStatements([A12, NINE], [own, says([NINE], '1985')]).statements).toHaveLength(2);
    expect(joinStatements([A12, NINE], [own, says([NINE])]).statements).toHaveLength(2);
    const { statements, shared } = joinStatements([A12, NINE], [own, says([NINE], '1985-07-13')]);
    expect(statements).toEqual([own]);
    expect([...shared]).toEqual([NINE]);
  });

  test('systems that write the birth date differently under the same 12 digits are one person', () => {
    const twice = [says([A12, NINE], '1985-07-12'), says([A12], '1958-12-07')];
    expect(joinStatements([A12], twice).statements).toHaveLength(2);
    // Either date is one that the person is known by.
    const { statements, failures } = joinStatements([A12, NINE], [...twice, says([NINE], '1958-12-07')]);
    expect([statements.length, failures]).toEqual([3, []]);
  });

  test('old statements that contradict each other are nobody’s where none is certainly the person’s', () => {
    const own = says([A12, NINE]);
    const { statements, shared } = joinStatements([A12, NINE], [own, says([NINE], '1985'), says([NINE], '1990')]);
    expect(statements).toEqual([own]);
    expect([...shared]).toEqual([NINE]);
    expect(joinStatements([A12, NINE], [own, says([NINE], '1985'), says([NINE])]).statements).toHaveLength(3);
  });
});

describe('asked by 9 digits', () => {
  test('one person’s statements bring the 12 digits along', () => {
    const { numbers, canonical } = joinStatements([NINE], [says([NINE], '1985'), says([A12, NINE], '1985-07-12')]);
    expect(numbers).toEqual([A12, NINE]);
    expect(canonical).toBe(A12);
  });

  test.each<[string, readonly Statement[]]>([
    ['two 12-digit numbers', [says([A12, NINE]), says([B12, NINE])]],
    ['two 12-digit numbers in one statement', [says([A12, B12, NINE])]],
    ['birth dates that cannot both be true', [says([NINE], '1985'), says([NINE], '1990')]],
    ['days of one year that differ', [says([NINE], '1985-07-12'), says([NINE], '1985-07-13')]],
    ['a contradiction to the one with 12 digits', [says([NINE], '1990'), says([A12, NINE], '1985')]],
  ])('%s are AMBIGUOUS, in whatever order', (_, statements) => {
    for (const order of permutations(statements)) expect(() => joinStatements([NINE], order)).toThrow(ambiguous);
  });

  test('a birth date that is not known, or cannot be read, contradicts nothing', () => {
    const statements = [says([NINE], '1985'), says([NINE]), says([NINE], failure)];
    expect(joinStatements([NINE], statements).statements).toHaveLength(3);
  });

  test('a remembered pair joins, and one that contradicts a statement is AMBIGUOUS', () => {
    expect(joinStatements([NINE], [says([NINE])], { paired: [A12] }).canonical).toBe(A12);
    expect(() => joinStatements([NINE], [says([B12, NINE])], { paired: [A12] })).toThrow(ambiguous);
  });

  // The first date known is the measure of all others; `1985` agrees with two days that do not agree with each other.
  test('two different days are AMBIGUOUS also when a third system knows the year alone', () => {
    const statements = [says([NINE], '1985'), says([NINE], '1985-07-12'), says([NINE], '1985-03-01')];
    expect(() => joinStatements([NINE], statements)).toThrow(ambiguous);
  });

  test('a statement whose numbers cannot be read and whose birth date contradicts is not dropped in silence', () => {
    expect(() => joinStatements([NINE], [says([NINE], '1985'), says([], '1990')])).toThrow(ambiguous);
  });
});

// Where no statement of the person knows the birth date, that of someone else becomes the measure.
test('a statement is not measured by the birth date of someone with another 12-digit number', () => {
  const other = says([B12, NINE], '1990');
  const own = says([NINE], '1985');
  expect(joinStatements([A12, NINE], [other, own]).statements).toEqual(
    joinStatements([A12, NINE], [own, other]).statements,
  );
});

test('two 12-digit numbers asked for as one person’s are AMBIGUOUS when no system ties them', () => {
  expect(() => joinStatements([A12, B12], [says([A12]), says([B12])])).toThrow(ambiguous);
});

describe('whatever the systems state', () => {
  const number = fc.constantFrom(A12, B12, C12, NINE, NINE_2);
  const date = fc.constantFrom(null, '1985', '1985-07', '1985-07-12', '1985-07-13', '1990', failure);
  const statement = fc
    .tuple(fc.uniqueArray(number, { maxLength: 3 }), date, fc.constantFrom('land', 'one-stop'))
    .map(([numbers, birthDate, sector]) => says(numbers, birthDate, sector));
  const statements = fc.array(statement, { maxLength: 4 });
  const asked = fc.constantFrom<readonly string[]>([A12], [NINE], [A12, NINE], [NINE_2, NINE]);

  /** What an identity is, apart from the order in which its statements are shown. */
  const outcomeOf = (numbers: readonly string[], all: readonly Statement[]) => {
    try {
      const { canonical, statements, shared, numbers: known } = joinStatements(numbers, all);
      return { canonical, known, shared: [...shared].sort(), count: statements.length };
    } catch (error) {
      return (error as HubError).code;
    }
  };

  // With dates known in part, or with two dates under one 12-digit number, the first in the order is the measure.
  test('their order does not matter, however precisely their dates are known', () => {
    fc.assert(
      fc.property(asked, statements, (numbers, all) => {
        const outcomes = permutations(all).map((order) => JSON.stringify(outcomeOf(numbers, order)));
        return new Set(outcomes).size === 1;
      }),
      { numRuns: 5000, seed: 1 },
    );
  });

  test('asked by 9, nobody is given two 12-digit numbers', () => {
    fc.assert(
      fc.property(fc.constantFrom([NINE], [NINE_2, NINE]), statements, (numbers, all) => {
        const outcome = outcomeOf(numbers, all);
        if (typeof outcome !== 'string') expect(outcome.known.filter(isTwelve).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 1000 },
    );
  });

  test('asked by 12, no statement of someone with another 12-digit number alone is taken for the person’s', () => {
    fc.assert(
      fc.property(fc.constantFrom([A12], [A12, NINE]), statements, (numbers, all) => {
        for (const one of joinStatements(numbers, all).statements) {
          const stated = one.personalNumbers as readonly string[];
          if (stated.some(isTwelve)) expect(stated).toContain(A12);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('the number asked for is always among the person’s, and the canonical one is the first', () => {
    fc.assert(
      fc.property(asked, statements, (numbers, all) => {
        const outcome = outcomeOf(numbers, all);
        if (typeof outcome === 'string') return;
        expect(outcome.known).toEqual(expect.arrayContaining([...numbers]));
        expect(outcome.canonical).toBe(outcome.known[0]);
        const kinds = outcome.known.map(isTwelve);
        expect(kinds.indexOf(false) === -1 || !kinds.slice(kinds.indexOf(false)).includes(true)).toBe(true);
      }),
    );
  });
});

describe('whether a number may be missing', () => {
  const known = (numbers: readonly string[], failures: readonly HubError[]) =>
    mayMissNumbers({
      asked: numbers,
      numbers,
      canonical: '',
      statements: [],
      failures,
      unreadable: [],
      shared: new Set(),
    });

  test.each([
    ['nobody failed', [A12], [], false],
    ['the old number is not known', [A12], [failure], true],
    ['the new number is not known', [NINE], [failure], true],
    ['both are known', [A12, NINE], [failure], false],
    ['the person is too young to have an old one', [YOUNG], [failure], false],
  ] as const)('%s', (_, numbers, failures, expected) => {
    expect(known(numbers, failures)).toBe(expected);
  });
});

describe('asked through the API', () => {
  const LAND: System = {
    sector: 'land',
    rank: 40,
    people: [{ numbers: [A12, NINE], name: 'Nguyễn Văn Ái', birthDate: '1985' }],
  };
  const DESK: System = {
    sector: 'one-stop',
    rank: 20,
    people: [{ numbers: [A12], name: 'NGUYỄN VĂN ÁI', birthDate: '1985-07-12' }],
  };
  const CIVIL: System = { sector: 'civil-status', rank: 10, people: [] };
  const ALL = '{ id personalNumbers fullName birthDate statements { sector fullName personalNumbers } }';
  const ask = (systems: readonly System[], id: string, selection = ALL) =>
    openHouse(systems).ask(`query ($id: ID!) { citizen(id: $id) ${selection} }`, { id });

  test('the declared order decides which name is shown, not who answers first or how the folders are called', async () => {
    const late = { ...DESK, delayMs: 30 };
    for (const systems of permutations([LAND, late, CIVIL])) {
      const { data } = await ask(systems, A12);
      expect(data.citizen).toMatchObject({ fullName: 'NGUYỄN VĂN ÁI', birthDate: '1985-07-12' });
      expect(data.citizen.statements.map(({ sector }: { sector: string }) => sector)).toEqual(['one-stop', 'land']);
    }
  });

  test('two systems of one sector keep their own places in the declared order', async () => {
    const register: System = {
      sector: 'business',
      name: 'register',
      rank: 30,
      delayMs: 20,
      people: [{ numbers: [A12], name: 'Một' }],
    };
    const drop: System = { sector: 'business', name: 'drop', rank: 50, people: [{ numbers: [A12], name: 'Ba' }] };
    const land: System = { sector: 'land', rank: 40, people: [{ numbers: [A12], name: 'Hai' }] };
    const { data } = await ask([drop, land, register], A12);
    expect(data.citizen.statements.map(({ fullName }: { fullName: string }) => fullName)).toEqual(['Một', 'Hai', 'Ba']);
  });

  test('the id is the same whichever number was asked, and may be asked by itself', async () => {
    const systems = [LAND, { ...DESK, people: [{ numbers: [A12, NINE], name: 'Nguyễn Văn Ái', birthDate: '1985' }] }];
    const ids = await Promise.all(
      [A12, NINE, ' 001 085 004 213 '].map(async (id) => (await ask(systems, id)).data.citizen.id),
    );
    expect(new Set(ids).size).toBe(1);
    expect((await ask(systems, ids[0])).data.citizen).toMatchObject({ id: ids[0], personalNumbers: [A12, NINE] });
    expect(ids[0]).not.toMatch(/\d{9}/);
  });

  test.each(['', '12345678', 'abc', '00108500421x', '000000000', 'A'.repeat(5000)])(
    '%j is BAD_USER_INPUT',
    async (id) => {
      const { data, errors } = await ask([LAND], id);
      expect(data).toEqual({ citizen: null });
      expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
      expect(errors[0]?.message).not.toContain(id || 'nothing');
    },
  );

  test('nobody is null without an error only when every system said no', async () => {
    expect(await ask([LAND, DESK, CIVIL], B12)).toEqual({ data: { citizen: null }, errors: [] });
    const { data, errors } = await ask([LAND, DESK, { ...CIVIL, down: true }], B12);
    expect(data).toEqual({ citizen: null });
    expect(errors).toMatchObject([{ code: 'IDENTIFIERS_INCOMPLETE', sector: 'civil-status', retryable: true }]);
  });

  test('an old number that two people held is AMBIGUOUS, also when one system alone tells', async () => {
    const { data, errors } = await ask(
      [{ ...LAND, people: [...LAND.people, { numbers: [B12, NINE], name: 'B' }] }],
      NINE,
    );
    expect(data).toEqual({ citizen: null });
    expect(errors).toMatchObject([{ code: 'AMBIGUOUS', retryable: false }]);
  });

  test('a system that is down costs the numbers and the statements, not the name', async () => {
    const { data, errors } = await ask([DESK, { ...LAND, down: true }], A12);
    expect(data.citizen).toMatchObject({ fullName: 'NGUYỄN VĂN ÁI', personalNumbers: null, statements: null });
    expect(errors.map(({ code }) => code)).toEqual(['IDENTIFIERS_INCOMPLETE', 'IDENTIFIERS_INCOMPLETE']);
  });

  test('there is one wave: each system is asked once, whatever the answers add', async () => {
    const house = openHouse([LAND, DESK, CIVIL]);
    await house.ask(`{ citizen(id: "${NINE}") ${ALL} }`);
    expect(house.calls.map(({ place }) => place).sort()).toEqual([
      'civil-status.person.number',
      'land.person.number',
      'one-stop.person.number',
    ]);
  });

  test('a remembered pair is asked for in the same wave', async () => {
    const desk: System = { sector: 'one-stop', rank: 20, people: [{ numbers: [NINE], name: 'Ái' }] };
    const house = openHouse([desk, CIVIL], { pairs: [[A12, NINE]] });
    const { data } = await house.ask(`{ citizen(id: "${A12}") { fullName personalNumbers } }`);
    expect(data.citizen).toEqual({ fullName: 'Ái', personalNumbers: [A12, NINE] });
    expect(house.calls).toHaveLength(2);
  });

  test('a remembered pair brings nobody along who is found by both numbers', async () => {
    const people = [{ numbers: [B12, NINE], name: 'Trần Thị Bình' }];
    const register: System = { sector: 'one-stop', rank: 20, searchable: true, people };
    const house = openHouse([register], { pairs: [[A12, NINE]] });
    const { data } = await house.ask('{ citizens(name: "Trần Thị Bình") { nodes { personalNumbers } } }');
    expect(data.citizens.nodes).toEqual([{ personalNumbers: [B12, NINE] }]);
  });

  describe('what went wrong once', () => {
    const twin: System = { sector: 'one-stop', rank: 20, people: [{ numbers: [B12, NINE], name: 'Trần Thị Bình' }] };

    // With both systems up the number is AMBIGUOUS; with one down its first holder is shown with all that is theirs.
    test('an outage never turns AMBIGUOUS into one of the two people', async () => {
      expect((await ask([LAND, twin], NINE)).errors).toMatchObject([{ code: 'AMBIGUOUS' }]);
      const { data } = await ask(
        [LAND, { ...twin, down: true }],
        NINE,
        '{ personalNumbers dossiers { missing { code } } }',
      );
      expect(data.citizen?.personalNumbers ?? null).toBeNull();
    });

    test('the id does not change while a system is down', async () => {
      const desk: System = { sector: 'one-stop', rank: 20, people: [{ numbers: [NINE], name: 'Ái' }] };
      const up = await ask([LAND, desk], NINE, '{ id }');
      const down = await ask([{ ...LAND, down: true }, desk], NINE, '{ id }');
      expect([up.data.citizen.id, undefined]).toContain(down.data.citizen?.id);
    });

    test('numbers that cannot be read are an error where the statement is shown, not an empty list', async () => {
      const broken: System = { sector: 'one-stop', rank: 20, people: [{ numbers: [A12, '1085'], name: 'Ái' }] };
      const { errors } = await ask([broken], A12, '{ statements { personalNumbers } }');
      expect(errors).toMatchObject([{ code: 'SOURCE_MALFORMED', sector: 'one-stop' }]);
    });

    test('a number that cannot be read may be one that is missing, so the numbers are not given as whole', async () => {
      const broken: System = { sector: 'one-stop', rank: 20, people: [{ numbers: [A12, '1085'], name: 'Ái' }] };
      const { data } = await ask([broken], A12, '{ personalNumbers }');
      expect(data.citizen.personalNumbers).toBeNull();
    });
  });
});
