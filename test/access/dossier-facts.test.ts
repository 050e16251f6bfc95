import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { numbersOf } from '../../core/access/bearers.ts';
import type { SeenView } from '../../core/dossier-merge.ts';
import { HubError } from '../../core/errors.ts';
import { createDossierReader, factsOf, heldViews, peopleIn } from '../../resolvers/dossier-facts.ts';
import type { Registry } from '../../resolvers/registry.ts';
import type { IndexedView } from '../../store/dossier-index.ts';
import { catalogues } from '../resolvers/small-house.ts';
import { BINH, HOA } from './stage.ts';

const CODE = 'H41.58.01-261119-0007';
const factsWith = (view: object) => {
  const held = [{ sector: 'one-stop', role: 'reception', view, failure: null }] as unknown as readonly SeenView[];
  return factsOf({ sectors: [], catalogues }, CODE, held);
};

describe('Whom a dossier names', () => {
  it('are its applicant and parties, by their numbers however they were typed', () => {
    const parties = [{ role: 'Vợ', name: 'Bình', personalNumbers: [BINH] }];
    expect(numbersOf(factsWith({ applicantNumbers: ['001 085 004 213', '01 0023 3488'], parties }).people)).toEqual([
      ...[HOA, '0100233488'],
      BINH,
    ]);
  });

  it('is nobody by words that stand where a number belongs: they are many people’s', () => {
    for (const word of ['chưa có', '-', '0', '123456', '000000000']) {
      expect(numbersOf(factsWith({ applicantNumbers: [word], parties: [{ personalNumbers: [word] }] }).people)).toEqual(
        [],
      );
    }
  });

  it('is nobody whose number is not known: a name alone makes nobody a subject', () => {
    const parties = [{ name: 'Trần Thị Bình' }, { name: 'Lê Lan', personalNumbers: [BINH] }];
    expect(factsWith({ applicantName: 'Nguyễn Văn Hoà', parties }).people).toEqual([
      { personalNumbers: [BINH], birthDate: null, fullName: 'Lê Lan' },
    ]);
  });

  it('is whoever can be read beside what cannot, and nobody in a system that holds nothing', () => {
    const unreadable = new HubError('SOURCE_MALFORMED', 'expected text');
    const view = { applicantName: unreadable, applicantNumbers: [unreadable, HOA], parties: unreadable };
    const held = [
      { sector: 'one-stop', role: 'reception', view, failure: null },
      { sector: 'land', role: 'course', view: null, failure: null },
    ] as unknown as readonly SeenView[];
    const nobody = { personalNumbers: [], birthDate: null, fullName: null };
    expect(peopleIn(held)).toEqual([{ ...nobody, personalNumbers: [HOA] }, nobody]);
  });
});

const SECTORS = [
  { id: 'land', declaration: { dossiers: { role: 'course' } } },
  { id: 'one-stop', declaration: { dossiers: { role: 'reception' } } },
  { id: 'civil-status', declaration: { dossiers: { role: 'course' } } },
] as unknown as Registry['sectors'];
const indexed = (sector: string, view: object | null): IndexedView =>
  ({ sector, view, faults: [], deleted: view === null, recordedAt: 1 }) as unknown as IndexedView;

describe('The units of a dossier', () => {
  const unitsOf = (code: string, ...views: readonly IndexedView[]) => {
    const known = { sectors: SECTORS, catalogues };
    return factsOf(known, code, heldViews(known, views)).units;
  };

  it('are the one that received it, by its code in either order, and the one in charge, as the counter has it', () => {
    const inCharge = indexed('one-stop', { agencyCode: '000.00.03.H41' });
    expect(unitsOf('H41.07-261119-0007', inCharge)).toEqual(['H41.07', 'H41.03']);
    expect(unitsOf('000.00.07.H41-261119-0007', inCharge)).toEqual(['H41.07', 'H41.03']);
    expect(unitsOf('H41.03-261119-0007', inCharge)).toEqual(['H41.03']);
  });

  it('are none that no catalogue knows, nor one that cannot be read', () => {
    expect(unitsOf('X99-261119-0007', indexed('one-stop', { agencyCode: 'X98' }))).toEqual([]);
    const unreadable = new HubError('SOURCE_MALFORMED', 'expected a code');
    expect(unitsOf('H41.07-261119-0007', indexed('one-stop', { agencyCode: unreadable }))).toEqual(['H41.07']);
  });

  it('are told from the views that systems hold, the counter’s first and the others as they are declared', () => {
    const known = { sectors: SECTORS, catalogues };
    const views = [indexed('civil-status', {}), indexed('land', {}), indexed('one-stop', {})];
    const sectorsOf = (given: readonly IndexedView[]) => heldViews(known, given).map(({ sector }) => sector);
    expect(sectorsOf(views)).toEqual(['one-stop', 'land', 'civil-status']);
    expect(sectorsOf([indexed('land', null), indexed('civil-status', {})])).toEqual(['civil-status']);
    const counterLast = { sectors: [...SECTORS].reverse(), catalogues };
    expect(heldViews(counterLast, views).map(({ sector }) => sector)).toEqual(['one-stop', 'civil-status', 'land']);
    const portal = { id: 'portal', declaration: { dossiers: { role: 'reception' } } };
    const twoCounters = { sectors: [...SECTORS, portal] as unknown as Registry['sectors'], catalogues };
    const both = [indexed('portal', {}), indexed('land', {}), indexed('one-stop', {})];
    expect(heldViews(twoCounters, both).map(({ sector }) => sector)).toEqual(['one-stop', 'portal', 'land']);
  });
});

describe('What makes a dossier a purpose', () => {
  const view = { agencyCode: 'H41.58', applicantNumbers: [HOA] };
  let asked: (readonly string[])[];
  let answer: (code: string) => Promise<readonly IndexedView[]>;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    asked = [];
    answer = async (code) => (code === CODE ? [indexed('one-stop', view)] : []);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function open() {
    const views = (codes: readonly string[]) => {
      asked.push(codes);
      return Promise.all(codes.map((code) => answer(code)));
    };
    const numberPairs = { of: async (numbers: readonly string[]) => numbers.map(() => []) };
    return createDossierReader({ sectors: SECTORS, catalogues, index: { views }, numberPairs } as unknown as Registry);
  }

  it('is found however its code was typed, and is nothing where nobody holds it', async () => {
    const read = open();
    for (const typed of [CODE, ` ${CODE} `, CODE.toLowerCase()]) {
      expect(await read(typed)).toMatchObject({ code: CODE, people: [{ personalNumbers: [HOA] }] });
    }
    expect(await read('H41.58.01-261119-9999')).toBeNull();
    answer = async (code) => (code === 'H41.58.01-261119-9998' ? [indexed('one-stop', null)] : []);
    expect(await read('H41.58.01-261119-9998')).toBeNull();
  });

  it('is the dossier whose code is written as it was typed, before one in capitals', async () => {
    answer = async (code) => [indexed('one-stop', { applicantNumbers: [code === 'h41/0003' ? HOA : BINH] })];
    expect(await open()('h41/0003')).toMatchObject({ code: 'h41/0003', people: [{ personalNumbers: [HOA] }] });
  });

  it('is read once for all who state it in the same second, and again after it', async () => {
    const read = open();
    expect(await read(CODE)).toMatchObject({ people: [{ personalNumbers: [HOA] }] });
    answer = async () => [indexed('one-stop', { ...view, applicantNumbers: [BINH] })];
    vi.advanceTimersByTime(999);
    for (const typed of [CODE, ` ${CODE}`]) {
      expect(await read(typed)).toMatchObject({ people: [{ personalNumbers: [HOA] }] });
    }
    expect(asked).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(await read(CODE)).toMatchObject({ people: [{ personalNumbers: [BINH] }] });
  });

  it('is asked for again where the store could not be read', async () => {
    const read = open();
    const working = answer;
    answer = async () => Promise.reject(new Error('gone'));
    await expect(read(CODE)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    answer = working;
    expect(await read(CODE)).toMatchObject({ code: CODE });
  });

  it('is forgotten with all others once a thousand are kept, whatever was stated to fill the memory', async () => {
    const read = open();
    await read(CODE);
    for (let one = 1; one < 1_000; one++) await read(`H41-${one}`);
    await read(CODE);
    expect(asked).toHaveLength(1_000);
    await read('H41-1000');
    await read(CODE);
    expect(asked).toHaveLength(1_002);
  });
});
