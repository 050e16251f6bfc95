import { type Client, createClient } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Actor } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import { createOperation } from '../../resolvers/operation.ts';
import { createDossierIndex } from '../../store/dossier-index.ts';
import { createFeed } from '../../streams/feed.ts';
import { startTestGateway } from '../gateway/support.ts';
import { openHouse } from '../resolvers/small-house.ts';
import { event, onEachStore, type Stage, tell } from '../support/index-stage.ts';
import { openSmallDesk, type SmallDesk } from './small-desk.ts';
import { actor } from './stage.ts';

const HOA = '001085004213';
const CHANGED =
  'subscription ($where: DossierChangedFilter!, $after: ID) { dossierChanged(where: $where, after: $after) { id code dossier { code applicant { name } } } }';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Whoever brings such a token. */
let people: Readonly<Record<string, Actor>> = {};
const PEOPLE = {
  commune: actor({ id: 'commune.binh', unit: 'H41.58.01' }),
  neighbour: actor({ id: 'commune.chi', unit: 'H41.50.01' }),
  counter: actor({ id: 'counter.hanh', unit: 'H41' }),
  citizen: actor({ id: 'citizen.hoa', role: 'citizen', client: 'citizen-app', unit: null, personalNumber: HOA }),
  auditor: actor({ id: 'auditor.lan', role: 'auditor', client: 'audit-desk', unit: null }),
} as const;

onEachStore('Changes of dossiers over a socket', (open) => {
  let stage: Stage;
  let turn = 0;

  beforeAll(async () => {
    stage = await open();
    for (const sector of ['one-stop', 'land']) {
      const way = { sector, way: 'poll', current_until: Date.now(), updated_at: Date.now() };
      await stage.database.knex('capture_way').insert(way);
    }
  });
  afterAll(() => stage.close());

  async function openHub(): Promise<{ url: string; desk: SmallDesk }> {
    people = PEOPLE;
    const feed = createFeed({ database: stage.database, pollMs: 20, ring: 50, warn: () => {} });
    const dossiers = [
      { sector: 'one-stop', role: 'reception' },
      { sector: 'land', role: 'course' },
    ] as const;
    const desk = openSmallDesk(openHouse([], { dossiers, index: createDossierIndex(stage.database), feed }));
    const { registry, schema, guardedSchema } = desk;
    const { gateway } = await startTestGateway(schema, {
      guardedSchema,
      authenticate: async ({ authorization }) => {
        const found = people[authorization?.replace('Bearer ', '') ?? ''];
        if (found === undefined) throw new HubError('UNAUTHENTICATED', 'Nobody of this name lives here.');
        return found;
      },
      contextFor: async ({ signal, ...asked }) => {
        const { access, caller, guarded, settle } = await registry.access.open({ ...asked, schema });
        return { value: createOperation(registry, { caller, access, signal }), guarded, settle };
      },
    });
    closing.push(async () => {
      await gateway.close();
      await feed.close();
    });
    return { url: `${gateway.address().replace('http', 'ws')}/graphql`, desk };
  }

  /** Everything that somebody is told, as it comes. */
  function listen(url: string, who: string, where: object, said: object = {}, query = CHANGED) {
    const connectionParams = { authorization: `Bearer ${who}`, ...said };
    const client: Client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams });
    closing.push(() => client.dispose());
    // biome-ignore lint/suspicious/noExplicitAny: answers are looked at member by member
    const told: any[] = [];
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const ended = new Promise<any>((resolve) => {
      client.subscribe(
        { query, variables: { where } },
        { next: (one) => told.push(one), error: resolve, complete: () => resolve(null) },
      );
    });
    const codes = () => told.map(({ data }) => data.dossierChanged.code as string);
    return { told, codes, ended };
  }

  const freshCode = (commune: string) => `${commune}.01-261001-${String(++turn).padStart(4, '0')}`;

  /** A dossier of a commune changes. */
  async function happen(commune: string, applicantNumbers: readonly string[] = []): Promise<string> {
    const code = freshCode(commune);
    tell(stage, event({ code, view: { agencyCode: commune, applicantName: 'Lê Văn An', applicantNumbers } }));
    await stage.project();
    return code;
  }

  /** Whoever listens has begun to when a change that they may see has reached them. */
  async function begun(
    commune: string,
    listeners: readonly ReturnType<typeof listen>[],
    numbers: readonly string[] = [],
  ) {
    const waiting = new Set(listeners);
    for (let tries = 0; waiting.size > 0; tries++) {
      if (tries === 100) throw new Error('Nobody was told of a change that they may see');
      await happen(commune, numbers);
      await expect
        .poll(() => [...waiting].some(({ told }) => told.length > 0), { timeout: 300 })
        .toBe(true)
        .catch(() => {});
      for (const one of waiting) if (one.told.length > 0) waiting.delete(one);
    }
  }

  it('are told to each of the units that they may see, and not even that something happened elsewhere', async () => {
    const { url, desk } = await openHub();
    const where = { sector: 'one-stop' };
    const [commune, neighbour, counter] = ['commune', 'neighbour', 'counter'].map((who) => listen(url, who, where)) as [
      ReturnType<typeof listen>,
      ReturnType<typeof listen>,
      ReturnType<typeof listen>,
    ];
    await begun('H41.58', [commune, counter]);
    await begun('H41.50', [neighbour]);
    const mixed: string[] = [];
    for (const place of ['H41.58', 'H41.50', 'H41.50', 'H41.58', 'H41.50']) mixed.push(await happen(place));
    await expect.poll(() => counter.codes().filter((code) => mixed.includes(code))).toEqual(mixed);
    const of = (place: string) => mixed.filter((code) => code.startsWith(place));
    await expect.poll(() => commune.codes().slice(-2)).toEqual(of('H41.58'));
    await expect.poll(() => neighbour.codes().slice(-3)).toEqual(of('H41.50'));
    expect(commune.codes().filter((code) => !code.startsWith('H41.58'))).toEqual([]);
    expect(neighbour.codes().filter((code) => !code.startsWith('H41.50'))).toEqual([]);
    // Each event is an operation of its own, in the log too.
    const events = desk.logged.filter(({ operation }) => operation.kind === 'EVENT');
    expect(events.filter(({ operation }) => operation.actor === 'commune.binh')).toHaveLength(commune.told.length);
  });

  it('are a citizen’s own', async () => {
    const { url } = await openHub();
    const citizen = listen(url, 'citizen', { sector: 'one-stop' });
    await begun('H41.58', [citizen], [HOA]);
    await happen('H41.58', ['001090001111']);
    const own = await happen('H41.50', [HOA]);
    await expect.poll(() => citizen.codes().at(-1)).toBe(own);
    expect(citizen.told.at(-1).data.dossierChanged.dossier.applicant).toEqual({ name: 'Lê Văn An' });
    expect(new Set(citizen.told.map(({ data }) => data.dossierChanged.dossier.applicant?.name))).toEqual(
      new Set(['Lê Văn An']),
    );
  });

  describe('of one applicant', () => {
    const LAN = '001090004217';
    const ENTERPRISE = '0100233488';
    const COURSE = 'subscription ($where: DossierChangedFilter!) { dossierChanged(where: $where) { code status } }';
    const hear = (url: string, who: string, where: object, said = {}) => listen(url, who, where, said, COURSE);
    /** Whom the events that somebody was told were about, by the log. */
    const eventsOf = ({ logged }: SmallDesk, actorId: string) =>
      logged.filter(({ operation }) => operation.kind === 'EVENT' && operation.actor === actorId);

    it('name the applicant in the log, each with its dossier', async () => {
      const { url, desk } = await openHub();
      const dossier = await happen('H41.58', [HOA]);
      const said = { purpose: 'PROCESSING', dossier };
      const counter = hear(url, 'counter', { applicantId: HOA }, said);
      await begun('H41.58', [counter], [HOA]);
      const opening = desk.logged.find(({ operation }) => operation.actor === 'counter.hanh');
      expect(opening).toMatchObject({ operation: { kind: 'OPERATION' }, subjects: [{ number: HOA }] });
      const codes = counter.codes();
      // Another may be logged by now and on its way.
      const events = eventsOf(desk, 'counter.hanh').slice(0, codes.length);
      expect(events.map(({ subjects }) => subjects)).toEqual(
        codes.map((code) => [{ number: HOA, relation: 'DOSSIER', dossier: code }]),
      );
      // Without the log no event leaves.
      expect(events.every(({ personal }) => personal)).toBe(true);
    });

    it('name the citizen who asks for their own, whether or not they say so', async () => {
      const { url, desk } = await openHub();
      const listeners = [{ applicantId: HOA }, { sector: 'one-stop' }].map((where) => hear(url, 'citizen', where));
      await begun('H41.58', listeners, [HOA]);
      for (const { subjects } of eventsOf(desk, 'citizen.hoa')) {
        expect(subjects).toEqual([{ number: HOA, relation: 'SELF', dossier: expect.any(String) }]);
      }
      expect(eventsOf(desk, 'citizen.hoa').length).toBeGreaterThan(1);
    });

    it('are found by the code of an enterprise, and name nobody', async () => {
      const { url, desk } = await openHub();
      const counter = hear(url, 'counter', { applicantId: ENTERPRISE });
      await begun('H41.58', [counter], [ENTERPRISE]);
      const [first] = eventsOf(desk, 'counter.hanh');
      expect(first?.operation.sought).toMatchObject([{ what: 'DOSSIERS', subject: expect.any(String) }]);
      expect(first?.subjects).toEqual([]);
    });

    it('are told no more once the dossier that is worked on names somebody else', async () => {
      const { url, desk } = await openHub();
      const dossier = await happen('H41.58', [HOA]);
      const counter = hear(url, 'counter', { applicantId: HOA }, { purpose: 'PROCESSING', dossier });
      await begun('H41.58', [counter], [HOA]);
      const view = { agencyCode: 'H41.58', applicantName: 'Trần Thị Lan', applicantNumbers: [LAN] };
      tell(stage, event({ code: dossier, version: 2, view }));
      await stage.project();
      const isRefused = ({ data }: { data: unknown }) => data === null;
      // What is known of a dossier is kept for a second.
      await expect
        .poll(async () => (await happen('H41.58', [HOA])) !== '' && counter.told.some(isRefused), { timeout: 10_000 })
        .toBe(true);
      expect(counter.told.find(isRefused).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
      expect(desk.logged.at(-1)).toMatchObject({ operation: { kind: 'EVENT', outcome: 'REFUSED' }, subjects: [] });
    });

    it('that are refused are not named by what is said at the end of the token either', async () => {
      const { url, desk } = await openHub();
      people = { ...PEOPLE, brief: { ...PEOPLE.counter, expiresAt: Date.now() + 4_000 } };
      const dossier = await happen('H41.58', [HOA]);
      const brief = hear(url, 'brief', { applicantId: HOA }, { purpose: 'PROCESSING', dossier });
      await begun('H41.58', [brief], [HOA]);
      const view = { agencyCode: 'H41.58', applicantName: 'Trần Thị Lan', applicantNumbers: [LAN] };
      tell(stage, event({ code: dossier, version: 2, view }));
      await stage.project();
      const isRefused = ({ data }: { data: unknown }) => data === null;
      await expect
        .poll(async () => (await happen('H41.58', [HOA])) !== '' && brief.told.some(isRefused), { timeout: 3_000 })
        .toBe(true);
      const shown = brief.told.filter((one) => !isRefused(one)).map(({ data }) => data.dossierChanged.code);
      const [error] = (await brief.ended) as { extensions: { code: string; after: string } }[];
      expect(error?.extensions.code).toBe('UNAUTHENTICATED');
      expect(error?.extensions.after).toBe(`one-stop:${shown.at(-1)}:1`);
      expect(desk.logged.at(-1)).toMatchObject({ operation: { kind: 'EVENT', outcome: 'REFUSED' }, subjects: [] });
    });
  });

  it('name nobody to who states no purpose, event by event', async () => {
    const { url } = await openHub();
    const commune = listen(url, 'commune', { sector: 'one-stop' });
    await begun('H41.58', [commune]);
    const [{ data, errors }] = commune.told;
    expect(data.dossierChanged.dossier.applicant).toBeNull();
    expect(errors).toMatchObject([
      { path: ['dossierChanged', 'dossier', 'applicant'], extensions: { code: 'PURPOSE_REQUIRED' } },
    ]);
  });

  it('are not told at all to who may not hear of any', async () => {
    const { url } = await openHub();
    const [error] = (await listen(url, 'auditor', { sector: 'one-stop' }).ended) as { extensions: object }[];
    expect(error?.extensions).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('are told for as long as the token holds, and the end says where to go on', async () => {
    const { url } = await openHub();
    people = { ...PEOPLE, brief: { ...PEOPLE.commune, expiresAt: Date.now() + 3_000 } };
    const brief = listen(url, 'brief', { sector: 'one-stop' });
    await begun('H41.58', [brief]);
    const last = brief.told.at(-1).data.dossierChanged.id;
    const [error] = (await brief.ended) as { extensions: { code: string; after: string } }[];
    expect(error?.extensions.code).toBe('UNAUTHENTICATED');
    expect(brief.told.map(({ data }) => data.dossierChanged.id)).toContain(last);
    expect(error?.extensions.after).toBe(brief.told.at(-1).data.dossierChanged.id);
    const count = brief.told.length;
    await happen('H41.58');
    expect(brief.told).toHaveLength(count);
  });
});
