import { describe, expect, it } from 'vitest';
import { bearerOf, isSameBearer, wordsInVisit, wordsOfFound } from '../../core/access/bearers.ts';
import { createCan } from '../../core/access/can.ts';
import type { DossierFacts } from '../../core/access.ts';
import { actor, BINH, DOSSIER, grant, HOA, processing, STRANGER, tree, verdict } from './stage.ts';

const OLD = '011985421';
const ENTERPRISE = '0100233488';
const named = (numbers: readonly string[], fullName: string | null, birthDate: string | null = null) => ({
  ...{ personalNumbers: numbers, fullName, birthDate },
});

describe('Two places speak of the same person', () => {
  type Side = Parameters<typeof isSameBearer>[0];
  const same = (left: Side, right: Side, isWeak = (_: string) => false): boolean => {
    const answer = isSameBearer(left, right, isWeak);
    expect(isSameBearer(right, left, isWeak)).toBe(answer);
    return answer;
  };

  it('where they state the same number of 12 digits, or code of an enterprise, whatever else they state', () => {
    expect(same(named([HOA], 'Hoà', '1985'), named([HOA, OLD], 'Bình', '1990'))).toBe(true);
    expect(same(named([ENTERPRISE], 'Một'), named([ENTERPRISE], 'Hai'))).toBe(true);
  });

  it('not where they state two numbers of 12 digits, though an old one is the same', () => {
    expect(same(named([HOA, OLD], 'Hoà'), named([BINH, OLD], 'Hoà'))).toBe(false);
    expect(same(bearerOf([HOA]), bearerOf([BINH]))).toBe(false);
  });

  it('by an old number where neither the birth date nor else the name says otherwise', () => {
    expect(same(bearerOf([OLD]), named([OLD], 'Hoà', '1985'))).toBe(true);
    expect(same(bearerOf([HOA, OLD]), bearerOf([OLD]))).toBe(true);
    expect(same(named([OLD], 'Nguyễn Văn Hoà'), named([HOA, OLD], 'NGUYEN VAN HÒA'))).toBe(true);
    expect(same(named([OLD], 'Hoà'), named([OLD], 'Bình'))).toBe(false);
    expect(same(named([OLD], 'Hoà', '1985'), named([OLD], 'Nguyễn Hoà', '1985-03-14'))).toBe(true);
    expect(same(named([OLD], 'Hoà', '1985'), named([OLD], 'Hoà', '1990-01-02'))).toBe(false);
    expect(same(named([OLD], 'Hoà', '1985'), named([OLD], 'Bình'))).toBe(false);
  });

  it('by one of 12 digits that an old one alone led to, as by that', () => {
    const isWeak = (number: string) => number === HOA;
    expect(same(named([OLD, HOA], 'Bình'), named([HOA], 'Hoà'), isWeak)).toBe(false);
    expect(same(named([OLD, HOA], 'Hoà'), named([HOA], 'Hoà'), isWeak)).toBe(true);
    expect(same(named([OLD, HOA], 'Hoà'), named([HOA, OLD], 'Hoà'), isWeak)).toBe(true);
    expect(same(named([OLD, HOA], 'Hoà'), named([BINH, OLD], 'Hoà'), isWeak)).toBe(false);
  });

  it('not where they have no number in common', () => {
    expect(same(named([], 'Hoà', '1985-03-14'), named([], 'Hoà', '1985-03-14'))).toBe(false);
  });
});

describe('In a visit somebody stands', () => {
  const HOA_FOUND = { asked: [OLD], people: [named([HOA, OLD], 'Nguyễn Văn Hoà', '1985-03-14')] };
  const stands = (found: Parameters<typeof wordsOfFound>[1], one: Parameters<typeof wordsInVisit>[0]) => {
    const words = wordsOfFound([HOA, OLD], found);
    return wordsInVisit(one).some((word) => words.includes(word));
  };

  it('under the number of 12 digits alone, where there is one', () => {
    expect(wordsInVisit(named([OLD, HOA], 'Hoà', '1985'))).toEqual([HOA]);
    expect(wordsInVisit(bearerOf([ENTERPRISE]))).toEqual([ENTERPRISE]);
    expect(stands(HOA_FOUND, bearerOf([HOA]))).toBe(true);
    expect(stands(HOA_FOUND, bearerOf([BINH, OLD]))).toBe(false);
  });

  it('under an old one with a birth date, as precise as it is stated, or else with a name', () => {
    for (const date of ['1985-03-14', '1985-03', '1985'])
      expect(stands(HOA_FOUND, named([OLD], null, date))).toBe(true);
    expect(stands(HOA_FOUND, named([OLD], 'Nguyễn Văn Hoà', '1985-03-15'))).toBe(false);
    expect(stands(HOA_FOUND, named([OLD], 'nguyen van hoa'))).toBe(true);
    expect(stands(HOA_FOUND, named([OLD], 'Hoà'))).toBe(false);
  });

  it('under no words but those of what the systems state', () => {
    expect(wordsOfFound([HOA, OLD], { asked: [HOA], people: [bearerOf([HOA, OLD])] })).toEqual([HOA, OLD]);
    const people = [named([HOA, OLD], 'Hoà', '1985'), named([HOA, OLD], 'Hòa')];
    expect(wordsOfFound([HOA, OLD], { asked: [OLD], people })).toEqual([
      ...[HOA, OLD],
      ...[`old:${OLD}:`, `old:${OLD}:hoa`, `old:${OLD}:1985`],
    ]);
  });

  it('under an old one and nothing else only where that was asked for', () => {
    expect(stands(HOA_FOUND, bearerOf([OLD]))).toBe(true);
    expect(stands({ ...HOA_FOUND, asked: [HOA] }, bearerOf([OLD]))).toBe(false);
    // As it was asked for, before anybody has said whose it is, it is no evidence.
    expect(wordsInVisit(bearerOf([OLD]))).not.toContain(OLD);
  });
});

describe('Whoever works on a dossier', () => {
  const granted = grant({ data: ['PERSONAL'], purposes: ['PROCESSING'] });
  const can = createCan({ grants: [granted], units: tree });
  const shown = (facts: Partial<DossierFacts>, ...people: readonly ReturnType<typeof named>[]) => {
    const asked = { kind: 'record', sector: 'land', data: 'PERSONAL', people, key: null } as const;
    return verdict(can(actor(), 'READ', asked, processing({ ...DOSSIER, ...facts })));
  };

  it('sees what is about one of several whom it names, be it about others too', () => {
    const facts = { people: [bearerOf([STRANGER]), named([HOA], 'Hoà')] };
    expect(shown(facts, named([BINH], 'Bình'), named([HOA], 'Hoà'))).toBe('DOSSIER');
    expect(shown(facts, named([BINH], 'Bình'))).toBe('NOT_A_SUBJECT');
  });

  it('sees under a number of 12 digits that is remembered alone what gives no other name than the dossier', () => {
    const people = [named([OLD, HOA], 'Nguyễn Văn Hoà')];
    const remembered = new Map([[HOA, OLD]]);
    expect(shown({ people, remembered }, named([HOA], 'Nguyễn Văn Hoà'))).toBe('DOSSIER');
    expect(shown({ people, remembered }, named([HOA], 'Trần Thị Bình'))).toBe('NOT_A_SUBJECT');
    // One that the dossier states decides.
    for (const stated of [undefined, new Map<string, string>()]) {
      expect(shown({ people, remembered: stated }, named([HOA], 'Trần Thị Bình'))).toBe('DOSSIER');
    }
  });
});
