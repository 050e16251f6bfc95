import { describe, expect, it } from 'vitest';
import { bearerOf } from '../../core/access/bearers.ts';
import type { Grant } from '../../core/access.ts';
import {
  AWAY,
  admin,
  citizen,
  counter,
  HOA_OLD,
  leader,
  name,
  OWN,
  PROCESSING,
  STRANGE,
  useDeskStage,
} from './desk-stage.ts';
import { hashOf, openSmallDesk } from './small-desk.ts';
import { BINH, grant, HOA, STRANGER } from './stage.ts';

const stage = useDeskStage();

describe('Somebody who asks for themself', () => {
  it('is known under their old number where it is remembered', async () => {
    const { data, refused } = await stage.desk.ask(citizen, name(HOA_OLD), { purpose: 'SELF' });
    expect([data.citizen.fullName, refused]).toEqual(['Nguyễn Văn Hoà', []]);
    expect((await stage.desk.ask(citizen, name(BINH), { purpose: 'SELF' })).refused).toEqual(['citizen FORBIDDEN']);
  });

  it('has the old number as their own for this purpose alone', async () => {
    const { access } = await stage.desk.open(citizen, '{ sectors { id } }');
    await expect(access.askPerson([HOA_OLD], 'IDENTIFIER')).rejects.toMatchObject({ code: 'PURPOSE_REQUIRED' });
    const officer = { ...counter, personalNumber: HOA };
    for (const said of [{}, PROCESSING]) {
      expect([...(await stage.desk.open(officer, '{ sectors { id } }', said)).access.ownOldNumbers]).toEqual([]);
    }
  });

  it('sees their own dossiers, and records that are about them; an old number alone is no evidence', async () => {
    const { access } = await stage.desk.open(citizen, '{ sectors { id } }', { purpose: 'SELF' });
    const facts = { code: AWAY, units: ['H41.50'], people: [bearerOf([HOA])] };
    expect(access.judgeDossier(facts)).toEqual({ course: true, personal: null, relation: 'SELF' });
    for (const numbers of [[HOA_OLD], [STRANGER]]) {
      expect(access.judgeDossier({ ...facts, people: [bearerOf(numbers)] })).toMatchObject({
        course: false,
        relation: 'NONE',
      });
    }
    access.judgeRecord('land', 'PERSONAL', { key: 'k', people: [bearerOf([HOA])] });
    expect([...access.ownOldNumbers]).toEqual([HOA_OLD]);
    for (const numbers of [[], [HOA_OLD], [STRANGER]]) {
      expect(() => access.judgeRecord('land', 'PERSONAL', { key: 'k', people: [bearerOf(numbers)] })).toThrow(
        /nothing here/,
      );
    }
    expect([access.ownNumber, access.unitsSeen(), access.unitsSeen('OPERATIONAL')]).toEqual([HOA, null, []]);
  });

  it('is nobody where they ask by no number, or where their token names none', async () => {
    const { access } = await stage.desk.open(citizen, '{ sectors { id } }', { purpose: 'SELF' });
    await expect(access.askPerson([], 'IDENTIFIER')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const numberless = { ...citizen, personalNumber: null };
    const { access: none } = await stage.desk.open(numberless, '{ sectors { id } }', { purpose: 'SELF' });
    // Null would narrow no list.
    expect(none.ownNumber).toBe('');
    await expect(none.askPerson([HOA], 'IDENTIFIER')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('is told by which number to ask', async () => {
    const { messages } = await stage.desk.ask(citizen, name(STRANGER), { purpose: 'SELF' });
    expect(messages).toEqual(['You see your own data alone: ask by the number of 12 digits that your token names.']);
    const { access } = await stage.desk.open(citizen, '{ sectors { id } }', { purpose: 'SELF' });
    await expect(access.askPerson([STRANGER], 'LINK')).rejects.toThrow('There is nothing here that you may see.');
  });

  it('finds nobody else by name', async () => {
    const { access } = await stage.desk.open(citizen, '{ sectors { id } }', { purpose: 'SELF' });
    expect([access.seesMatch([bearerOf([HOA])]), access.seesMatch([bearerOf([BINH])])]).toEqual(['WHOLE', 'NOTHING']);
  });
});

describe('Somebody who works on a dossier', () => {
  it('sees whom it names, and is told so of others', async () => {
    const { access } = await stage.desk.open(counter, name(HOA), PROCESSING);
    expect(await access.askPerson([HOA], 'IDENTIFIER')).toBe('DOSSIER');
    expect(await access.askPerson([BINH], 'LINK')).toBe('DOSSIER');
    await expect(access.askPerson([STRANGER], 'IDENTIFIER')).rejects.toThrow(
      /^The dossier that you work on names nobody/,
    );
    await expect(access.askPerson([STRANGER], 'LINK')).rejects.toThrow('There is nothing here that you may see.');
    expect([access.ownNumber, access.seesMatch([bearerOf([HOA])]), access.seesMatch([bearerOf([STRANGER])])]).toEqual([
      null,
      'WHOLE',
      'MATCH',
    ]);
  });

  it('takes no places', async () => {
    const { access } = await stage.desk.open(counter, name(HOA), PROCESSING);
    await access.askRecord('land', 'PERSONAL', 'land:landParcel:1');
    await access.askDossier(STRANGE);
    const { personal } = access.judgeDossier({ code: STRANGE, units: ['H41.58'], people: [bearerOf([STRANGER])] });
    expect(personal).toMatchObject({ code: 'FORBIDDEN', message: 'There is nothing here that you may see.' });
  });

  it('takes none, and makes no two of them one, in a visit that is stated beside it', async () => {
    const { visit } = await stage.received(name(HOA), name(BINH));
    const { access } = await stage.desk.open(counter, name(HOA), { ...PROCESSING, visit });
    await access.askRecord('land', 'PERSONAL', 'land:landParcel:1');
    await access.askDossier(STRANGE);
    await access.foundPerson([HOA, BINH]);
    expect((await stage.desk.registry.visits.read(visit))?.subjects).toEqual(new Set([hashOf(HOA), hashOf(BINH)]));
  });

  it('is shown nobody who turns out to be another than the dossier names, and told why as far as they asked', async () => {
    const { access } = await stage.desk.open(counter, name(HOA), PROCESSING);
    access.judgePerson([bearerOf([HOA])], 'IDENTIFIER');
    const judge = (how: 'IDENTIFIER' | 'LINK') => () => access.judgePerson([bearerOf([STRANGER])], how);
    expect(judge('IDENTIFIER')).toThrow(/^By this number alone it is not certain whom the dossier names/);
    expect(judge('LINK')).toThrow('There is nothing here that you may see.');
  });

  it('is told of no dossier where it is a grant that they lack', async () => {
    const { access } = await stage.desk.open(admin, '{ sectors { id } }');
    await expect(access.askPerson([HOA], 'IDENTIFIER')).rejects.toThrow('There is nothing here that you may see.');
  });

  it('needs a grant for what the hub itself tells of people, which one for a sector’s records is not', async () => {
    const grants = ['hub', 'land'].flatMap((sector): readonly Grant[] => {
      const base = grant({ client: `${sector}-desk`, units: 'all', sectors: [sector], data: ['PERSONAL'] });
      return [
        { ...base, purposes: ['PROCESSING'] },
        { ...base, sectors: ['hub'], data: ['COURSE'] },
      ];
    });
    const desk = openSmallDesk(stage.house, grants);
    const openedBy = async (sector: string) =>
      (await desk.open({ ...admin, role: 'app', client: `${sector}-desk` }, '{ sectors { id } }', PROCESSING)).access;
    const keeper = await openedBy('hub');
    keeper.askSearch();
    expect(await keeper.askPerson([HOA], 'IDENTIFIER')).toBe('DOSSIER');
    const other = await openedBy('land');
    expect(() => other.askSearch()).toThrow('You hold no grant for this operation.');
    await expect(other.askPerson([HOA], 'IDENTIFIER')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('sees lists of their units', async () => {
    const { access } = await stage.desk.open(counter, name(HOA), PROCESSING);
    expect(access.unitsSeen()).toEqual(expect.arrayContaining(['H41.58', 'H41.58.01']));
    expect((await stage.desk.open(leader, name(HOA))).access.unitsSeen()).toBeNull();
  });
});

describe('Whoever states no purpose', () => {
  it('is asked for one, and told nothing else', async () => {
    const { access } = await stage.desk.open(counter, '{ sectors { id } }');
    expect(() => access.askSearch()).toThrow(/needs a purpose/);
    await expect(access.askPerson([HOA], 'IDENTIFIER')).rejects.toThrow(/needs a purpose/);
    const { course, personal } = access.judgeDossier({ code: OWN, units: ['H41.58'], people: [bearerOf([HOA])] });
    expect([course, personal?.code]).toEqual([true, 'PURPOSE_REQUIRED']);
    expect(() => access.judgeRecord('land', 'PERSONAL', { key: 'k', people: [bearerOf([HOA])] })).toThrow(/purpose/);
    expect(access.classOf('Citizen.fullName')).toEqual({ data: 'PERSONAL', sector: 'hub' });
    expect([access.isServed('Citizen.fullName'), access.isServed('Citizen.shoeSize')]).toEqual([true, false]);
  });

  it('may not do what needs a grant of its own', async () => {
    const { access } = await stage.desk.open(counter, '{ sectors { id } }');
    access.demand('OPERATE', 'COURSE', 'H41.58.01');
    access.demand('OPERATE', 'COURSE');
    expect(() => access.demand('OPERATE', 'COURSE', 'H41.50')).toThrow('You hold no grant for this operation.');
    expect(() => access.demand('OPERATE', 'OPERATIONAL')).toThrow('You hold no grant for this operation.');
  });

  it('may look for people with one', async () => {
    (await stage.desk.open(counter, '{ sectors { id } }', PROCESSING)).access.askSearch();
  });
});

describe('In a visit', () => {
  it('whoever is asked for by number takes a place, once', async () => {
    const said = await stage.received(name(HOA), name(HOA), name(HOA_OLD));
    expect((await stage.desk.registry.visits.read(said.visit))?.subjects).toEqual(new Set([hashOf(HOA)]));
    await stage.desk.ask(counter, name(BINH), said);
    expect((await stage.desk.registry.visits.read(said.visit))?.subjects).toEqual(new Set([hashOf(HOA), hashOf(BINH)]));
  });

  it('an old number stands for the person who has it', async () => {
    const said = await stage.received(name(HOA_OLD));
    const { access } = await stage.desk.open(counter, '{ sectors { id } }', said);
    expect(await access.askPerson([HOA], 'LINK')).toBe('VISIT');
    expect(await access.askPerson([HOA_OLD], 'LINK')).toBe('VISIT');
    await expect(access.askPerson([BINH], 'LINK')).rejects.toThrow('There is nothing here that you may see.');
  });

  it('whoever was asked for by their number is meant by an old one that is theirs alone', async () => {
    const said = await stage.received(name(HOA));
    const desk = openSmallDesk({ ...stage.house, registry: stage.desk.registry });
    const { access } = await desk.open(counter, '{ sectors { id } }', said);
    expect(await access.askPerson([HOA_OLD], 'LINK')).toBe('VISIT');
    // Whoever bears it beside another number of 12 digits is somebody else.
    await expect(access.askPerson([BINH, HOA_OLD], 'LINK')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(access.askPerson(['012345678'], 'LINK')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('whom a record names takes no place', async () => {
    const said = await stage.received();
    const { access } = await stage.desk.open(counter, '{ sectors { id } }', said);
    await expect(access.askPerson([HOA], 'LINK')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await stage.desk.registry.visits.read(said.visit))?.subjects.size).toBe(0);
  });

  it('places are given in the order in which they are asked for, until there are no more', async () => {
    const said = await stage.received();
    const { access } = await stage.desk.open(counter, '{ sectors { id } }', said);
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
    const subjects = (await stage.desk.registry.visits.read(said.visit))?.subjects;
    expect(subjects).toEqual(new Set(numbers.slice(0, 8).map(hashOf)));
  });

  it('that ends meanwhile nobody takes a place any more', async () => {
    const said = await stage.received();
    const { access } = await stage.desk.open(counter, '{ sectors { id } }', said);
    await stage.desk.registry.visits.close(said.visit);
    await expect(access.askPerson([HOA], 'IDENTIFIER')).rejects.toMatchObject({ code: 'VISIT_OVER' });
    await expect(access.askRecord('land', 'PERSONAL', 'k')).rejects.toMatchObject({ code: 'VISIT_OVER' });
  });

  it('a record that is asked for by its key takes a place, and is seen by it', async () => {
    const said = await stage.received();
    const { access } = await stage.desk.open(counter, '{ sectors { id } }', said);
    const record = { key: 'land:landParcel:1', people: [bearerOf([STRANGER])] };
    expect(() => access.judgeRecord('land', 'PERSONAL', record)).toThrow('There is nothing here that you may see.');
    await access.askRecord('land', 'PERSONAL', record.key);
    access.judgeRecord('land', 'PERSONAL', record);
    expect(() => access.judgeRecord('land', 'PERSONAL', { ...record, key: 'land:landParcel:2' })).toThrow(
      /nothing here/,
    );
    // What anybody may read needs none.
    await access.askRecord('land', 'PUBLIC', 'land:business:1');
    expect((await stage.desk.registry.visits.read(said.visit))?.subjects).toEqual(new Set([hashOf(record.key)]));
    // Nor is one asked for that nobody at a counter may see.
    await expect(access.askRecord('one-stop', 'SENSITIVE', 'k')).rejects.toMatchObject({
      ...{ code: 'FORBIDDEN', message: 'There is nothing here that you may see.' },
    });
  });

  it('a dossier that is asked for by its code takes a place, and is seen by it', async () => {
    const said = await stage.received();
    const { access } = await stage.desk.open(counter, '{ sectors { id } }', said);
    const facts = { code: STRANGE, units: ['H41.58'], people: [bearerOf([STRANGER])] };
    expect(access.judgeDossier(facts)).toMatchObject({
      course: true,
      personal: { code: 'FORBIDDEN' },
      relation: 'NONE',
    });
    await access.askDossier(STRANGE);
    expect(access.judgeDossier(facts)).toEqual({ course: true, personal: null, relation: 'VISIT' });
    expect((await stage.desk.registry.visits.read(said.visit))?.subjects).toEqual(
      new Set([hashOf(`dossier:${STRANGE}`)]),
    );
  });

  it('a dossier of another unit is none, whoever stands there', async () => {
    const said = await stage.received(name(STRANGER));
    const { access } = await stage.desk.open(counter, '{ sectors { id } }', said);
    const away = access.judgeDossier({ code: AWAY, units: ['H41.50'], people: [bearerOf([STRANGER])] });
    const personal = { code: 'FORBIDDEN', message: 'There is nothing here that you may see.' };
    expect(away).toMatchObject({ course: false, relation: 'NONE', personal });
  });

  it('whom a record leads to is somebody who was asked for, or refused once it is known who they are', async () => {
    const said = await stage.received(name(HOA));
    const { access } = await stage.desk.open(counter, '{ sectors { id } }', said);
    access.judgePerson([bearerOf([HOA])], 'LINK');
    expect(() => access.judgePerson([bearerOf([STRANGER])], 'LINK')).toThrow('There is nothing here that you may see.');
    // Who was asked for by number has a place, whoever it is.
    access.judgePerson([bearerOf([STRANGER])], 'IDENTIFIER');
  });

  it('nobody takes a place who may ask for nobody', async () => {
    const said = await stage.received();
    const { access } = await stage.desk.open({ ...counter, role: 'leader' }, '{ sectors { id } }', said);
    await expect(access.askPerson([HOA], 'IDENTIFIER')).rejects.toMatchObject({
      ...{ code: 'FORBIDDEN', message: 'There is nothing here that you may see.' },
    });
    expect((await stage.desk.registry.visits.read(said.visit))?.subjects.size).toBe(0);
  });

  it('that is none, a dossier that is asked for takes no place', async () => {
    const { access } = await stage.desk.open(counter, '{ sectors { id } }', { purpose: 'RECEPTION' });
    await access.askDossier(OWN);
    await access.foundPerson([HOA, HOA_OLD]);
    await expect(access.askPerson([HOA], 'IDENTIFIER')).rejects.toMatchObject({ code: 'PURPOSE_REQUIRED' });
  });

  it('somebody is known at once under every number under which they were found', async () => {
    const said = await stage.received();
    const { access } = await stage.desk.open(counter, '{ sectors { id } }', said);
    await access.askPerson([STRANGER], 'IDENTIFIER');
    // One of their numbers has a place, and it is not the first.
    const older = '001099009990';
    await access.foundPerson([older, STRANGER]);
    expect(await access.askPerson([older], 'LINK')).toBe('VISIT');
    expect(await access.askPerson([STRANGER], 'LINK')).toBe('VISIT');
    await expect(access.askPerson([BINH], 'LINK')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const held = await stage.desk.registry.visits.read(said.visit);
    expect([held?.subjects, held?.aliases]).toEqual([
      new Set([hashOf(STRANGER)]),
      new Map([[hashOf(older), hashOf(STRANGER)]]),
    ]);
  });

  it('the store is asked for a place once for each who needs one', async () => {
    const said = await stage.received();
    const { visits } = stage.desk.registry;
    const asked: (readonly string[])[] = [];
    const takePlace: typeof visits.takePlace = (id, subjects, most) => {
      asked.push(subjects);
      return visits.takePlace(id, subjects, most);
    };
    const registry = { ...stage.desk.registry, visits: { ...visits, takePlace } };
    const { access } = await openSmallDesk({ ...stage.house, registry }).open(counter, '{ sectors { id } }', said);
    // The second is asked for by a number more than the first, who is the same.
    for (const numbers of [[HOA], [HOA, HOA_OLD], [BINH]]) await access.askPerson(numbers, 'IDENTIFIER');
    expect(asked).toEqual([[hashOf(HOA)], [hashOf(BINH)]]);
  });

  it('people found by name are matches until they are asked for by number', async () => {
    const query =
      '{ citizens(name: "Nguyễn Văn Hoà") { nodes { fullName birthDate gender accesses { nodes { at } } } } }';
    const said = await stage.received();
    const found = await stage.desk.ask(counter, query, said);
    expect(found.data.citizens.nodes[1]).toEqual({
      ...{ fullName: 'Nguyễn Văn Hoà', birthDate: '1985', gender: null, accesses: null },
    });
    expect(stage.shownIn()).toEqual([
      [HOA, 'MATCH', null],
      [BINH, 'MATCH', null],
    ]);
    await stage.desk.ask(counter, name(HOA), said);
    stage.desk.logged.length = 0;
    const again = await stage.desk.ask(counter, query, said);
    expect(again.data.citizens.nodes[1]).toMatchObject({ birthDate: '1985-03-14', gender: 'MALE' });
    expect(stage.shownIn()).toEqual([
      [HOA, 'VISIT', null],
      [BINH, 'MATCH', null],
    ]);
  });
});
