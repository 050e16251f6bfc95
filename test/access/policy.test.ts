import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../core/access/policy-check.ts';

const sectors = ['business-registration', 'civil-status', 'land', 'one-stop'];
const surroundings = { sectors, isAgency: (code: string) => ['H41', 'H41.58', '000.00.58.H41'].includes(`${code}`) };

type Json = Record<string, unknown>;

const CLIENTS = [
  { id: 'counter-desk', title: 'Quầy', roles: ['counter', 'leader'], certificate: 'none' },
  { id: 'citizen-app', title: 'Ứng dụng', roles: ['citizen'], certificate: 'none', perMinute: 60, atOnce: 4 },
  { id: 'audit-desk', title: 'Thanh tra', roles: ['auditor'], certificate: 'none' },
  { id: 'statistics', title: 'Báo cáo', roles: ['app'], certificate: 'required', registeredOnly: true },
];

const COUNTER = {
  ...{ name: 'counter', role: 'counter', actions: ['READ'], sectors: ['*'] },
  ...{ data: ['PUBLIC', 'COURSE', 'PERSONAL'], units: 'own', purposes: ['RECEPTION', 'PROCESSING'] },
};

function file(grants: readonly Json[] = [COUNTER], rest: Json = {}): Json {
  return { version: 1, visits: { minutes: 30, subjects: 8 }, clients: CLIENTS, grants, ...rest };
}

function faultsOf(value: unknown): readonly string[] {
  const faults: string[] = [];
  const policy = readPolicy(value, surroundings, faults);
  expect(policy === null).toBe(faults.length > 0);
  return faults;
}

/** Faults of a file whose one grant is the counter's with these members changed. */
function faultsOfGrant(changed: Json): readonly string[] {
  return faultsOf(file([{ ...COUNTER, ...changed }]));
}

/** As above, for another role or client. */
function faultsFor(who: Json, changed: Json): readonly string[] {
  const { role: _, ...rest } = COUNTER;
  return faultsOf(file([{ ...rest, ...who, ...changed }]));
}

describe('a file of grants', () => {
  it('is read as it stands', () => {
    const faults: string[] = [];
    const delays = [
      { role: 'auditor', days: 30 },
      { purpose: 'PROCESSING', days: 0 },
    ];
    const { role: _, ...rest } = COUNTER;
    const ofClient = { ...rest, name: 'the desk itself', client: 'counter-desk' };
    const policy = readPolicy(file([COUNTER, ofClient], { delays }), surroundings, faults);
    expect(faults).toEqual([]);
    expect([...(policy?.clients.values() ?? [])]).toStrictEqual(CLIENTS);
    expect(policy).toStrictEqual({
      version: 1,
      visits: { minutes: 30, subjects: 8 },
      delays,
      grants: [COUNTER, ofClient],
      clients: new Map(CLIENTS.map((client) => [client.id, client])),
    });
  });

  it('may say nothing of delays, and grant nothing', () => {
    const faults: string[] = [];
    expect(readPolicy(file([]), surroundings, faults)).toMatchObject({ delays: [], grants: [] });
    expect(faults).toEqual([]);
  });

  it('tells every fault at once, each with its place', () => {
    const value = {
      version: 2,
      visit: {},
      visits: { minutes: 0, subjects: 51 },
      delays: [{ days: -1, role: 'officer' }],
      clients: [
        { id: '', title: 'Quầy', roles: [], certificate: 'maybe', perMinute: 1.5 },
        { id: 'a', title: 7, roles: ['boss'], certificate: 'none', registeredOnly: 'yes', colour: 'red' },
      ],
      grants: [
        { name: 'x', role: 'boss', actions: ['WRITE'], sectors: ['tax'], data: [], units: 'mine', purposes: ['FUN'] },
        7,
        { name: 'y', client: 'a', actions: 'READ', sectors: ['land'], data: ['PUBLIC'], units: ['H99', 4] },
      ],
    };
    expect(faultsOf(value)).toEqual([
      'version: expected 1, came 2',
      'visits.minutes: expected a whole number from 1 to 120, came 0',
      'visits.subjects: expected a whole number from 1 to 50, came 51',
      'delays[0].role: expected one of counter, leader, auditor, admin, citizen, app, portal, came "officer"',
      'delays[0].days: expected a whole number from 0 to 36500, came -1',
      'clients[0].id: expected a text of 1 to 200 characters, came ""',
      'clients[0].roles: expected a list that is not empty, came []',
      'clients[0].certificate: expected one of none, required, came "maybe"',
      'clients[0].perMinute: expected a whole number from 1 to 1000000, came 1.5',
      'clients[1].title: expected a text of 1 to 200 characters, came 7',
      'clients[1].roles[0]: expected one of counter, leader, auditor, admin, citizen, app, portal, came "boss"',
      'clients[1].registeredOnly: expected true or false, came "yes"',
      'clients[1].colour: there is no such member; expected id, title, roles, certificate, perMinute, atOnce, registeredOnly',
      'grants[0].role: expected one of counter, leader, auditor, admin, citizen, app, portal, came "boss"',
      'grants[0].actions[0]: expected one of READ, OPERATE, INTROSPECT, came "WRITE"',
      'grants[0].sectors[0]: expected one of *, hub, business-registration, civil-status, land, one-stop, came "tax"',
      'grants[0].data: expected a list that is not empty, came []',
      'grants[0].units: expected one of own, all, came "mine"',
      'grants[0].purposes[0]: expected one of RECEPTION, PROCESSING, SUPERVISION, SELF, AUDIT, came "FUN"',
      'grants[1]: expected a record, came 7',
      'grants[2].actions: expected a list that is not empty, came "READ"',
      'grants[2].units[0]: expected an agency of the catalogue, came "H99"',
      'grants[2].units[1]: expected an agency of the catalogue, came 4',
      'grants[2].purposes: expected a list, came nothing',
      'visit: there is no such member; expected version, visits, delays, clients, grants',
    ]);
  });

  it('says what it grants, and whose each grant is', () => {
    const { grants: _, ...rest } = file();
    expect(faultsOf(rest)).toEqual(['grants: expected a list, came nothing']);
    const { name: __, sectors: ___, ...nameless } = COUNTER;
    expect(faultsOf(file([nameless, nameless]))).toEqual(
      [0, 1].flatMap((place) => [
        `grants[${place}].name: expected a text of 1 to 200 characters, came nothing`,
        `grants[${place}].sectors: expected a list that is not empty, came nothing`,
      ]),
    );
    const { id: ____, ...unnamed } = CLIENTS[0] as Json;
    expect(faultsOf(file([COUNTER], { clients: [unnamed, unnamed] }))).toHaveLength(2);
  });

  it('is no list, no text and nothing else', () => {
    for (const [value, came] of [
      [[], '[]'],
      ['x', '"x"'],
      [null, 'null'],
      [undefined, 'nothing'],
    ] as const) {
      expect(faultsOf(value)).toEqual([`the file: expected a record, came ${came}`]);
    }
  });

  it('shows no more than the beginning of what came', () => {
    const [fault = ''] = faultsOfGrant({ units: 'x'.repeat(500) });
    expect(fault).toBe(`grants[0].units: expected one of own, all, came "${'x'.repeat(79)}`);
    const [member = ''] = faultsOfGrant({ ['y'.repeat(500)]: 1 });
    expect(member).toContain(`grants[0].${'y'.repeat(80)}: there is no such member`);
  });

  it('bounds visits, limits and names from both sides', () => {
    const visits = (minutes: number, subjects: number) => faultsOf(file([COUNTER], { visits: { minutes, subjects } }));
    expect(visits(1, 1)).toEqual([]);
    expect(visits(120, 50)).toEqual([]);
    expect(visits(121, 0)).toHaveLength(2);
    const client = (changed: Json) => faultsOf(file([COUNTER], { clients: [{ ...CLIENTS[0], ...changed }] }));
    expect(client({ perMinute: 1, atOnce: 1, registeredOnly: false })).toEqual([]);
    expect(client({ perMinute: 1_000_000, atOnce: 10_000 })).toEqual([]);
    expect(client({ perMinute: 0, atOnce: 10_001 })).toHaveLength(2);
    expect(client({ title: 'x'.repeat(200) })).toEqual([]);
    expect(client({ title: 'x'.repeat(201) })).toHaveLength(1);
    expect(client({ title: ' ' })).toHaveLength(1);
    expect(faultsOf(file([COUNTER], { delays: [{ role: 'auditor', days: 36_500 }] }))).toEqual([]);
    expect(faultsOf(file([COUNTER], { clients: [] }))[0]).toContain('clients: expected a list that is not empty');
  });

  it('takes agencies in either order of their codes, and needs one where it names some', () => {
    expect(faultsOfGrant({ units: ['H41.58', '000.00.58.H41'] })).toEqual([]);
    expect(faultsOfGrant({ units: [] })).toEqual(['grants[0].units: expected a list that is not empty, came []']);
    expect(faultsOfGrant({ units: [['H41']] })).toEqual([
      'grants[0].units[0]: expected an agency of the catalogue, came ["H41"]',
    ]);
  });
});

describe('a grant that contradicts itself or what stands beside it', () => {
  it('names a role or a client, one of the two', () => {
    expect(faultsOfGrant({ client: 'counter-desk' })).toEqual([
      'grants[0]: expected a role or a client, one of the two',
    ]);
    expect(faultsFor({}, {})).toEqual(['grants[0]: expected a role or a client, one of the two']);
    expect(faultsFor({ client: 'counter-desk' }, {})).toEqual([]);
  });

  it('names a client that there is, and a role that some client lets in', () => {
    expect(faultsFor({ client: 'nobody' }, {})).toEqual(['grants[0].client: nobody is not among the clients']);
    expect(faultsOfGrant({ role: 'admin' })).toEqual(['grants[0].role: no client lets admin in']);
  });

  it('names the client of a system that asks for itself, since no role grant would ever hold', () => {
    const fault =
      'grants[0].role: expected a client, since systems that ask for themselves are granted each by its own';
    expect(faultsOfGrant({ role: 'app' })).toEqual([fault]);
    const portal = { id: 'portal', title: 'Cổng', roles: ['portal'], certificate: 'none' };
    expect(faultsOf(file([{ ...COUNTER, role: 'portal' }], { clients: [portal] }))).toEqual([fault]);
  });

  it('never gives personal data for supervision or audit, or for nothing', () => {
    expect(faultsOfGrant({ purposes: ['PROCESSING', 'SUPERVISION'] })).toEqual([
      'grants[0].purposes: SUPERVISION never reaches personal data',
    ]);
    expect(faultsOf(file([COUNTER, { ...COUNTER, name: 'more', data: ['SENSITIVE'], purposes: ['AUDIT'] }]))).toEqual([
      'grants[1].purposes: AUDIT never reaches personal data',
    ]);
    expect(faultsOfGrant({ purposes: [] })).toEqual([
      'grants[0].purposes: expected one at least, since personal data needs a purpose',
    ]);
    expect(faultsOfGrant({ data: ['COURSE'], purposes: ['SUPERVISION'] })).toEqual([]);
    expect(faultsOfGrant({ data: ['COURSE'], purposes: [] })).toEqual([]);
  });

  it('opens the access log for AUDIT everywhere, or to the person themself', () => {
    const log = (changed: Json) => faultsFor({ role: 'auditor' }, { data: ['AUDIT'], units: 'all', ...changed });
    const fault = 'grants[0].purposes: the access log is read for AUDIT or SELF, each in a grant of its own';
    expect(log({ purposes: ['AUDIT'] })).toEqual([]);
    expect(log({ purposes: [] })).toEqual([fault]);
    expect(log({ purposes: ['PROCESSING'] })).toEqual([fault]);
    expect(log({ purposes: ['AUDIT', 'PROCESSING'] })).toEqual([fault]);
    expect(log({ purposes: ['AUDIT'], units: 'own' })).toEqual([
      'grants[0].units: expected all, since the access log is not kept by unit',
    ]);
    expect(faultsFor({ role: 'citizen' }, { data: ['AUDIT'], purposes: ['SELF'], units: 'own' })).toEqual([]);
  });

  it('gives SELF to citizens, and to citizens nothing else', () => {
    expect(faultsFor({ role: 'citizen' }, { purposes: ['SELF'] })).toEqual([]);
    expect(faultsFor({ client: 'citizen-app' }, { purposes: ['SELF'] })).toEqual([]);
    const citizensOnly = 'grants[0].purposes: expected SELF alone for the role citizen';
    expect(faultsFor({ role: 'citizen' }, {})).toEqual([citizensOnly]);
    expect(faultsFor({ role: 'citizen' }, { data: ['PUBLIC'], purposes: [] })).toEqual([citizensOnly]);
    const noNumber = 'grants[0].purposes: SELF is for citizens, who alone have a number of their own';
    expect(faultsOfGrant({ purposes: ['SELF'] })).toEqual([noNumber]);
    expect(faultsFor({ client: 'counter-desk' }, { purposes: ['SELF'] })).toEqual([noNumber]);
    expect(faultsFor({ client: 'citizen-app' }, { purposes: ['SELF', 'PROCESSING'] })).toEqual([
      'grants[0].purposes: SELF stands alone in its grant',
    ]);
  });

  it('gives sensitive data only of what is personal to the same', () => {
    const more = { ...COUNTER, name: 'more', sectors: ['land', 'hub'], data: ['SENSITIVE'] };
    expect(faultsOf(file([COUNTER, more]))).toEqual([]);
    expect(faultsOf(file([{ ...COUNTER, sectors: ['land'] }, more]))).toEqual([
      'grants[1].data: SENSITIVE of hub without PERSONAL of it for the same counter',
    ]);
    const { role: _, ...rest } = more;
    expect(faultsOf(file([COUNTER, { ...rest, client: 'counter-desk' }]))).toEqual([
      'grants[1].data: SENSITIVE of land without PERSONAL of it for the same counter-desk',
    ]);
    // Nor is it enough that somebody else has it.
    expect(faultsOf(file([{ ...COUNTER, role: 'leader' }, more]))).toEqual([
      'grants[1].data: SENSITIVE of land without PERSONAL of it for the same counter',
    ]);
    const { role: __, ...personal } = COUNTER;
    const ofClient = (client: string, grant: Json) => ({ ...grant, client });
    expect(faultsOf(file([ofClient('audit-desk', personal), ofClient('counter-desk', rest)]))).toEqual([
      'grants[1].data: SENSITIVE of land without PERSONAL of it for the same counter-desk',
    ]);
    expect(
      faultsOf(
        file([
          { ...COUNTER, data: ['COURSE'] },
          { ...more, sectors: ['*'] },
        ]),
      ),
    ).toEqual(['grants[1].data: SENSITIVE of * without PERSONAL of it for the same counter']);
  });

  it('opens the schema with what it is asked as', () => {
    expect(faultsOfGrant({ actions: ['INTROSPECT'], data: ['COURSE'] })).toEqual([
      'grants[0].data: expected PUBLIC, as which INTROSPECT is asked',
    ]);
    expect(faultsOfGrant({ actions: ['READ', 'INTROSPECT'] })).toEqual([]);
  });

  it('bears a name of its own, as clients bear ids', () => {
    expect(faultsOf(file([COUNTER, { ...COUNTER }, { ...COUNTER, name: 'other' }]))).toEqual([
      'grants[1].name: grants[0] is called counter already',
    ]);
    expect(faultsOf(file([COUNTER], { clients: [...CLIENTS, CLIENTS[2]] }))).toEqual([
      'clients[4].id: clients[2] is called audit-desk already',
    ]);
  });

  it('is not told of again where it could not be read', () => {
    expect(faultsOfGrant({ purposes: ['FUN'] })).toHaveLength(1);
    expect(faultsOf(file([COUNTER], { delays: [{ role: 'officer', days: 1 }] }))).toHaveLength(1);
  });

  it('is not told of where it follows from what could not be read of another', () => {
    const more = { ...COUNTER, name: 'more', data: ['SENSITIVE'] };
    const only = (faults: readonly string[]) =>
      expect(faults).toEqual([expect.stringMatching(/^(grants|clients)\[0\]/)]);
    only(faultsOf(file([{ ...COUNTER, data: ['PUBLIC', 'PERSONL'] }, more])));
    only(faultsOf(file([{ ...COUNTER, role: 'conter' }, more])));
    const { role, ...personal } = COUNTER;
    expect(faultsOf(file([{ ...personal, rol: role }, more]))).toEqual([
      expect.stringMatching(/^grants\[0\]\.rol: there is no such member/),
    ]);
    only(faultsOf(file([7, more] as readonly Json[])));
    const { role: __, ...mine } = more;
    const client = { client: 'counter-desk' };
    only(
      faultsOf(
        file([
          { ...personal, ...client, data: ['PERSONL'] },
          { ...mine, ...client },
        ]),
      ),
    );

    const clients = (changed: Json) => [{ ...CLIENTS[0], ...changed }];
    only(faultsOf(file([COUNTER], { clients: clients({ roles: ['conter'] }) })));
    only(faultsOf(file([COUNTER], { clients: [...clients({ roles: ['conter'] }), CLIENTS[1]] })));
    only(faultsOf(file([{ ...personal, ...client }], { clients: clients({ id: 7 }) })));
    only(faultsOf(file([COUNTER], { clients: [7] })));
    expect(faultsOf(file([COUNTER], { clients: [] }))).toHaveLength(1);
    const own = { ...personal, client: 'citizen-app', purposes: ['SELF'] };
    only(faultsOf(file([own], { clients: [{ ...CLIENTS[1], roles: ['citzen'] }] })));
  });

  it('is told of where what could not be read is somebody else’s', () => {
    const more = { ...COUNTER, name: 'more', data: ['SENSITIVE'] };
    const { role: _, ...rest } = COUNTER;
    for (const other of [
      { ...COUNTER, role: 'leader', data: ['PERSONL'] },
      { ...rest, client: 'counter-desk', data: ['PERSONL'] },
    ]) {
      expect(faultsOf(file([other, more]))).toEqual([
        expect.stringMatching(/^grants\[0\]\.data\[0\]/),
        'grants[1].data: SENSITIVE of * without PERSONAL of it for the same counter',
      ]);
    }
    const { role: __, ...mine } = more;
    expect(
      faultsOf(
        file([
          { ...rest, client: 'audit-desk', data: ['PERSONL'] },
          { ...mine, client: 'counter-desk' },
        ]),
      ),
    ).toHaveLength(2);
  });

  it('and a delay says whose', () => {
    expect(faultsOf(file([COUNTER], { delays: [{ days: 3 }] }))).toEqual([
      'delays[0]: expected a purpose, a role or both',
    ]);
  });
});
