import { describe, expect, it } from 'vitest';
import { DOSSIER_STATUSES } from '../../core/dossier.ts';
import {
  enterpriseCodeOf,
  type FilterArguments,
  indexFilterOf,
  knownCode,
  knownSector,
  looksForName,
} from '../../resolvers/dossier-filter.ts';
import { catalogues, NOW, openHouse } from './small-house.ts';

const { registry } = openHouse([{ sector: 'population', rank: 1, people: [] }], {
  dossiers: [
    { sector: 'one-stop', role: 'reception' },
    { sector: 'land', role: 'course' },
  ],
});
const filterOf = (given: FilterArguments) => indexFilterOf(registry, given);
const refused = (message: string) => expect.objectContaining({ code: 'BAD_USER_INPUT', message });
const at = (date: string) => Date.parse(`${date}T00:00:00+07:00`);

describe('The index is asked', () => {
  it('for nothing that was not filtered by', () => {
    const none: (keyof FilterArguments)[] = [
      ...(['status', 'unmapped', 'sector', 'agency', 'procedure', 'applicantId', 'channel'] as const),
      ...(['receivedFrom', 'receivedTo', 'dueFrom', 'dueTo', 'overdue', 'text'] as const),
    ];
    expect(filterOf({})).toStrictEqual({});
    expect(filterOf(Object.fromEntries(none.map((one) => [one, null])))).toStrictEqual({});
    expect(filterOf({ applicantId: '001085004213' })).toStrictEqual({});
  });

  it('for the numbers of statuses, all ten of them where unmapped ones are not wanted, or for those alone', () => {
    expect(filterOf({ status: ['COMPLETED', 'PROCESSING'] })).toStrictEqual({ status: [4, 9] });
    expect(filterOf({ status: ['PROCESSING'], unmapped: false })).toStrictEqual({ status: [4] });
    expect(filterOf({ unmapped: false })).toStrictEqual({ status: DOSSIER_STATUSES.map(({ number }) => number) });
    expect(filterOf({ unmapped: true })).toStrictEqual({ unmapped: true });
  });

  it('for agencies and procedures as the catalogues write them, and for what else stands as it is', () => {
    expect(
      filterOf({ agency: '000.00.03.H41', procedure: '1.012790.000.00.00.H41', sector: 'land', channel: 'POST' }),
    ).toStrictEqual({ agency: 'H41.03', procedure: '1.012790', sector: 'land', channel: 'POST' });
  });

  it('for whole days in Việt Nam, up to where the day after begins', () => {
    const day = '2026-11-02';
    expect(filterOf({ receivedFrom: day, receivedTo: day })).toStrictEqual({
      receivedFrom: at(day),
      receivedTo: at('2026-11-03'),
    });
    expect(filterOf({ dueFrom: day })).toStrictEqual({ dueFrom: at(day) });
    expect(filterOf({ dueTo: day })).toStrictEqual({ dueTo: at('2026-11-03') });
  });

  it('for what is overdue today, and for what is not', () => {
    for (const overdue of [true, false]) expect(filterOf({ overdue })).toStrictEqual({ overdue, today: NOW });
  });

  it('for words, of which there are twelve at most in 200 characters with two letters or digits', () => {
    const twelve = Array.from('abcdefghijkl');
    expect(filterOf({ text: ' Ái  NGUYỄN ' })).toStrictEqual({ words: ['ai', 'nguyen'] });
    for (const text of ['ab', 'a b', `ab${' '.repeat(198)}`]) {
      expect(filterOf({ text }).words?.join('')).toBe('ab');
    }
    expect(filterOf({ text: twelve.join(' ') }).words).toEqual(twelve);
    for (const text of ['', 'a', 'a.', '..', 'a .', `ab${' '.repeat(199)}`, [...twelve, 'm'].join(' ')]) {
      expect(() => filterOf({ text })).toThrow(
        refused('filter.text: expected a dossier code or words of a name, 2 to 200 characters and at most 12 words'),
      );
    }
  });
});

describe('A filter is refused', () => {
  it('where it says nothing of a status, or that there is one and none', () => {
    expect(() => filterOf({ status: [] })).toThrow(refused('filter.status: expected at least one status'));
    expect(() => filterOf({ status: ['PROCESSING'], unmapped: true })).toThrow(
      refused('filter: a dossier is in one of the ten statuses or unmapped, not both'),
    );
  });

  it.each(['received', 'due'])('where the day from which it is %s is no whole day or comes after the last', (name) => {
    for (const part of ['From', 'To']) {
      for (const date of ['2026', '2026-11', '2026-11-020', '12026-11-02', '2026-1-02', '2026-11-2']) {
        expect(() => filterOf({ [`${name}${part}`]: date })).toThrow(
          refused(`filter.${name}${part}: expected a whole date such as 2026-11-20`),
        );
      }
    }
    for (const [part, other] of [
      ['From', 'To'],
      ['To', 'From'],
    ]) {
      expect(() => filterOf({ [`${name}${part}`]: '2026', [`${name}${other}`]: '2026-11-02' })).toThrow(
        refused(`filter.${name}${part}: expected a whole date such as 2026-11-20`),
      );
    }
    expect(() => filterOf({ [`${name}From`]: '2026-11-03', [`${name}To`]: '2026-11-02' })).toThrow(
      refused(`filter: ${name}From is after ${name}To`),
    );
  });

  it('where it names a sector that states no dossiers, or what is in no catalogue', () => {
    expect(knownSector(registry, 'where.sector', 'one-stop')).toBe('one-stop');
    for (const sector of ['population', 'xyz']) {
      expect(() => filterOf({ sector })).toThrow(
        refused('filter.sector: expected the folder name of a sector that states dossiers; `sectors` lists them'),
      );
    }
    expect(() => filterOf({ agency: 'H99.99' })).toThrow(refused('filter.agency: expected the code of a known agency'));
    expect(() => filterOf({ procedure: '0.000000' })).toThrow(
      refused('filter.procedure: expected the code of a known procedure'),
    );
    expect(() => knownCode('where.agency', 'H99', catalogues.agencies)).toThrow(
      refused('where.agency: expected the code of a known agency'),
    );
  });
});

describe('A text looks for people', () => {
  it.each(['nguyen', 'H41.12 nguyen', '012345678', '001085004213', '0100233488', '0010850042130', 'h41 012345678'])(
    'by %j',
    (text) => {
      expect(looksForName({ text })).toBe(true);
    },
  );

  it.each(['', 'H41.12-261102-0002', 'h41', '0007', '01234567', 'h012345678', '012345678h'])('not by %j', (text) => {
    expect(looksForName({ text })).toBe(false);
  });

  it('not where there is none', () => {
    for (const none of [{}, { text: null }]) expect(looksForName(none)).toBe(false);
  });
});

describe('An applicant', () => {
  it('is an enterprise by its code alone', () => {
    expect(enterpriseCodeOf(' 0100233488 ')).toBe('0100233488');
    for (const other of ['001085004213', '012345678', 'nobody', '']) expect(enterpriseCodeOf(other)).toBeNull();
  });
});
