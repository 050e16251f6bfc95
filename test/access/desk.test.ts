import { execute, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { numbersOf } from '../../core/access/bearers.ts';
import { accessLogResolvers } from '../../resolvers/access-log.ts';
import { createOperation } from '../../resolvers/operation.ts';
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
import { openSmallDesk } from './small-desk.ts';
import { actor, BINH, HOA, STRANGER } from './stage.ts';

const stage = useDeskStage();

const LOST = 'H41.58.01-261119-9999';

describe('An operation is opened', () => {
  it('for whoever asks, and tells the systems who that is', async () => {
    const { caller, access } = await stage.desk.open(counter, name(HOA), PROCESSING);
    expect(caller).toEqual({
      ...{ actor: 'counter.binh', client: 'counter-desk', unit: 'H41.58.01', requestId: 'request' },
      ...{ purpose: 'PROCESSING', dossier: OWN, onBehalfOf: undefined, visit: undefined },
    });
    expect(access.actor).toBe(counter);
    expect(access.purpose).toMatchObject({ code: 'PROCESSING', visit: null, dossier: { code: OWN } });
  });

  it('for an application on behalf of whoever it acts for', async () => {
    const { caller } = await stage.desk.open(actor({ id: 'binh', delegated: true }), '{ sectors { id } }');
    expect(caller).toEqual({
      ...{ actor: 'counter-desk', onBehalfOf: 'binh', client: 'counter-desk', unit: 'H41.58.01', requestId: 'request' },
      ...{ purpose: undefined, dossier: undefined, visit: undefined },
    });
    expect((await stage.desk.open(admin, '{ sectors { id } }')).caller.unit).toBeUndefined();
  });

  it('with a visit of one’s own that is open, and with no other', async () => {
    const visit = await stage.openVisit();
    const said = { purpose: 'RECEPTION', visit } as const;
    const { access, caller } = await stage.desk.open(counter, name(HOA), said);
    expect(access.purpose).toEqual({ code: 'RECEPTION', dossier: null, visit: { id: visit, subjects: new Set() } });
    expect(caller.visit).toBe(visit);
    const over = expect.objectContaining({ code: 'VISIT_OVER' });
    await expect(stage.desk.open(actor({ id: 'somebody.else' }), name(HOA), said)).rejects.toEqual(over);
    await expect(stage.desk.open({ ...counter, client: 'steering-board' }, name(HOA), said)).rejects.toEqual(over);
    await expect(stage.desk.open(counter, name(HOA), { ...said, visit: 'nothing' })).rejects.toEqual(over);
    await stage.desk.ask(counter, `mutation { closeVisit(id: "${visit}") { id } }`);
    await expect(stage.desk.open(counter, name(HOA), said)).rejects.toEqual(over);
  });

  it('with no visit while visits cannot be read, whatever the database says of it', async () => {
    const { registry } = stage.desk;
    const read = () => Promise.reject(new Error('no such table: visit'));
    const broken = openSmallDesk({ ...stage.house, registry: { ...registry, visits: { ...registry.visits, read } } });
    const said = { purpose: 'RECEPTION', visit: 'a visit' } as const;
    await expect(broken.open(counter, name(HOA), said)).rejects.toMatchObject({
      ...{ code: 'STORE_UNAVAILABLE', message: 'The hub’s own store could not be read or written' },
    });
  });

  it('for a dossier that one may see, and in the same words not for another’s nor for none', async () => {
    const refused = {
      code: 'FORBIDDEN',
      message: expect.stringMatching(/^X-Dossier names no dossier that you may see, so nothing of this request/),
    };
    for (const dossier of [AWAY, LOST]) {
      await expect(stage.desk.open(counter, name(HOA), { purpose: 'PROCESSING', dossier })).rejects.toMatchObject(
        refused,
      );
    }
  });

  it('for a dossier however its code is typed, and says to systems and in the log which that is', async () => {
    const typed = { purpose: 'PROCESSING', dossier: ` ${OWN.toLowerCase()}` } as const;
    const { access, caller, settle } = await stage.desk.open(counter, name(HOA), typed);
    expect(numbersOf(access.purpose.dossier?.people ?? [])).toEqual([HOA, HOA_OLD, BINH]);
    await settle({ codes: [], hasData: true, answered: true });
    expect([caller.dossier, stage.desk.logged[0]?.operation.dossier]).toEqual([OWN, OWN]);
  });

  it('on the guarded schema where something of it is refused, and on the plain one where nothing is', async () => {
    const open = await stage.desk.open(counter, name(HOA), PROCESSING);
    expect([open.guarded, [...open.access.refused.keys()]]).toEqual([false, []]);
    const closed = await stage.desk.open(leader, name(HOA));
    expect(closed.guarded).toBe(true);
    expect([...closed.access.refused.keys()].sort()).toEqual(['Citizen.fullName', 'Query.citizen']);
  });

  it('and never answered on the plain schema where something of it is refused', async () => {
    const query = `{ agency(code: "H41") { title } citizen(id: "${HOA}") { fullName } }`;
    const { access, caller } = await stage.desk.open(leader, query);
    const { signal } = new AbortController();
    const { data, errors } = await execute({
      schema: stage.desk.schema,
      document: parse(query),
      contextValue: createOperation(stage.desk.registry, { caller, access, signal }),
    });
    expect(data).toEqual({ agency: null, citizen: null });
    expect(errors?.map(({ message }) => message)).toEqual(
      Array.from(
        { length: 2 },
        () => 'An operation of which something is refused was run on the schema that refuses nothing',
      ),
    );
    expect(stage.house.calls).toEqual([]);
  });

  it('with what the grants say of visits and of fields, and the catalogue of agencies', async () => {
    const { registry, open } = openSmallDesk(stage.house);
    const { visits, codesBelow } = registry.access;
    expect(visits).toMatchObject({ minutes: 30, subjects: 8 });
    expect(visits.hashOf('a')).toBe('#a');
    expect(codesBelow('H41.58')).toEqual(expect.arrayContaining(['H41.58', 'H41.58.01']));
    expect(codesBelow('H41.99')).toEqual([]);
    expect([...(await open(leader, name(HOA))).access.refused.keys()]).toContain('Citizen.fullName');
  });
});

describe('What is logged', () => {
  it('says who asked what for which purpose, which systems were asked, and who was shown', async () => {
    await stage.desk.ask(
      counter,
      `query Nguoi { citizen(id: "${HOA}") { fullName dossiers { totalCount } } }`,
      PROCESSING,
    );
    expect(stage.desk.logged).toEqual([
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
    const visit = await stage.openVisit();
    const query = '{ sectors { id } }';
    const { settle } = await stage.desk.open(counter, query, { purpose: 'RECEPTION', visit }, { event: true });
    stage.desk.logged.length = 0;
    await settle({ codes: [], hasData: true, answered: true });
    expect(stage.desk.logged[0]?.operation).toMatchObject({ kind: 'EVENT', visit, purpose: 'RECEPTION' });
    expect(stage.desk.logged[0]?.operation).not.toHaveProperty('sought');
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
    const { settle } = await stage.desk.open(admin, '{ sectors { id } }');
    await settle(settled);
    expect(stage.desk.logged[0]?.operation).toMatchObject({ outcome, codes: [...settled.codes].sort() });
  });

  it('calls refused what was answered with nothing but refusals', async () => {
    expect((await stage.desk.ask(counter, name(STRANGER), PROCESSING)).refused).toEqual(['citizen FORBIDDEN']);
    await stage.desk.ask(
      counter,
      `{ citizen(id: "${STRANGER}") { fullName } agency(code: "H41") { code } }`,
      PROCESSING,
    );
    // Nobody has the number: that is an answer.
    const nobody = '001085999999';
    const said = await stage.received();
    expect((await stage.desk.ask(counter, name(nobody), said)).refused).toEqual([]);
    expect(stage.desk.logged.map(({ operation, subjects }) => [operation.outcome, subjects.length])).toEqual([
      ['ANSWERED', 0],
    ]);
  });

  it('has its codes and the systems that were asked in order', async () => {
    const { access, settle } = await stage.desk.open(admin, '{ sectors { id } }');
    for (const system of ['land', 'index', 'civil-status', 'index']) access.asked(system);
    await settle({ codes: ['SOURCE_TIMEOUT', 'FORBIDDEN', 'AMBIGUOUS'], hasData: true, answered: true });
    expect(stage.desk.logged[0]?.operation).toMatchObject({
      codes: ['AMBIGUOUS', 'FORBIDDEN', 'SOURCE_TIMEOUT'],
      systems: ['civil-status', 'index', 'land'],
    });
  });

  it('must be written where something personal would leave, and only then', async () => {
    const personalOf = async (who: typeof counter, query: string, said = {}, hasData = true) => {
      const { settle } = await stage.desk.open(who, query, said);
      await settle({ codes: [], hasData, answered: hasData });
      return stage.desk.logged.at(-1)?.personal;
    };
    expect(await personalOf(counter, name(HOA), PROCESSING)).toBe(true);
    expect(await personalOf(counter, name(HOA), PROCESSING, false)).toBe(false);
    // All that is personal in it is refused.
    expect(await personalOf(leader, name(HOA))).toBe(false);
    expect(await personalOf(counter, '{ agencies { code } }')).toBe(false);
    const { access, settle } = await stage.desk.open(counter, '{ agencies { code } }', PROCESSING);
    access.shown(HOA, 'DOSSIER');
    await settle({ codes: [], hasData: true, answered: true });
    expect(stage.desk.logged.at(-1)?.personal).toBe(true);
  });
});

describe('Who was shown', () => {
  const DOSSIER = `{ dossier(code: "${OWN}") { applicant { name } parties { name } } }`;

  it('is everybody whom a dossier names, each by what ties them to the purpose', async () => {
    await stage.desk.ask(counter, DOSSIER, PROCESSING);
    expect(stage.shownIn()).toEqual([
      [HOA, 'DOSSIER', OWN],
      [BINH, 'DOSSIER', OWN],
    ]);
    stage.desk.logged.length = 0;
    await stage.desk.ask(citizen, DOSSIER, { purpose: 'SELF' });
    expect(stage.shownIn()).toEqual([
      [HOA, 'SELF', OWN],
      [BINH, 'NAMED', OWN],
    ]);
    await stage.desk.ask(counter, DOSSIER, await stage.received(name(HOA)));
    expect(stage.shownIn()).toEqual([
      [HOA, 'VISIT', OWN],
      [BINH, 'NAMED', OWN],
    ]);
  });

  it('is somebody once in each dossier, by the first that ties them', async () => {
    const { access, settle } = await stage.desk.open(counter, name(HOA), PROCESSING);
    access.shown(STRANGER, 'MATCH');
    access.shown(STRANGER, 'DOSSIER');
    access.shown(STRANGER, 'DOSSIER', OWN);
    access.shown(STRANGER, 'NAMED', STRANGE);
    await settle({ codes: [], hasData: true, answered: true });
    expect(stage.shownIn()).toEqual([
      [STRANGER, 'MATCH', null],
      [STRANGER, 'DOSSIER', OWN],
      [STRANGER, 'NAMED', STRANGE],
    ]);
  });
});

describe('Who looked at somebody', () => {
  it('is not told of one who was only found by name', async () => {
    const { access, caller } = await stage.desk.open(citizen, '{ sectors { id } }', { purpose: 'SELF' });
    const operation = createOperation(stage.desk.registry, { caller, access, signal: new AbortController().signal });
    const accesses = accessLogResolvers().Citizen?.accesses as (...given: readonly unknown[]) => Promise<object>;
    const identity = { numbers: [HOA], canonical: HOA };
    await expect(accesses({ identity, isMatch: true }, {}, operation)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await accesses({ identity, isMatch: false }, {}, operation)).toMatchObject({ nodes: [] });
  });
});
