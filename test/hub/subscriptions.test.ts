import { setTimeout as delay } from 'node:timers/promises';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createOperation } from '../../resolvers/operation.ts';
import { buildSchema } from '../../resolvers/schema.ts';
import { createDossierIndex } from '../../store/dossier-index.ts';
import { createFeed, type Feed } from '../../streams/feed.ts';
import { contextOf, startTestGateway } from '../gateway/support.ts';
import { NOW, openHouse, type System, seal } from '../resolvers/small-house.ts';
import { type EventSpec, event, onEachStore, type Stage, tell } from '../support/index-stage.ts';
import { openAccess } from '../support/open-access.ts';
import { openProvince, type Province } from '../support/province.ts';

const NEW_NUMBER = '001085004213';
const OLD_NUMBER = '012345678';
const ENTERPRISE = '0100233488';
const SILENCE_MS = 400;
const CHANGED = `subscription Changed($where: DossierChangedFilter!, $after: ID) {
  dossierChanged(where: $where, after: $after) { id sector code version change status dossier { code status } }
}`;

const PEOPLE: System = {
  ...{ sector: 'civil-status', rank: 1 },
  people: [
    { numbers: [NEW_NUMBER, OLD_NUMBER], name: 'Lê Văn An', birthDate: '1985-07-12' },
    { numbers: ['001090004217'], name: 'Trần Thị Bình', birthDate: '1990-01-02' },
  ],
};
const DOWN: System = { sector: 'business-registration', rank: 2, people: [], down: true };

interface Changed {
  readonly id: string;
  readonly sector: string;
  readonly code: string;
  readonly dossier: { readonly code: string; readonly status: string } | null;
}

/** One process of the hub, as far as subscriptions go: gateway, resolvers and feed over a store. */
interface Process {
  readonly address: string;
  readonly feed: Feed;
}

const closing: (() => unknown)[] = [];
async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

async function openProcess({ database }: Stage, systems: readonly System[] = [PEOPLE]): Promise<Process> {
  const feed = createFeed({ database, pollMs: 20, ring: 50, warn: () => {} });
  const dossiers = [
    { sector: 'one-stop', role: 'reception' },
    { sector: 'land', role: 'course' },
  ] as const;
  const { registry } = openHouse(systems, { dossiers, index: createDossierIndex(database), feed });
  const hub = await startTestGateway(buildSchema(registry, []), {
    contextFor: ({ requestId, signal }) =>
      contextOf(createOperation(registry, { caller: { actor: 'test', requestId }, access: openAccess(), signal })),
  });
  closing.push(async () => {
    await hub.gateway.close();
    await feed.close();
  });
  return { address: hub.gateway.address(), feed };
}

interface Subscribed {
  /** Waits for the next changes. */
  take(count: number): Promise<readonly Changed[]>;
  /** Everything that comes until nothing has come for a while; for who does not know how much it will be. */
  takeUntilSilence(): Promise<readonly Changed[]>;
  leave(): Promise<void>;
}

function subscribe({ address }: { address: string }, variables: object, over: 'ws' | 'sse' = 'ws'): Subscribed {
  const client =
    over === 'ws'
      ? createClient({ url: `${address.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 })
      : createSseClient({ url: `${address}/graphql/stream`, retryAttempts: 0 });
  closing.push(() => client.dispose());
  const told = client.iterate({ query: CHANGED, variables: { ...variables } });
  return {
    async take(count) {
      const changes: Changed[] = [];
      while (changes.length < count) {
        const { value, done } = await told.next();
        if (done) throw new Error(`complete after ${changes.length} changes`);
        if (value.errors) throw value.errors;
        changes.push((value.data as unknown as { dossierChanged: Changed }).dossierChanged);
      }
      return changes;
    },
    async takeUntilSilence() {
      const changes: Changed[] = [];
      for (;;) {
        const next = await Promise.race([this.take(1), delay(SILENCE_MS)]);
        if (next === undefined) return changes;
        changes.push(...next);
      }
    },
    async leave() {
      await told.return?.();
      await client.dispose();
    },
  };
}

async function refusalOf(process: Process, variables: object): Promise<unknown> {
  return subscribe(process, variables)
    .take(1)
    .then(
      () => null,
      (errors: unknown) => (errors as { extensions: object }[])[0],
    );
}

onEachStore('dossierChanged', (open) => {
  let stage: Stage;
  let turn = 0;
  beforeAll(async () => {
    stage = await open();
    for (const sector of ['one-stop', 'land']) {
      const way = { sector, way: 'poll', current_until: NOW, updated_at: NOW };
      await stage.database.knex('capture_way').insert(way);
    }
  });
  afterEach(closeAll);
  afterAll(() => stage.close());

  /** A code that no other test has. */
  const freshCode = () => `H41.07-261001-${String(++turn).padStart(4, '0')}`;
  async function happen(...specs: readonly EventSpec[]): Promise<void> {
    for (const spec of specs) {
      tell(stage, event(spec));
      await stage.project();
    }
  }

  it('tells what changed and the dossier as it is now', async () => {
    const process = await openProcess(stage);
    const code = freshCode();
    const before = await listening(process, { where: { code } });
    await happen({ code, status: 2 }, { code, sector: 'land', status: 9, at: NOW });
    const [first, second] = await before.take(2);
    expect(first).toMatchObject({ id: `one-stop:${code}:1`, code, sector: 'one-stop', version: 1, change: 'UPSERT' });
    expect(second).toEqual({
      ...{ id: `land:${code}:1`, sector: 'land', code, version: 1, change: 'UPSERT', status: 'COMPLETED' },
      dossier: { code, status: 'COMPLETED' },
    });
    await happen({ code, version: 2, view: null }, { code, sector: 'land', version: 2, view: null });
    expect(await before.take(2)).toMatchObject([
      // Both may have gone by the time the first is told.
      { change: 'DELETE', status: null },
      { change: 'DELETE', status: null, dossier: null },
    ]);
  });

  it('chooses by code, applicant, sector and agency, and by several at once', async () => {
    const process = await openProcess(stage);
    const [mine, other, business] = [freshCode(), freshCode(), freshCode()];
    const id = seal.seal('citizen', NEW_NUMBER);
    const cases = {
      code: [{ code: mine }, ['one-stop 1', 'land 1']],
      'small letters': [{ code: mine.toLowerCase() }, ['one-stop 1', 'land 1']],
      'new number': [{ applicantId: NEW_NUMBER }, ['one-stop 1', 'land 1']],
      'old number': [{ applicantId: OLD_NUMBER }, ['one-stop 1', 'land 1']],
      'Citizen.id': [{ applicantId: id }, ['one-stop 1', 'land 1']],
      enterprise: [{ applicantId: ENTERPRISE }, ['one-stop 3']],
      sector: [{ sector: 'land' }, ['land 1']],
      agency: [{ agency: 'H41.12' }, ['one-stop 1', 'land 1', 'one-stop 3']],
      'agency in the older order': [{ agency: '000.00.12.H41' }, ['one-stop 1', 'land 1', 'one-stop 3']],
      'all of them': [{ code: mine, applicantId: NEW_NUMBER, sector: 'land', agency: 'H41.12' }, ['land 1']],
      'two that exclude each other': [{ code: other, applicantId: NEW_NUMBER }, []],
    } as const;
    const open = await Promise.all(
      Object.values(cases).map(async ([where]) => listening(process, { where: { ...where } })),
    );
    const an = { applicantName: 'Lê Văn An', agencyCode: '000.00.12.H41' };
    await happen(
      { code: mine, view: { ...an, applicantNumbers: [OLD_NUMBER] } },
      { code: mine, sector: 'land' },
      { code: other, view: { applicantNumbers: ['001090004217'], agencyCode: 'H41.07' } },
      { code: business, view: { applicantKind: 'ENTERPRISE', applicantNumbers: [ENTERPRISE], agencyCode: 'H41.12' } },
    );
    const numbers: Record<string, number> = { [mine]: 1, [other]: 2, [business]: 3 };
    const told = await Promise.all(open.map((one) => one.takeUntilSilence()));
    const short = told.map((changes) => changes.map(({ sector, code }) => `${sector} ${numbers[code]}`));
    expect(Object.fromEntries(Object.keys(cases).map((name, place) => [name, short[place]]))).toEqual(
      Object.fromEntries(Object.entries(cases).map(([name, [, expected]]) => [name, expected])),
    );
  });

  it('keeps out the dossiers of somebody else who may have held the same old number', async () => {
    const process = await openProcess(stage);
    const open = await listening(process, { where: { applicantId: NEW_NUMBER } });
    const [strange, own] = [freshCode(), freshCode()];
    await happen(
      { code: strange, view: { applicantName: 'Phạm Thị Cúc', applicantNumbers: [OLD_NUMBER] } },
      { code: own, view: { applicantName: 'Lê Văn An', applicantNumbers: [OLD_NUMBER] } },
    );
    expect((await open.take(1))[0]?.id).toBe(`one-stop:${own}:1`);
  });

  it('is refused where nobody can say whose dossiers are meant, since silence would look like no change', async () => {
    const process = await openProcess(stage, [PEOPLE, DOWN]);
    expect(await refusalOf(process, { where: { applicantId: OLD_NUMBER } })).toMatchObject({
      extensions: { code: 'IDENTIFIERS_INCOMPLETE', retryable: true },
    });
  });

  it.each([
    ['nothing to choose by', {}, undefined],
    ['nulls', { code: null, agency: null }, undefined],
    ['what is no number', { applicantId: '12' }, undefined],
    ['a sector that is not there', { sector: 'fishery' }, undefined],
    ['an agency that is not there', { agency: 'H99.99' }, undefined],
    ['what cannot be a code', { code: '<script>' }, undefined],
    ['an `after` that is no event', { sector: 'land' }, 'yesterday'],
    ['an `after` that is not there', { sector: 'land' }, 'land:H41.07-261001-9999:3'],
  ])('is refused for %s', async (_, where, after) => {
    const process = await openProcess(stage);
    expect(await refusalOf(process, { where, after })).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
  });

  it('reaches the subscribers of every process, over either transport', async () => {
    const processes = await Promise.all([openProcess(stage), openProcess(stage)]);
    const open = await Promise.all(
      processes.flatMap((process) =>
        (['ws', 'sse'] as const).map((over) => listening(process, { where: { sector: 'land' } }, over)),
      ),
    );
    const code = freshCode();
    await happen(...[1, 2, 3].map((version) => ({ code, sector: 'land', version })));
    for (const one of open) {
      expect((await one.take(3)).map(({ id }) => id)).toEqual([1, 2, 3].map((version) => `land:${code}:${version}`));
    }
  });

  it('neither loses nor doubles a change for who leaves and comes back, to whichever process', async () => {
    const processes = await Promise.all([openProcess(stage), openProcess(stage)]);
    const code = freshCode();
    const all = Array.from({ length: 120 }, (_, place) => `land:${code}:${place + 1}`);
    await happen({ code, sector: 'land' });
    const happening = (async () => {
      for (let version = 2; version <= all.length; version += 7) {
        const versions = Array.from({ length: 7 }, (_, one) => version + one).filter((one) => one <= all.length);
        tell(stage, ...versions.map((one) => event({ code, sector: 'land', version: one })));
        await stage.project();
      }
    })();
    const received = [all[0] as string];
    let draw = 7;
    for (let sitting = 0; received.length < all.length; sitting++) {
      draw = (draw * 75 + 74) % 65_537;
      const process = processes[sitting % 2] as Process;
      const over = draw % 3 === 0 ? 'sse' : 'ws';
      const one = subscribe(process, { where: { sector: 'land' }, after: received.at(-1) }, over);
      const count = Math.min(1 + (draw % 17), all.length - received.length);
      received.push(...(await one.take(count)).map(({ id }) => id));
      await one.leave();
    }
    await happening;
    expect(received).toEqual(all);
  });

  /** Subscribed in fact: what happens from now on is told. */
  async function listening(process: Process, variables: object, over: 'ws' | 'sse' = 'ws'): Promise<Subscribed> {
    const after = await newest();
    return subscribe(process, { ...variables, after }, over);
  }

  /** Something to go on after, so that nobody has to wait until a subscription has begun. */
  async function newest(): Promise<string> {
    const code = freshCode();
    await happen({ code, view: { agencyCode: 'H41.99' } });
    return `one-stop:${code}:1`;
  }
});

describe('dossierChanged in the whole hub', () => {
  let province: Province;
  beforeAll(async () => {
    province = await openProvince({ citizens: 60, dossiers: 120 });
  }, 120_000);
  afterAll(async () => {
    await closeAll();
    await province.close();
  });

  it('goes on after an event of a dossier’s history', async () => {
    const { data } = await province.ask('{ dossiers(first: 100) { nodes { code status history { id } } } }');
    const two = data.dossiers.nodes.find((one: { history: object[] }) => one.history.length === 2);
    const ids: string[] = two.history.map(({ id }: { id: string }) => id);
    // The history is in the order in which things happened, the feed in that in which they became known.
    const [told] = (await Promise.race(
      ids.map((after) => subscribe(province, { where: { code: two.code }, after }).take(1)),
    )) as [Changed];
    expect(ids).toContain(told.id);
    expect(told.dossier).toEqual({ code: two.code, status: two.status });
  });

  it('stops with the hub', async () => {
    const told = subscribe(province, { where: { sector: 'land' } }).take(1);
    const ended = told.then(
      () => null,
      (error: Error) => error.message,
    );
    await delay(200);
    const started = performance.now();
    await province.hub.close();
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(await ended).toBe('complete after 0 changes');
  });
});
