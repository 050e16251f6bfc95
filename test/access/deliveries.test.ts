import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DossierView } from '../../core/dossier.ts';
import type { DeliveryRow } from '../../store/delivery-row.ts';
import { createSyncDesk, type SyncDesk } from '../../streams/deliver/desk.ts';
import { type DossierHouse, openDossierHouse } from '../resolvers/dossier-house.ts';
import { NOW } from '../resolvers/small-house.ts';
import { openSmallDesk, type SmallDesk } from './small-desk.ts';
import { actor, grant } from './stage.ts';

const OWN = 'H41.58.01-261119-0007';
/** Received at the own counter, and worked on elsewhere. */
const FORWARDED = 'H41.58.01-261119-0008';
const OTHERS = 'H41.50.01-261119-0001';
/** Of an agency that no catalogue knows. */
const NOWHERE = 'X99-261119-0001';
const NOBODYS = 'H41.50.01-261119-9999';
const NOBODYS_HERE = 'H41.58.01-261119-9999';
const HOA = '001085004213';

/** Whoever looks after the deliveries of one commune. */
const operator = actor({ id: 'operator.nam', role: 'leader', client: 'steering-board', unit: 'H41.58.01' });
const OF_ONE_COMMUNE = grant({
  ...{ name: 'the deliveries of a commune', role: 'leader', actions: ['OPERATE'], sectors: ['hub'] },
  data: ['OPERATIONAL'],
});
const admin = actor({ id: 'admin.quan', role: 'admin', client: 'operations', unit: null });
/** Sees the whole province, and may do nothing to it. */
const onlooker = actor({ id: 'analyst', role: 'app', client: 'statistics', unit: null });

let house: DossierHouse;
let desk: SmallDesk;

beforeAll(async () => {
  const view = (code: string, agencyCode: string): DossierView => ({ code, agencyCode });
  house = await openDossierHouse(
    [],
    [
      {
        ...{ sector: 'one-stop', role: 'reception' },
        dossiers: [view(OWN, 'H41.58'), view(FORWARDED, 'H41.50'), view(OTHERS, 'H41.50'), view(NOWHERE, 'X99')],
      },
    ],
  );
  const sync = createSyncDesk({ database: house.store.database, now: () => NOW });
  desk = openSmallDesk({ ...house, registry: { ...house.registry, sync } }, [OF_ONE_COMMUNE]);
}, 30_000);

afterAll(() => house.close());

beforeEach(async () => {
  const { knex } = house.store.database;
  await knex('delivery').delete();
  await knex('delivery_mode').delete();
  for (const code of [OWN, FORWARDED, OTHERS, NOWHERE]) {
    await knex('delivery').insert({
      ...{ code, wanted_revision: 1, wanted_at: NOW - 60_000, known_revision: 0, state: 'held', attempts: 2 },
      ...{ reason_code: 'MISSING_IDENTITY', reason: 'Đề nghị bổ sung', held_since: NOW },
      ...{ next_try_at: 0, claimed_until: 0, fence: 0 },
    });
  }
});

/** Those that wait to be sent again. */
const sentAgain = async () =>
  (await house.store.database.knex('delivery').where({ state: 'pending' }).orderBy('code')).map(({ code }) => code);
const retry = (who: typeof operator, code: string) =>
  desk.ask(who, `mutation { retryDelivery(code: "${code}") { state } }`);

describe('Who looks after the deliveries of one commune', () => {
  it('sends again what belongs to it, be it by where it was received', async () => {
    for (const code of [OWN, FORWARDED]) {
      expect((await retry(operator, code)).data).toEqual({ retryDelivery: { state: 'PENDING' } });
    }
    expect(await sentAgain()).toEqual([OWN, FORWARDED]);
    expect((await retry(operator, NOBODYS_HERE)).data).toEqual({ retryDelivery: null });
  });

  it('sends nothing of another again, and is not told whether there is such a dossier', async () => {
    const told = new Set<string>();
    for (const code of [OTHERS, NOWHERE, NOBODYS]) {
      const { refused, messages } = await retry(operator, code);
      expect(refused).toEqual(['retryDelivery FORBIDDEN']);
      told.add(messages.join());
    }
    expect([...told]).toEqual(['You hold no grant for this operation.']);
    expect(await sentAgain()).toEqual([]);
  });

  const set = (who: typeof operator, scope: string) =>
    desk.ask(who, `mutation { setDeliveryMode(${scope}mode: OFF) { agency { code } mode } }`);
  const modes = async () => (await desk.ask(admin, '{ deliveryModes { agency { code } } }')).data.deliveryModes;

  it('switches deliveries of the commune and of nobody else', async () => {
    for (const scope of ['', 'procedure: "1.004194", ', 'agency: "H41.50", ', 'agency: "H41", ', 'agency: null, ']) {
      expect((await set(operator, scope)).refused).toEqual(['setDeliveryMode FORBIDDEN']);
    }
    expect(await modes()).toEqual([]);
    expect((await set(operator, 'agency: "H41.58", ')).refused).toEqual([]);
    expect(await modes()).toEqual([{ agency: { code: 'H41.58' } }]);
  });

  it('sees what is held of the commune, and nothing that is about the whole province', async () => {
    const held = async (agency: string) => {
      const { data } = await desk.ask(operator, `{ heldDossiers(agency: ${agency}) { nodes { code } } }`);
      return data.heldDossiers.nodes.map(({ code }: { code: string }) => code);
    };
    expect([await held('null'), await held('"H41.58"'), await held('"H41.50"')]).toEqual([[OWN], [OWN], []]);
    const { byAgency } = (await desk.ask(operator, '{ portalSync { byAgency { agency { code } held } } }')).data
      .portalSync;
    expect(byAgency).toEqual([{ agency: { code: 'H41.58' }, held: 1 }]);
    for (const whole of ['shadowDifferences { nodes { code } }', 'deliveryModes { mode }']) {
      const { refused, messages } = await desk.ask(operator, `{ ${whole} }`);
      expect(refused).toEqual([`${whole.split(' ')[0]} FORBIDDEN`]);
      expect(messages).toEqual(['You hold no grant for this operation.']);
    }
  });
});

describe('Who looks after all deliveries', () => {
  it('sends again what belongs to no agency that is known, and sets what is so everywhere', async () => {
    expect((await retry(admin, NOWHERE)).data).toEqual({ retryDelivery: { state: 'PENDING' } });
    const { data } = await desk.ask(admin, 'mutation { setDeliveryMode(mode: OFF) { agency { code } mode } }');
    expect(data.setDeliveryMode).toEqual({ agency: null, mode: 'OFF' });
  });
});

describe('Who sees all deliveries and may do nothing to them', () => {
  it('sends none again and switches none', async () => {
    expect((await retry(onlooker, OWN)).refused).toEqual(['retryDelivery FORBIDDEN']);
    expect(await sentAgain()).toEqual([]);
    for (const scope of ['', 'agency: "H41.58", ']) {
      const { refused } = await desk.ask(onlooker, `mutation { setDeliveryMode(${scope}mode: OFF) { mode } }`);
      expect(refused).toEqual(['setDeliveryMode FORBIDDEN']);
    }
    expect((await desk.ask(onlooker, '{ deliveryModes { mode } }')).data).toEqual({ deliveryModes: [] });
  });
});

describe('What is done to deliveries', () => {
  const sought = async (mutation: string) => {
    await desk.ask(admin, `mutation { ${mutation} { __typename } }`);
    return desk.logged.at(-1)?.operation.sought;
  };

  it('is in the log with the dossier or the agency that it is about, and with nothing that may be a number', async () => {
    const delivery = { what: 'DELIVERY' };
    expect(await sought(`retryDelivery(code: "${OWN.toLowerCase()}")`)).toEqual([{ ...delivery, dossier: OWN }]);
    expect(await sought(`retryDelivery(code: "CCCD-${HOA}")`)).toEqual([delivery]);
    expect(await sought('setDeliveryMode(agency: "000.00.58.H41", mode: OFF)')).toEqual([
      { ...delivery, unit: 'H41.58' },
    ]);
    expect(await sought('setDeliveryMode(procedure: "1.004194", mode: OFF)')).toEqual([delivery]);
  });
});

describe('What is told of deliveries', () => {
  const PAGE = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';

  it('leads to the dossier', async () => {
    const { data } = await desk.ask(admin, '{ heldDossiers(first: 1) { nodes { dossier { code } } } }');
    expect(data.heldDossiers.nodes).toEqual([{ dossier: { code: OTHERS } }]);
  });

  it.each([
    ['heldDossiers', [OTHERS, OWN, FORWARDED, NOWHERE]],
    ['shadowDifferences', [OWN, OWN, FORWARDED]],
  ])('comes page after page: %s', async (list, expected) => {
    const { knex } = house.store.database;
    await knex('shadow_difference').delete();
    for (const [code, place] of [
      [OWN, 'dueAt'],
      [OWN, 'status'],
      [FORWARDED, 'status'],
    ]) {
      await knex('shadow_difference').insert({ code, place, ours: 'a', theirs: null, seen_at: NOW });
    }
    const page = async (first: number, after: string | null) =>
      (
        await desk.ask(
          admin,
          `{ ${list}(first: ${first}, after: ${JSON.stringify(after)}) { nodes { code } ${PAGE} } }`,
        )
      ).data[list];
    const codesOf = ({ nodes }: { readonly nodes: readonly { readonly code: string }[] }) =>
      nodes.map(({ code }) => code);
    const start = await page(2, null);
    const rest = await page(2, start.pageInfo.endCursor);
    expect([...codesOf(start), ...codesOf(rest)]).toEqual(expected);
    expect(start.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect(codesOf(await page(1, start.pageInfo.startCursor))).toEqual(expected.slice(1, 2));
    const none = await page(1, rest.pageInfo.endCursor);
    expect([codesOf(none), none.pageInfo.startCursor, none.pageInfo.endCursor]).toEqual([[], null, null]);
    const other = list === 'heldDossiers' ? 'shadowDifferences' : 'heldDossiers';
    const { refused } = await desk.ask(admin, `{ ${other}(after: "${start.pageInfo.endCursor}") { nodes { code } } }`);
    expect(refused).toEqual([`${other} BAD_USER_INPUT`]);
  });

  it.each([
    ['held', 'OTHER_SENDER', { state: 'HELD', reasonCode: 'OTHER_SENDER', reason: 'why', current: false }],
    ['failed', 'of long ago', { state: 'FAILED', reasonCode: null, reason: 'why', current: false }],
    ['pending', 'OTHER_SENDER', { state: 'PENDING', reasonCode: null, reason: null, current: false }],
    ['acknowledged', 'OTHER_SENDER', { state: 'ACKNOWLEDGED', reasonCode: null, reason: null, current: true }],
  ] as const)('says why one is held that is %s again, and for nothing else', async (state, reasonCode, expected) => {
    const row = { code: OWN, state, attempts: 1, wantedRevision: 2, knownRevision: 2, reason: 'why', reasonCode };
    const { sync } = desk.registry;
    const retried = async (change: Partial<DeliveryRow>) => {
      const stub = { ...sync, retry: async () => ({ ...row, ...change }) as DeliveryRow } as SyncDesk;
      const at = openSmallDesk({ ...house, registry: { ...house.registry, sync: stub } });
      const query = `mutation { retryDelivery(code: "${OWN}") { state reasonCode reason current } }`;
      return (await at.ask(admin, query)).data.retryDelivery;
    };
    expect(await retried({})).toEqual(expected);
    expect(await retried({ knownRevision: 1 })).toEqual({ ...expected, current: false });
  });

  it('is nothing in a hub that keeps none', async () => {
    const { refused, messages } = await openSmallDesk(house).ask(admin, '{ portalSync { pending } }');
    expect(refused).toEqual(['portalSync STORE_UNAVAILABLE']);
    expect(messages).toEqual(['deliveries to the portal are not kept here']);
  });

  it('is refused for an agency or a procedure that nobody knows, since switching it off would stop nothing', async () => {
    for (const scope of ['agency: "H41.99"', 'procedure: "9.999999"']) {
      const { refused, messages } = await desk.ask(admin, `mutation { setDeliveryMode(${scope}, mode: OFF) { mode } }`);
      expect(refused).toEqual(['setDeliveryMode BAD_USER_INPUT']);
      expect(messages[0]).toBe(`${scope.split(':')[0]}: expected the code of a known ${scope.split(':')[0]}`);
    }
  });
});
