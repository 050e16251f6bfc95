import { describe, expect, it } from 'vitest';
import { bearerOf } from '../../core/access/bearers.ts';
import { AWAY, citizen, counter, HOA_OLD, leader, name, OWN, PROCESSING, STRANGE, useDeskStage } from './desk-stage.ts';
import { hashOf } from './small-desk.ts';
import { BINH, HOA, STRANGER } from './stage.ts';

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
    expect(personal?.code).toBe('FORBIDDEN');
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
    await expect(access.askRecord('one-stop', 'SENSITIVE', 'k')).rejects.toMatchObject({ code: 'FORBIDDEN' });
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
    expect(away).toMatchObject({ course: false, relation: 'NONE', personal: { code: 'FORBIDDEN' } });
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
