import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execute, parse } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSeal } from '../../core/seal.ts';
import { createOperation } from '../../resolvers/operation.ts';
import { buildSchema } from '../../resolvers/schema.ts';
import { openStore, type Store } from '../../store/store.ts';
import { createSyncDesk } from '../../streams/deliver/desk.ts';
import { HOLD_REASONS } from '../../streams/deliver/hold-reasons.ts';
import { openAccess } from '../support/open-access.ts';
import { openHouse } from './small-house.ts';

const NOW = Date.parse('2026-11-20T08:00:00+07:00');

let store: Store;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sync-'));
  store = await openStore(`sqlite://${join(folder, 'hub.sqlite')}`, { seal: createSeal(Buffer.alloc(32, 7)) });
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: answers are as varied as the questions
async function ask(query: string): Promise<{ data: any; errors: readonly { message: string }[] }> {
  const { registry: bare } = openHouse([]);
  const registry = { ...bare, sync: createSyncDesk({ database: store.database, now: () => NOW }) };
  const signal = new AbortController().signal;
  const answer = await execute({
    schema: buildSchema(registry, []),
    document: parse(query),
    contextValue: createOperation(registry, {
      caller: { actor: 'test', requestId: 'test' },
      access: openAccess(),
      signal,
    }),
  });
  return { data: answer.data, errors: answer.errors ?? [] };
}

async function put(code: string, delivery: Record<string, unknown>, dossier: Record<string, unknown> = {}) {
  const { knex } = store.database;
  await knex('delivery').insert({
    ...{ code, wanted_revision: 1, wanted_at: NOW - 60_000, known_revision: 0, state: 'pending', attempts: 0 },
    ...{ next_try_at: 0, claimed_until: 0, fence: 0, ...delivery },
  });
  await knex('dossier').insert({
    ...{ code, agency_code: 'H41.12', procedure_sector: 'land', received_at: 0, running: false, deleted: false },
    ...{ sectors: 'one-stop', revision: 1, changed_at: 0, ended_at: NOW - 120_000, ...dossier },
  });
}

const held = (since: number | null, code = 'MISSING_IDENTITY') => ({
  ...{ state: 'held', reason_code: code, reason: 'Đề nghị bổ sung', held_since: since, attempts: 2 },
});

describe('portalSync', () => {
  it('tells the numbers of one moment, by sector and by agency with its title', async () => {
    await put('H41.12-261008-0001', { state: 'acknowledged', known_revision: 1 });
    await put('H41.12-261008-0002', held(NOW), { agency_code: null });
    const { data, errors } = await ask(
      `{ portalSync { pending acknowledged held failed coverage measuredAt oldestPending
        bySector { sector acknowledged coverage } byAgency { agency { code title } held coverage } } }`,
    );
    expect(errors).toEqual([]);
    expect(data.portalSync).toEqual({
      ...{ pending: 0, acknowledged: 1, held: 1, failed: 0, coverage: 0.5 },
      ...{ measuredAt: '2026-11-20T08:00:00+07:00', oldestPending: null },
      bySector: [{ sector: 'land', acknowledged: 1, coverage: 0.5 }],
      byAgency: [
        { agency: null, held: 1, coverage: 0 },
        { agency: { code: 'H41.12', title: 'Sở Dân tộc và Tôn giáo' }, held: 0, coverage: 1 },
      ],
    });
  });
});

describe('heldDossiers', () => {
  it('lists each once, page by page, longest held first', async () => {
    for (let place = 1; place <= 7; place++)
      await put(`H41.12-261008-000${place}`, held(place < 3 ? null : NOW - place));
    const seen: string[] = [];
    for (let after = 'null', pages = 0; after !== '' && pages < 9; pages++) {
      const { data, errors } = await ask(
        `{ heldDossiers(first: 2, after: ${after}) { nodes { code } pageInfo { hasNextPage endCursor } } }`,
      );
      expect(errors).toEqual([]);
      seen.push(...data.heldDossiers.nodes.map(({ code }: { code: string }) => code.slice(-1)));
      after = data.heldDossiers.pageInfo.hasNextPage ? JSON.stringify(data.heldDossiers.pageInfo.endCursor) : '';
    }
    expect(seen).toEqual(['1', '2', '7', '6', '5', '4', '3']);
  });

  it('filters by reason and by agency in either order of its identifier', async () => {
    await put('H41.12-261008-0001', held(NOW));
    await put('H41.12-261008-0002', held(NOW, 'OTHER_SENDER'));
    await put('H41.12-261008-0003', held(NOW, 'OTHER_SENDER'), { agency_code: 'H41.03' });
    const { data } = await ask(
      '{ heldDossiers(reason: OTHER_SENDER, agency: "000.00.12.H41") { nodes { code reasonCode reason heldSince attempts } } }',
    );
    expect(data.heldDossiers.nodes).toEqual([
      {
        ...{ code: 'H41.12-261008-0002', reasonCode: 'OTHER_SENDER', reason: 'Đề nghị bổ sung' },
        ...{ heldSince: '2026-11-20T08:00:00+07:00', attempts: 2 },
      },
    ]);
  });

  it('finds what states the older order of its agency’s identifier, and nothing of an agency that nobody knows', async () => {
    await put('H41.12-261008-0001', held(NOW), { agency_code: '000.00.12.H41' });
    const found = async (agency: string) =>
      (await ask(`{ heldDossiers(agency: "${agency}") { nodes { code } } }`)).data.heldDossiers.nodes;
    expect(await found('H41.12')).toEqual([{ code: 'H41.12-261008-0001' }]);
    expect(await found('H41.99')).toEqual([]);
  });

  it('knows every reason there is', async () => {
    const { registry } = openHouse([]);
    const type = buildSchema(registry, []).getType('HoldReason') as unknown as { getValues(): { name: string }[] };
    expect(type.getValues().map(({ name }) => name)).toEqual(HOLD_REASONS);
  });
});

describe('retryDelivery', () => {
  it('makes a held dossier pending, which is held for nothing any more, and the second time changes nothing', async () => {
    await put('H41.12-261008-0001', held(NOW));
    for (let time = 0; time < 2; time++) {
      const { data, errors } = await ask(
        'mutation { retryDelivery(code: "H41.12-261008-0001") { code state attempts current reasonCode reason } }',
      );
      expect(errors).toEqual([]);
      expect(data.retryDelivery).toEqual({
        ...{ code: 'H41.12-261008-0001', state: 'PENDING', attempts: 0, current: false },
        ...{ reasonCode: null, reason: null },
      });
    }
  });

  it('leaves what is acknowledged, and knows nothing of a code that is not delivered', async () => {
    await put('H41.12-261008-0001', { state: 'acknowledged', known_revision: 1 });
    const { data } = await ask(
      'mutation { one: retryDelivery(code: "H41.12-261008-0001") { state current } two: retryDelivery(code: "H41.12-261008-0002") { state } }',
    );
    expect(data).toEqual({ one: { state: 'ACKNOWLEDGED', current: true }, two: null });
  });
});

describe('setDeliveryMode', () => {
  it('sets it for an agency in either order and a procedure in either form', async () => {
    const { data, errors } = await ask(
      `mutation { setDeliveryMode(agency: "000.00.12.H41", procedure: "1.012790.000.00.00.H41", mode: OFF)
        { agency { code } procedure { code } mode setAt } }`,
    );
    expect(errors).toEqual([]);
    expect(data.setDeliveryMode).toEqual({
      ...{ agency: { code: 'H41.12' }, procedure: { code: '1.012790' } },
      ...{ mode: 'OFF', setAt: '2026-11-20T08:00:00+07:00' },
    });
    expect((await ask('{ deliveryModes { agency { code } mode } }')).data.deliveryModes).toEqual([
      { agency: { code: 'H41.12' }, mode: 'OFF' },
    ]);
  });

  it('refuses an agency that does not exist, since pausing it would stop nothing', async () => {
    const { errors } = await ask('mutation { setDeliveryMode(agency: "H99", mode: OFF) { mode } }');
    expect(errors[0]?.message).toContain('agency: expected');
  });
});
