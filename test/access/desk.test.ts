import { execute, parse } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DossierView } from '../../core/dossier.ts';
import { createOperation } from '../../resolvers/operation.ts';
import { createVisits } from '../../store/visits.ts';
import { type DossierHouse, openDossierHouse } from '../resolvers/dossier-house.ts';
import { hashOf, openSmallDesk, type SmallDesk } from './small-desk.ts';
import { actor, BINH, HOA, STRANGER } from './stage.ts';

const HOA_OLD = '011985421';
/** Of the commune H41.58, handed in by Hoà, with Bình as a party. */
const OWN = 'H41.58.01-261119-0007';
const STRANGE = 'H41.58.01-261119-0008';
const AWAY = 'H41.50.01-261119-0001';
const LOST = 'H41.58.01-261119-9999';

const counter = actor({ id: 'counter.binh', unit: 'H41.58.01' });
const leader = actor({ id: 'leader.minh', role: 'leader', client: 'steering-board', unit: 'H41' });
const admin = actor({ id: 'admin.quan', role: 'admin', client: 'operations', unit: null });
const citizen = actor({ id: 'hoa', role: 'citizen', client: 'citizen-app', unit: null, personalNumber: HOA });
const PROCESSING = { purpose: 'PROCESSING', dossier: OWN } as const;

let house: DossierHouse;
let desk: SmallDesk;

const view = (code: string, agencyCode: string, applicant: string): DossierView => ({
  ...{ code, agencyCode, applicantNumbers: [applicant], applicantName: 'Ai đó', summary: 'Khai sinh' },
  status: { code: 's4', title: 'Đang xử lý', number: 4 },
});

beforeAll(async () => {
  house = await openDossierHouse(
    [
      {
        ...{ sector: 'civil-status', rank: 1, searchable: true },
        people: [
          { numbers: [HOA, HOA_OLD], name: 'Nguyễn Văn Hoà', birthDate: '1985-03-14', gender: 'MALE' },
          { numbers: [BINH], name: 'Nguyễn Văn Hoà Bình', birthDate: '1990-01-02' },
        ],
      },
    ],
    [
      {
        ...{ sector: 'one-stop', role: 'reception' },
        dossiers: [
          {
            ...view(OWN, 'H41.58', HOA),
            parties: [{ role: 'Vợ', name: 'Bình', personalNumbers: [BINH] }],
          },
          view(STRANGE, 'H41.58', STRANGER),
          view(AWAY, 'H41.50', STRANGER),
        ],
      },
    ],
    { pairs: [[HOA, HOA_OLD]] },
  );
  desk = openSmallDesk({
    ...house,
    registry: { ...house.registry, visits: createVisits(house.store.database) },
  });
}, 30_000);

afterAll(() => house.close());

beforeEach(() => {
  desk.logged.length = 0;
  house.calls.length = 0;
});

const openVisit = async (who = counter): Promise<string> =>
  (await desk.ask(who, 'mutation { openVisit { id } }')).data.openVisit.id;
const received = async (...asked: readonly string[]) => {
  const visit = await openVisit();
  const said = { purpose: 'RECEPTION', visit } as const;
  for (const query of asked) await desk.ask(counter, query, said);
  desk.logged.length = 0;
  return said;
};
const name = (id: string) => `{ citizen(id: "${id}") { fullName } }`;
const shownIn = (place = 0) =>
  desk.logged[place]?.subjects.map(({ number, relation, dossier }) => [number, relation, dossier]);

describe('An operation is opened', () => {
  it('for whoever asks, and tells the systems who that is', async () => {
    const { caller, access } = await desk.open(counter, name(HOA), PROCESSING);
    expect(caller).toEqual({
      ...{ actor: 'counter.binh', client: 'counter-desk', unit: 'H41.58.01', requestId: 'request' },
      ...{ purpose: 'PROCESSING', dossier: OWN, onBehalfOf: undefined, visit: undefined },
    });
    expect(access.actor).toBe(counter);
    expect(access.purpose).toMatchObject({ code: 'PROCESSING', visit: null, dossier: { code: OWN } });
  });

  it('for an application on behalf of whoever it acts for', async () => {
    const { caller } = await desk.open(actor({ id: 'binh', delegated: true }), '{ sectors { id } }');
    expect(caller).toEqual({
      ...{ actor: 'counter-desk', onBehalfOf: 'binh', client: 'counter-desk', unit: 'H41.58.01', requestId: 'request' },
      ...{ purpose: undefined, dossier: undefined, visit: undefined },
    });
    expect((await desk.open(admin, '{ sectors { id } }')).caller.unit).toBeUndefined();
  });

  it('with a visit of one’s own that is open, and with no other', async () => {
    const visit = await openVisit();
    const said = { purpose: 'RECEPTION', visit } as const;
    const { access, caller } = await desk.open(counter, name(HOA), said);
    expect(access.purpose).toEqual({ code: 'RECEPTION', dossier: null, visit: { id: visit, subjects: new Set() } });
    expect(caller.visit).toBe(visit);
    const over = expect.objectContaining({ code: 'VISIT_OVER' });
    await expect(desk.open(actor({ id: 'somebody.else' }), name(HOA), said)).rejects.toEqual(over);
    await expect(desk.open({ ...counter, client: 'steering-board' }, name(HOA), said)).rejects.toEqual(over);
    await expect(desk.open(counter, name(HOA), { ...said, visit: 'nothing' })).rejects.toEqual(over);
    await desk.ask(counter, `mutation { closeVisit(id: "${visit}") { id } }`);
    await expect(desk.open(counter, name(HOA), said)).rejects.toEqual(over);
  });

  it('for a dossier that one may see, and in the same words not for another’s nor for none', async () => {
    const refused = { code: 'FORBIDDEN', message: 'There is nothing here that you may see.' };
    for (const dossier of [AWAY, LOST]) {
      await expect(desk.open(counter, name(HOA), { purpose: 'PROCESSING', dossier })).rejects.toMatchObject(refused);
    }
    // However the code is typed.
    const { access } = await desk.open(counter, name(HOA), { purpose: 'PROCESSING', dossier: ` ${OWN.toLowerCase()}` });
    expect(access.purpose.dossier?.numbers).toEqual([HOA, BINH, HOA_OLD]);
  });

  it('on the guarded schema where something of it is refused, and on the plain one where nothing is', async () => {
    const open = await desk.open(counter, name(HOA), PROCESSING);
    expect([open.guarded, [...open.access.refused.keys()]]).toEqual([false, []]);
    const closed = await desk.open(leader, name(HOA));
    expect(closed.guarded).toBe(true);
    expect([...closed.access.refused.keys()].sort()).toEqual(['Citizen.fullName', 'Query.citizen']);
  });

  it('and never answered on the plain schema where something of it is refused', async () => {
    const query = `{ agency(code: "H41") { title } citizen(id: "${HOA}") { fullName } }`;
    const { access, caller } = await desk.open(leader, query);
    const { signal } = new AbortController();
    const { data, errors } = await execute({
      schema: desk.schema,
      document: parse(query),
      contextValue: createOperation(desk.registry, { caller, access, signal }),
    });
    expect(data).toEqual({ agency: null, citizen: null });
    expect(errors?.map(({ message }) => message)).toEqual(
      Array.from(
        { length: 2 },
        () => 'An operation of which something is refused was run on the schema that refuses nothing',
      ),
    );
    expect(house.calls).toEqual([]);
  });

  it('with what the grants say of visits', () => {
    expect(desk.registry.access.visits).toMatchObject({ minutes: 30, subjects: 8 });
    expect(desk.registry.access.visits.hashOf('a')).toBe('#a');
  });
});

describe('What is logged', () => {
  it('says who asked what for which purpose, which systems were asked, and who was shown', async () => {
    await desk.ask(counter, `query Nguoi { citizen(id: "${HOA}") { fullName dossiers { totalCount } } }`, PROCESSING);
    expect(desk.logged).toEqual([
      {
        operation: {
          ...{ kind: 'OPERATION', request: 'request', actor: 'counter.binh', client: 'counter-desk', role: 'counter' },
          ...{ unit: 'H41.58.01', purpose: 'PROCESSING', dossier: OWN, visit: null },
          op: { hash: expect.stringMatching(/^[\w-]{22}$/), name: 'Nguoi', type: 'query' },
          fields: ['Citizen.dossiers', 'Citizen.fullName', 'Query.citizen'],
          ...{ systems: ['civil-status', 'index'], outcome: 'ANSWERED', codes: [] },
        },
        subjects: [{ number: HOA, relation: 'DOSSIER', dossier: null }],
        personal: true,
      },
    ]);
  });

  it('is an event where it is one, with the visit in which it was asked', async () => {
    const visit = await openVisit();
    const query = '{ sectors { id } }';
    const { settle } = await desk.open(counter, query, { purpose: 'RECEPTION', visit }, { event: true });
    desk.logged.length = 0;
    await settle({ codes: [], hasData: true, answered: true });
    expect(desk.logged[0]?.operation).toMatchObject({ kind: 'EVENT', visit, purpose: 'RECEPTION' });
    expect(desk.logged[0]?.operation).not.toHaveProperty('sought');
  });

  it.each([
    ['ANSWERED', { codes: [], hasData: true, answered: true }],
    ['ANSWERED', { codes: [], hasData: false, answered: false }],
    ['PARTIAL', { codes: ['FORBIDDEN'], hasData: true, answered: true }],
    ['PARTIAL', { codes: ['SOURCE_TIMEOUT'], hasData: true, answered: true }],
    ['REFUSED', { codes: ['FORBIDDEN'], hasData: true, answered: false }],
    ['REFUSED', { codes: ['PURPOSE_REQUIRED'], hasData: true, answered: false }],
    ['REFUSED', { codes: ['SOURCE_TIMEOUT', 'VISIT_OVER'], hasData: true, answered: false }],
    ['REFUSED', { codes: ['VISIT_FULL'], hasData: false, answered: false }],
    ['FAILED', { codes: ['SOURCE_TIMEOUT'], hasData: true, answered: false }],
    ['FAILED', { codes: ['OPERATION_TIMEOUT'], hasData: false, answered: false }],
  ] as const)('calls it %s after %j', async (outcome, settled) => {
    const { settle } = await desk.open(admin, '{ sectors { id } }');
    await settle(settled);
    expect(desk.logged[0]?.operation).toMatchObject({ outcome, codes: [...settled.codes].sort() });
  });

  it('calls refused what was answered with nothing but refusals', async () => {
    expect((await desk.ask(counter, name(STRANGER), PROCESSING)).refused).toEqual(['citizen FORBIDDEN']);
    await desk.ask(counter, `{ citizen(id: "${STRANGER}") { fullName } agency(code: "H41") { code } }`, PROCESSING);
    // Nobody has the number: that is an answer.
    const nobody = '001085999999';
    const said = await received();
    expect((await desk.ask(counter, name(nobody), said)).refused).toEqual([]);
    expect(desk.logged.map(({ operation, subjects }) => [operation.outcome, subjects.length])).toEqual([
      ['ANSWERED', 0],
    ]);
  });

  it('has its codes in order', async () => {
    const { settle } = await desk.open(admin, '{ sectors { id } }');
    await settle({ codes: ['SOURCE_TIMEOUT', 'FORBIDDEN', 'AMBIGUOUS'], hasData: true, answered: true });
    expect(desk.logged[0]?.operation.codes).toEqual(['AMBIGUOUS', 'FORBIDDEN', 'SOURCE_TIMEOUT']);
  });

  it('must be written where something personal would leave, and only then', async () => {
    const personalOf = async (who: typeof counter, query: string, said = {}, hasData = true) => {
      const { settle } = await desk.open(who, query, said);
      await settle({ codes: [], hasData, answered: hasData });
      return desk.logged.at(-1)?.personal;
    };
    expect(await personalOf(counter, name(HOA), PROCESSING)).toBe(true);
    expect(await personalOf(counter, name(HOA), PROCESSING, false)).toBe(false);
    // All that is personal in it is refused.
    expect(await personalOf(leader, name(HOA))).toBe(false);
    expect(await personalOf(counter, '{ agencies { code } }')).toBe(false);
    const { access, settle } = await desk.open(counter, '{ agencies { code } }', PROCESSING);
    access.shown(HOA, 'DOSSIER');
    await settle({ codes: [], hasData: true, answered: true });
    expect(desk.logged.at(-1)?.personal).toBe(true);
  });

  it('says what was sought, all of it', async () => {
    const { access, settle } = await desk.open(admin, '{ sectors { id } }');
    access.sought({ subject: 'hash' });
    access.sought({ actor: 'binh' });
    await settle({ codes: [], hasData: true, answered: true });
    expect(desk.logged[0]?.operation.sought).toEqual({ subject: 'hash', actor: 'binh' });
  });
});

describe('Who was shown', () => {
  const DOSSIER = `{ dossier(code: "${OWN}") { applicant { name } parties { name } } }`;

  it('is everybody whom a dossier names, each by what ties them to the purpose', async () => {
    await desk.ask(counter, DOSSIER, PROCESSING);
    expect(shownIn()).toEqual([
      [HOA, 'DOSSIER', OWN],
      [BINH, 'DOSSIER', OWN],
    ]);
    desk.logged.length = 0;
    await desk.ask(citizen, DOSSIER, { purpose: 'SELF' });
    expect(shownIn()).toEqual([
      [HOA, 'SELF', OWN],
      [BINH, 'NAMED', OWN],
    ]);
    await desk.ask(counter, DOSSIER, await received(name(HOA)));
    expect(shownIn()).toEqual([
      [HOA, 'VISIT', OWN],
      [BINH, 'NAMED', OWN],
    ]);
  });

  it('is somebody once in each dossier, by the first that ties them', async () => {
    const { access, settle } = await desk.open(counter, name(HOA), PROCESSING);
    access.shown(STRANGER, 'MATCH');
    access.shown(STRANGER, 'DOSSIER');
    access.shown(STRANGER, 'DOSSIER', OWN);
    access.shown(STRANGER, 'NAMED', STRANGE);
    await settle({ codes: [], hasData: true, answered: true });
    expect(shownIn()).toEqual([
      [STRANGER, 'MATCH', null],
      [STRANGER, 'DOSSIER', OWN],
      [STRANGER, 'NAMED', STRANGE],
    ]);
  });
});

describe('Somebody who asks for themself', () => {
  it('is known under their old number where it is remembered', async () => {
    const { data, refused } = await desk.ask(citizen, name(HOA_OLD), { purpose: 'SELF' });
    expect([data.citizen.fullName, refused]).toEqual(['Nguyễn Văn Hoà', []]);
    expect((await desk.ask(citizen, name(BINH), { purpose: 'SELF' })).refused).toEqual(['citizen FORBIDDEN']);
  });

  it('has the old number as their own for this purpose alone', async () => {
    const { access } = await desk.open(citizen, '{ sectors { id } }');
    await expect(access.askPerson([HOA_OLD], 'IDENTIFIER')).rejects.toMatchObject({ code: 'PURPOSE_REQUIRED' });
  });

  it('sees their own dossiers, and records that are about them under either number', async () => {
    const { access } = await desk.open(citizen, '{ sectors { id } }', { purpose: 'SELF' });
    const facts = { code: AWAY, units: ['H41.50'], numbers: [HOA_OLD] };
    expect(access.judgeDossier(facts)).toEqual({ course: true, personal: null, relation: 'SELF' });
    expect(access.judgeDossier({ ...facts, numbers: [STRANGER] })).toMatchObject({ course: false, relation: 'NONE' });
    access.judgeRecord('land', 'PERSONAL', { key: 'k', numbers: [HOA_OLD], found: true });
    for (const numbers of [[], [STRANGER]]) {
      expect(() => access.judgeRecord('land', 'PERSONAL', { key: 'k', numbers, found: true })).toThrow(/nothing here/);
    }
    expect([access.ownNumber, access.unitsSeen(), access.unitsSeen('OPERATIONAL')]).toEqual([HOA, null, []]);
  });

  it('is told by which number to ask', async () => {
    const { messages } = await desk.ask(citizen, name(STRANGER), { purpose: 'SELF' });
    expect(messages).toEqual(['You see your own data alone: ask by the number of 12 digits that your token names.']);
    const { access } = await desk.open(citizen, '{ sectors { id } }', { purpose: 'SELF' });
    await expect(access.askPerson([STRANGER], 'LINK')).rejects.toThrow('There is nothing here that you may see.');
  });

  it('finds nobody else by name', async () => {
    const { access } = await desk.open(citizen, '{ sectors { id } }', { purpose: 'SELF' });
    expect([access.seesMatch([HOA]), access.seesMatch([BINH])]).toEqual(['WHOLE', 'NOTHING']);
  });
});

describe('Somebody who works on a dossier', () => {
  it('sees whom it names, and is told so of others', async () => {
    const { access } = await desk.open(counter, name(HOA), PROCESSING);
    expect(await access.askPerson([HOA], 'IDENTIFIER')).toBe('DOSSIER');
    expect(await access.askPerson([BINH], 'LINK')).toBe('DOSSIER');
    await expect(access.askPerson([STRANGER], 'IDENTIFIER')).rejects.toThrow(
      /^The dossier that you work on names nobody/,
    );
    await expect(access.askPerson([STRANGER], 'LINK')).rejects.toThrow('There is nothing here that you may see.');
    expect([access.ownNumber, access.seesMatch([HOA]), access.seesMatch([STRANGER])]).toEqual([null, 'WHOLE', 'MATCH']);
  });

  it('takes no places', async () => {
    const { access } = await desk.open(counter, name(HOA), PROCESSING);
    await access.askRecord('land', 'PERSONAL', 'land:landParcel:1');
    await access.askDossier(STRANGE);
    const { personal } = access.judgeDossier({ code: STRANGE, units: ['H41.58'], numbers: [STRANGER] });
    expect(personal?.code).toBe('FORBIDDEN');
  });

  it('sees lists of their units', async () => {
    const { access } = await desk.open(counter, name(HOA), PROCESSING);
    expect(access.unitsSeen()).toEqual(expect.arrayContaining(['H41.58', 'H41.58.01']));
    expect((await desk.open(leader, name(HOA))).access.unitsSeen()).toBeNull();
  });
});

describe('Whoever states no purpose', () => {
  it('is asked for one, and told nothing else', async () => {
    const { access } = await desk.open(counter, '{ sectors { id } }');
    expect(() => access.askSearch()).toThrow(/needs a purpose/);
    await expect(access.askPerson([HOA], 'IDENTIFIER')).rejects.toThrow(/needs a purpose/);
    const { course, personal } = access.judgeDossier({ code: OWN, units: ['H41.58'], numbers: [HOA] });
    expect([course, personal?.code]).toEqual([true, 'PURPOSE_REQUIRED']);
    expect(() => access.judgeRecord('land', 'PERSONAL', { key: 'k', numbers: [HOA], found: true })).toThrow(/purpose/);
    expect([access.mayRead('Citizen.fullName'), access.mayRead('Dossier.status')]).toEqual([false, true]);
    expect(access.classOf('Citizen.fullName')).toEqual({ data: 'PERSONAL', sector: 'hub' });
    expect([access.isServed('Citizen.fullName'), access.isServed('Citizen.shoeSize')]).toEqual([true, false]);
  });

  it('may not do what needs a grant of its own', async () => {
    const { access } = await desk.open(counter, '{ sectors { id } }');
    access.demand('OPERATE', 'COURSE', 'H41.58.01');
    access.demand('OPERATE', 'COURSE');
    expect(() => access.demand('OPERATE', 'COURSE', 'H41.50')).toThrow('You hold no grant for this operation.');
    expect(() => access.demand('OPERATE', 'OPERATIONAL')).toThrow('You hold no grant for this operation.');
  });

  it('may look for people with one', async () => {
    (await desk.open(counter, '{ sectors { id } }', PROCESSING)).access.askSearch();
  });
});

describe('In a visit', () => {
  it('whoever is asked for by number takes a place, once', async () => {
    const said = await received(name(HOA), name(HOA), name(HOA_OLD));
    expect((await desk.registry.visits.read(said.visit))?.subjects).toEqual(new Set([hashOf(HOA)]));
    await desk.ask(counter, name(BINH), said);
    expect((await desk.registry.visits.read(said.visit))?.subjects).toEqual(new Set([hashOf(HOA), hashOf(BINH)]));
  });

  it('an old number stands for the person who has it', async () => {
    const said = await received(name(HOA_OLD));
    const { access } = await desk.open(counter, '{ sectors { id } }', said);
    expect(await access.askPerson([HOA], 'LINK')).toBe('VISIT');
    expect(await access.askPerson([HOA_OLD], 'LINK')).toBe('VISIT');
    await expect(access.askPerson([BINH], 'LINK')).rejects.toThrow('There is nothing here that you may see.');
  });

  it('whom a record names takes no place', async () => {
    const said = await received();
    const { access } = await desk.open(counter, '{ sectors { id } }', said);
    await expect(access.askPerson([HOA], 'LINK')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await desk.registry.visits.read(said.visit))?.subjects.size).toBe(0);
  });

  it('places are given in the order in which they are asked for, until there are no more', async () => {
    const said = await received();
    const { access } = await desk.open(counter, '{ sectors { id } }', said);
    const numbers = Array.from({ length: 10 }, (_, place) => `00108500400${place}`);
    const asked = await Promise.allSettled(numbers.map((number) => access.askPerson([number], 'IDENTIFIER')));
    expect(asked.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 8 }, () => 'fulfilled'),
      ...['rejected', 'rejected'],
    ]);
    expect(asked[8]).toMatchObject({
      reason: { code: 'VISIT_FULL', message: expect.stringMatching(/at most 8 people and records/) },
    });
    // One that is in the visit already needs no place.
    expect(await access.askPerson([numbers[0] as string], 'IDENTIFIER')).toBe('VISIT');
    const subjects = (await desk.registry.visits.read(said.visit))?.subjects;
    expect(subjects).toEqual(new Set(numbers.slice(0, 8).map(hashOf)));
  });

  it('that ends meanwhile nobody takes a place any more', async () => {
    const said = await received();
    const { access } = await desk.open(counter, '{ sectors { id } }', said);
    await desk.registry.visits.close(said.visit);
    await expect(access.askPerson([HOA], 'IDENTIFIER')).rejects.toMatchObject({ code: 'VISIT_OVER' });
    await expect(access.askRecord('land', 'PERSONAL', 'k')).rejects.toMatchObject({ code: 'VISIT_OVER' });
  });

  it('a record that is asked for by its key takes a place, and is seen by it', async () => {
    const said = await received();
    const { access } = await desk.open(counter, '{ sectors { id } }', said);
    const record = { key: 'land:landParcel:1', numbers: [STRANGER], found: true };
    expect(() => access.judgeRecord('land', 'PERSONAL', record)).toThrow('There is nothing here that you may see.');
    await access.askRecord('land', 'PERSONAL', record.key);
    access.judgeRecord('land', 'PERSONAL', record);
    expect(() => access.judgeRecord('land', 'PERSONAL', { ...record, key: 'land:landParcel:2' })).toThrow(
      /nothing here/,
    );
    // What anybody may read needs none.
    await access.askRecord('land', 'PUBLIC', 'land:business:1');
    expect((await desk.registry.visits.read(said.visit))?.subjects).toEqual(new Set([hashOf(record.key)]));
    // Nor is one asked for that nobody at a counter may see.
    await expect(access.askRecord('one-stop', 'SENSITIVE', 'k')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('a dossier that is asked for by its code takes a place, and is seen by it', async () => {
    const said = await received();
    const { access } = await desk.open(counter, '{ sectors { id } }', said);
    const facts = { code: STRANGE, units: ['H41.58'], numbers: [STRANGER] };
    expect(access.judgeDossier(facts)).toMatchObject({
      course: true,
      personal: { code: 'FORBIDDEN' },
      relation: 'NONE',
    });
    await access.askDossier(STRANGE);
    expect(access.judgeDossier(facts)).toEqual({ course: true, personal: null, relation: 'VISIT' });
    expect((await desk.registry.visits.read(said.visit))?.subjects).toEqual(new Set([hashOf(`dossier:${STRANGE}`)]));
  });

  it('a dossier of another unit is none, whoever stands there', async () => {
    const said = await received(name(STRANGER));
    const { access } = await desk.open(counter, '{ sectors { id } }', said);
    const away = access.judgeDossier({ code: AWAY, units: ['H41.50'], numbers: [STRANGER] });
    expect(away).toMatchObject({ course: false, relation: 'NONE', personal: { code: 'FORBIDDEN' } });
  });

  it('people found by name are matches until they are asked for by number', async () => {
    const query =
      '{ citizens(name: "Nguyễn Văn Hoà") { nodes { fullName birthDate gender accesses { nodes { at } } } } }';
    const said = await received();
    const found = await desk.ask(counter, query, said);
    expect(found.data.citizens.nodes[1]).toEqual({
      ...{ fullName: 'Nguyễn Văn Hoà', birthDate: '1985', gender: null, accesses: null },
    });
    expect(shownIn()).toEqual([
      [HOA, 'MATCH', null],
      [BINH, 'MATCH', null],
    ]);
    await desk.ask(counter, name(HOA), said);
    desk.logged.length = 0;
    const again = await desk.ask(counter, query, said);
    expect(again.data.citizens.nodes[1]).toMatchObject({ birthDate: '1985-03-14', gender: 'MALE' });
    expect(shownIn()).toEqual([
      [HOA, 'VISIT', null],
      [BINH, 'MATCH', null],
    ]);
  });
});
