import { describe, expect, test } from 'vitest';
import { HubError } from '../../core/errors.ts';
import type { Identity } from '../../resolvers/identity.ts';
import { bearersOf, ownerOf, ownRecords } from '../../resolvers/same-person.ts';
import { A12, B12, NINE, NINE_2, permutations, says } from './people.ts';

describe('whose a record is', () => {
  const identity = (numbers: readonly string[], others: Partial<Identity> = {}): Identity => ({
    asked: numbers,
    numbers,
    canonical: numbers[0] ?? '',
    statements: [says(numbers, '1985-07-12')],
    failures: [],
    unreadable: [],
    shared: new Set(),
    ...others,
  });
  const held = (
    personalNumbers: readonly string[],
    birthDate: string | null = null,
    fullName: string | null = null,
  ) => [{ personalNumbers, birthDate, fullName }];

  test.each([
    ['the new number', held([A12]), 'own'],
    ['the new number beside another birth date', held([A12], '1990'), 'own'],
    ['someone else’s new number beside the old one', held([B12, NINE], '1985-07-12'), 'other'],
    ['neither number', held([NINE_2], '1985-07-12'), 'other'],
    ['the old number and the birth date', held([NINE], '1985-07-12'), 'own'],
    ['the old number and the year', held([NINE], '1985'), 'own'],
    ['the old number and another birth date', held([NINE], '1990'), 'unknown'],
    ['the old number and another birth date under the same name', held([NINE], '1990', 'Nguyễn Văn Ái'), 'unknown'],
    ['the old number and the name', held([NINE], null, 'NGUYEN VAN AI'), 'own'],
    ['the old number and another name', held([NINE], null, 'Trần Thị Bình'), 'unknown'],
    ['the old number alone', held([NINE]), 'unknown'],
    ['nobody', [], 'unknown'],
  ] as const)('stating %s: %#', (_, holders, owner) => {
    expect(ownerOf(identity([A12, NINE]), holders)).toBe(owner);
  });

  test('the old number proves nothing once another is known to have held it', () => {
    const shared = identity([A12, NINE], { shared: new Set([NINE]) });
    expect(ownerOf(shared, held([NINE], '1985-07-12'))).toBe('unknown');
    expect(ownerOf(shared, held([A12, NINE]))).toBe('own');
  });

  test('of several holders one is enough, in whatever order', () => {
    const holders = [...held([B12, NINE]), ...held([NINE], '1990'), ...held([A12])];
    for (const order of permutations(holders)) expect(ownerOf(identity([A12, NINE]), order)).toBe('own');
  });

  // The first date known is the measure here, too, though a more precise one is known.
  test('a birth date is compared with the most precise one that is known', () => {
    const statements = [says([A12], '1985'), says([A12], '1985-07-12')];
    expect(ownerOf(identity([A12, NINE], { statements }), held([NINE], '1985-03-01'))).toBe('unknown');
  });

  // Two records, of two 12-digit numbers, were both held by "the same" person of whom only the old number is known.
  test('records of two 12-digit numbers are not one person’s because both state the old one', () => {
    const old = identity([NINE], { statements: [says([NINE])] });
    const records = [A12, B12].map((twelve) => held([twelve, NINE], null, 'Nguyễn Văn Ái'));
    expect(() => ownRecords(old, records, (holders) => holders)).toThrow(
      expect.objectContaining({ code: 'AMBIGUOUS' }),
    );
    expect(ownRecords(old, records.slice(0, 1), (holders) => holders)).toHaveLength(1);
  });

  test('of records, those of somebody else are left out; one that nobody can tell whose is refuses all', () => {
    const own = held([A12, NINE]);
    const others = held([B12, NINE]);
    const anybodys = held([NINE]);
    const one = identity([A12, NINE]);
    expect(ownRecords(one, [own, others], (holders) => holders)).toEqual([own]);
    expect(() => ownRecords(one, [own, anybodys], (holders) => holders)).toThrow(
      expect.objectContaining({ code: 'AMBIGUOUS' }),
    );
  });

  test('an old number is the holder’s beside another one that somebody else held too, and not by that one', () => {
    const known = identity([A12, NINE, NINE_2], { shared: new Set([NINE_2]) });
    expect(ownerOf(known, held([NINE], '1985-07-12'))).toBe('own');
    expect(ownerOf(known, held([NINE_2], '1985-07-12'))).toBe('unknown');
    expect(ownerOf(known, held([NINE, NINE_2], '1985-07-12'))).toBe('unknown');
  });

  test('nobody at all is the person’s whom the number of 12 digits found', () => {
    expect(ownerOf(identity([A12]), [])).toBe('own');
  });

  test('of whom the old number alone is known nobody else’s is theirs, born on the same day and of the same name', () => {
    for (const numbers of [[NINE_2], [B12], []]) {
      expect(ownerOf(identity([NINE]), held(numbers, '1985-07-12', 'Nguyễn Văn Ái'))).toBe('other');
    }
  });

  test('the date or, where one is not known, the name that any system knows them by is enough', () => {
    const dated = [says([A12], '1985-07-12'), says([A12], '1958-12-07')];
    expect(ownerOf(identity([A12, NINE], { statements: dated }), held([NINE], '1958-12-07'))).toBe('own');
    const undated = [
      { ...says([A12]), fullName: null },
      { ...says([A12]), fullName: 'Nguyễn Văn Ai' },
      { ...says([A12]), fullName: 'Trần Thị Bình' },
    ];
    const known = identity([A12, NINE], { statements: undated });
    expect(ownerOf(known, held([NINE], '1985', 'TRAN THI BINH'))).toBe('own');
    expect(ownerOf(known, held([NINE], '1985', 'Lê Lan'))).toBe('unknown');
  });

  test('a record held together with somebody else is still the person’s', () => {
    const shared = [...held([A12]), ...held([B12, NINE])];
    expect(ownRecords(identity([A12, NINE]), [shared], (holders) => holders)).toEqual([shared]);
    const old = identity([NINE], { statements: [says([NINE])] });
    const beside = [...held([A12, NINE], null, 'Nguyễn Văn Ái'), ...held([B12])];
    expect(ownRecords(old, [beside], (holders) => holders)).toEqual([beside]);
  });

  describe('by which the person is known', () => {
    const NO_DOSSIER = { code: 'PROCESSING', dossier: null, visit: null } as const;

    test('are the names and dates of every system, with the numbers that nobody else bears', () => {
      const unread = new HubError('SOURCE_MALFORMED', 'expected a date');
      const statements = [
        says([A12, NINE], '1985-07-12'),
        says([A12], unread),
        { ...says([A12], '1990'), fullName: null },
      ];
      const known = identity([A12, NINE], { statements, shared: new Set([NINE]) });
      const named = { personalNumbers: [A12], fullName: 'Nguyễn Văn Ái' };
      expect(bearersOf(known, NO_DOSSIER)).toEqual([
        { ...named, birthDate: '1985-07-12' },
        { ...named, birthDate: null },
      ]);
    });

    test('are the numbers alone where no system knows a name', () => {
      const statements = [{ ...says([A12], '1985'), fullName: null }];
      const known = identity([A12, NINE], { statements });
      expect(bearersOf(known, NO_DOSSIER)).toEqual([{ personalNumbers: [A12, NINE], birthDate: null, fullName: null }]);
      expect(bearersOf(identity([A12], { statements: [] }), NO_DOSSIER)).toHaveLength(1);
    });
  });
});
