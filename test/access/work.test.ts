import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../core/caller.ts';
import { type GuardedProvince, openGuardedProvince, type Person } from './guarded-province.ts';

const HOA = '001085004213';

let province: GuardedProvince;
/** A dossier of the commune, and one of the citizen. */
let inside: string;
let own: string;

beforeAll(async () => {
  province = await openGuardedProvince();
  const first = async (who: Person) =>
    (await province.ask(who, '{ dossiers(first: 1) { nodes { code } } }')).data.dossiers.nodes[0].code;
  [inside, own] = [await first('commune'), await first('citizen')];
}, 120_000);

afterAll(() => province.close());

beforeEach(() => {
  province.logged.length = 0;
});

describe('Visits', () => {
  const open = async (who: Person) =>
    province.ask(who, 'mutation { openVisit { id unit officer subjects mostSubjects } }');

  it('are opened by officers who receive, for their unit', async () => {
    expect((await open('commune')).data.openVisit).toMatchObject({
      ...{ unit: 'H41.58.01', officer: 'commune.binh', subjects: 0, mostSubjects: 8 },
    });
    for (const who of ['leader', 'auditor', 'citizen'] as const) {
      expect((await open(who)).refused).toEqual(['openVisit FORBIDDEN']);
    }
  });

  it('are closed by whoever opened them and by nobody else', async () => {
    const { id } = (await open('commune')).data.openVisit;
    const close = `mutation { closeVisit(id: "${id}") { closedAt } }`;
    expect((await province.ask('neighbour', close)).refused).toEqual(['closeVisit VISIT_OVER']);
    expect((await province.ask('commune', close)).data.closeVisit.closedAt).toEqual(expect.any(String));
  });

  it('are bound to a dossier that names somebody of them, and to no other', async () => {
    const { id: visit } = (await open('counter')).data.openVisit;
    const bind = (dossier: string) =>
      province.ask('counter', `mutation { bindVisit(id: "${visit}", dossier: "${dossier}") { dossier } }`);
    expect((await bind(own)).refused).toEqual(['bindVisit FORBIDDEN']);
    await province.ask('counter', `{ citizen(id: "${HOA}") { fullName } }`, { purpose: 'RECEPTION', visit });
    expect((await bind('H41.58-261119-9999')).refused).toEqual(['bindVisit FORBIDDEN']);
    // The world of the province stands still, and its dossiers were received before anybody came.
    await province.openedLongAgo(visit);
    expect((await bind(own)).data.bindVisit).toEqual({ dossier: own });
  });

  it('of which no dossier came are seen by the leader of the unit', async () => {
    const { id } = (await open('commune')).data.openVisit;
    const ask = async (who: Person, unit = '') =>
      province.ask(who, `{ visits(first: 100${unit && `, unit: "${unit}"`}) { nodes { id unit } } }`);
    const idsOf = (answer: Awaited<ReturnType<typeof ask>>) =>
      answer.data.visits.nodes.map((one: { id: string }) => one.id);
    expect(idsOf(await ask('communeLeader'))).toContain(id);
    expect(idsOf(await ask('leader', 'H41.58'))).toContain(id);
    expect(idsOf(await ask('leader', 'H41.50'))).not.toContain(id);
    expect((await ask('communeLeader', 'H41.50')).refused).toEqual(['visits FORBIDDEN']);
    const units = (await ask('communeLeader')).data.visits.nodes.map((one: { unit: string }) => one.unit);
    expect(new Set(units)).toEqual(new Set(['H41.58.01']));
    expect((await ask('commune')).refused).toEqual(['visits FORBIDDEN']);
  });
});

describe('The state of deliveries', () => {
  it('is told of the units that may be seen', async () => {
    const query = '{ portalSync { pending acknowledged held failed byAgency { agency { code } } } }';
    const all = (await province.ask('admin', query)).data.portalSync;
    const part = (await province.ask('communeLeader', query)).data.portalSync;
    expect(part.byAgency.map((one: { agency: { code: string } }) => one.agency.code.slice(0, 6))).toEqual(['H41.58']);
    expect(all.byAgency.length).toBeGreaterThan(5);
    expect(part.pending).toBeLessThan(all.pending);
    const held = '{ heldDossiers { nodes { code } } }';
    expect((await province.ask('communeLeader', held)).errors).toBeUndefined();
    for (const whole of ['{ shadowDifferences { nodes { code } } }', '{ deliveryModes { mode } }']) {
      expect((await province.ask('communeLeader', whole)).refused[0]).toMatch(/ FORBIDDEN$/);
      expect((await province.ask('admin', whole)).errors).toBeUndefined();
    }
  });

  it('is changed by those alone who may', async () => {
    const retry = (code: string) => `mutation { retryDelivery(code: "${code}") { code } }`;
    expect((await province.ask('leader', retry(inside))).refused).toEqual(['retryDelivery FORBIDDEN']);
    expect((await province.ask('admin', retry(inside))).data.retryDelivery.code).toBe(inside);
    expect((await province.ask('admin', retry('H41.58-261119-9999'))).data).toEqual({ retryDelivery: null });
  });
});

describe('What is done to deliveries', () => {
  const sought = async (mutation: string) => {
    await province.ask('admin', `mutation { ${mutation} { __typename } }`);
    return province.logged.at(-1)?.operation.sought;
  };

  it('stands in the log with the dossier that the portal is to have, whether or not there is one', async () => {
    const nobodys = 'H41.58-261119-9999';
    expect(await sought(`retryDelivery(code: "${inside}")`)).toEqual([{ what: 'DELIVERY', dossier: inside }]);
    expect(await sought(`retryDelivery(code: "${nobodys.toLowerCase()}")`)).toEqual([
      { what: 'DELIVERY', dossier: nobodys },
    ]);
    expect(await sought(`retryDelivery(code: "CCCD-${HOA}")`)).toEqual([{ what: 'DELIVERY' }]);
  });

  it('stands there with the agency whose mode is set, if it is one’s', async () => {
    expect(await sought('setDeliveryMode(agency: "H41.58", mode: SHADOW)')).toEqual([
      { what: 'DELIVERY', unit: 'H41.58' },
    ]);
    expect(await sought('setDeliveryMode(procedure: "1.004194", mode: SHADOW)')).toEqual([{ what: 'DELIVERY' }]);
  });
});

describe('The caller', () => {
  it('reaches every system as the token and the headers say', async () => {
    const callers: Caller[] = [];
    for (const { sources } of province.hub.registry.sectors) {
      for (const { source } of sources.values()) {
        const read = source.read.bind(source);
        Object.assign(source, {
          read: (...[request, options]: Parameters<typeof read>) => {
            callers.push(options.caller);
            return read(request, options);
          },
        });
      }
    }
    const query = `{ citizen(id: "${HOA}") { fullName population } }`;
    await province.ask('counter', query, { purpose: 'PROCESSING', dossier: own });
    const stated = { client: 'counter-desk', unit: 'H41', purpose: 'PROCESSING', dossier: own };
    expect(callers.length).toBeGreaterThan(3);
    for (const caller of callers) expect(caller).toMatchObject({ actor: 'counter.hanh', ...stated });
    callers.length = 0;
    await province.ask('application', query, { purpose: 'PROCESSING', dossier: own });
    for (const caller of callers) {
      expect(caller).toMatchObject({ actor: 'counter-desk', onBehalfOf: 'counter.hanh', ...stated });
    }
    expect(callers.length).toBeGreaterThan(3);
  });
});

describe('Two who ask the same at the same time', () => {
  it('each get what they may see, in every order', async () => {
    const query = `{ dossier(code: "${own}") { code applicant { name } } citizen(id: "${HOA}") { fullName } }`;
    const said = { purpose: 'PROCESSING', dossier: own };
    for (let turn = 0; turn < 10; turn++) {
      const asked = [
        province.ask('counter', query, said),
        province.ask('leader', query),
        province.ask('citizen', query),
        province.ask('counter', query),
      ];
      const answers = await Promise.all(turn % 2 === 0 ? asked : asked.reverse());
      const [counter, leader, citizen, silent] = turn % 2 === 0 ? answers : answers.reverse();
      expect([counter?.errors, citizen?.errors]).toEqual([undefined, undefined]);
      expect(citizen?.data).toEqual(counter?.data);
      expect(leader?.data).toEqual({ dossier: { code: own, applicant: null }, citizen: null });
      expect(leader?.refused.toSorted()).toEqual(['citizen FORBIDDEN', 'dossier.applicant FORBIDDEN']);
      expect(silent?.data).toEqual(leader?.data);
      expect(silent?.refused.toSorted()).toEqual(['citizen PURPOSE_REQUIRED', 'dossier.applicant PURPOSE_REQUIRED']);
    }
  });
});

describe('An operation of which something is refused', () => {
  it('answers the rest whole, and asks no system for what is refused', async () => {
    province.reads.forget();
    const query = `{ sectors { id title status lastSeenAt } agency(code: "H41.58") { title } citizen(id: "${HOA}") { landParcels { sheet } } }`;
    const { data, refused } = await province.ask('counter', query);
    expect(data.agency.title).toBe('Ủy ban nhân dân xã An Phước');
    expect(data.citizen).toBeNull();
    expect(data.sectors[0]).toMatchObject({ id: expect.any(String), lastSeenAt: null });
    expect(new Set(refused.map((one) => one.replace(/\.\d+\./, '.n.')))).toEqual(
      new Set(['citizen PURPOSE_REQUIRED', 'sectors.n.lastSeenAt FORBIDDEN']),
    );
    expect(province.reads.byLookup()).toEqual({});
    expect(province.logged[0]?.operation).toMatchObject({
      ...{ outcome: 'PARTIAL', codes: ['FORBIDDEN', 'PURPOSE_REQUIRED'] },
      fields: ['Citizen.landParcels', 'LandParcel.sheet', 'Query.citizen'],
    });
  });
});
