import { setTimeout as delay } from 'node:timers/promises';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { afterEach, describe, expect, it } from 'vitest';
import { HubError } from '../../core/errors.ts';
import type { OperationRequest, RefusedRequest, SettledOutcome } from '../../gateway/operation-request.ts';
import { closeAll, closing, open, WAYS } from './subscription-stage.ts';
import { GRAPHQL_RESPONSE, startTestGateway, type TestGateway } from './support.ts';

afterEach(closeAll);

const typeDefs = 'type Query { name: String broken: String empty: String deaf: String }';

function schemaSaying(name: string, called: () => void = () => {}) {
  const broken = () => {
    throw new HubError('SOURCE_TIMEOUT', 'late');
  };
  const say = () => {
    called();
    return name;
  };
  return makeExecutableSchema({
    typeDefs,
    resolvers: {
      Query: { name: say, broken, empty: () => null, deaf: () => new Promise(() => {}) },
    },
  });
}

interface Watched extends TestGateway {
  readonly settled: SettledOutcome[];
  readonly refused: RefusedRequest[];
}

async function watched(options: { settle?: () => Promise<void>; guarded?: boolean } = {}): Promise<Watched> {
  const settled: SettledOutcome[] = [];
  const refused: RefusedRequest[] = [];
  const hub = await startTestGateway(schemaSaying('plain'), {
    guardedSchema: schemaSaying('guarded'),
    settings: { OPERATION_TIMEOUT_MS: 100 },
    noteRefusal: async (one) => void refused.push(one),
    contextFor: () => ({
      value: {},
      guarded: options.guarded ?? false,
      async settle(outcome) {
        settled.push(outcome);
        await options.settle?.();
      },
    }),
  });
  closing.push(() => hub.gateway.close());
  return { ...hub, settled, refused };
}

const unwritable = async () => {
  throw new HubError('AUDIT_UNAVAILABLE', 'The access log cannot be written.');
};

describe('the context of an operation', () => {
  it('is told once what will leave, whether the operation was compiled or not', async () => {
    const { ask, settled, refused, wasCompiled } = await watched();
    for (const compiled of [false, true]) {
      await ask({ query: '{ name broken }' });
      expect(wasCompiled()).toBe(compiled);
    }
    await ask({ query: '{ name }' });
    expect(settled).toEqual([
      { codes: ['SOURCE_TIMEOUT'], hasData: true, answered: true },
      { codes: ['SOURCE_TIMEOUT'], hasData: true, answered: true },
      { codes: [], hasData: true, answered: true },
    ]);
    expect(refused).toEqual([]);
  });

  it('is told of an operation that took too long, of which nothing leaves', async () => {
    const { ask, settled } = await watched();
    expect((await ask({ query: '{ name deaf }' })).status).toBe(504);
    expect(settled).toEqual([{ codes: ['OPERATION_TIMEOUT'], hasData: false, answered: false }]);
  });

  it('is told whether anything asked for was answered, and that nobody was found is an answer', async () => {
    const { ask, settled } = await watched();
    for (const query of [
      '{ broken }',
      '{ broken again: broken }',
      '{ empty }',
      '{ broken empty }',
      '{ name broken }',
    ]) {
      await ask({ query });
    }
    expect(settled.map(({ hasData, answered }) => [hasData, answered])).toEqual([
      [true, false],
      [true, false],
      [true, true],
      [true, true],
      [true, true],
    ]);
  });

  it('is used for nothing where the operation was answered while it was being made', async () => {
    let called = 0;
    const settled: SettledOutcome[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const hub = await startTestGateway(
      schemaSaying('plain', () => {
        called += 1;
      }),
      {
        settings: { OPERATION_TIMEOUT_MS: 50 },
        async contextFor() {
          await promise;
          return { value: {}, guarded: false, settle: async (outcome) => void settled.push(outcome) };
        },
      },
    );
    closing.push(() => hub.gateway.close());
    expect((await hub.ask({ query: '{ name }' })).status).toBe(504);
    resolve();
    await delay(20);
    expect([called, settled]).toEqual([0, []]);
  });

  it('keeps the whole answer back where it throws', async () => {
    const { ask } = await watched({ settle: unwritable });
    for (const query of ['{ name }', '{ name }', '{ name broken }']) {
      const { status, body } = await ask({ query });
      expect(status).toBe(503);
      expect(body.data).toBeUndefined();
      expect(body.errors).toMatchObject([{ extensions: { code: 'AUDIT_UNAVAILABLE', retryable: true } }]);
      expect(JSON.stringify(body)).not.toContain('plain');
    }
  });

  it('says whether the operation runs on the guarded schema', async () => {
    for (const guarded of [false, true]) {
      const { ask } = await watched({ guarded });
      for (const _ of ['interpreted', 'compiled']) {
        expect((await ask({ query: '{ name }' })).body.data).toEqual({ name: guarded ? 'guarded' : 'plain' });
      }
    }
  });
});

describe('what is refused before it has a context', () => {
  it.each([
    ['no GraphQL', { query: '{' }, {}, 'GRAPHQL_PARSE_FAILED'],
    ['a field that is not there', { query: '{ nope }' }, {}, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'variables that are wrong',
      { query: 'query ($n: Int!) { name @include(if: true) a: name @skip(if: $n) }' },
      {},
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['a variable that is missing', { query: 'query ($n: Boolean!) { name @include(if: $n) }' }, {}, 'BAD_USER_INPUT'],
    ['no request at all', {}, {}, 'BAD_REQUEST'],
    ['a purpose that there is none of', { query: '{ name }' }, { 'x-purpose': 'curiosity' }, 'PURPOSE_REQUIRED'],
    ['two dossiers', { query: '{ name }' }, { 'x-dossier': 'H41-1, H41-2' }, 'PURPOSE_REQUIRED'],
  ])('is noted once: %s', async (_, body, headers, code) => {
    const { ask, settled, refused } = await watched();
    await ask(body, { accept: GRAPHQL_RESPONSE, ...headers });
    expect(settled).toEqual([]);
    expect(refused).toMatchObject([{ codes: [code], actor: { id: 'anybody' } }]);
  });

  it('is answered with the status of its code', async () => {
    const { ask } = await watched();
    expect((await ask({ query: '{ name }' }, { 'x-purpose': 'curiosity' })).status).toBe(403);
  });
});

describe.each(WAYS)('the contexts of a subscription $name', ({ subscribe }) => {
  it('are told once of its beginning and once of each event', async () => {
    const requests: OperationRequest[] = [];
    const settled: SettledOutcome[] = [];
    const hub = await open(
      {},
      {
        contextFor: (request) => {
          requests.push(request);
          return { value: {}, guarded: false, settle: async (outcome) => void settled.push(outcome) };
        },
      },
    );
    await subscribe(hub, { query: 'subscription { count(to: 2) { number failing } }' });
    expect(requests.map(({ event }) => event)).toEqual([false, true, true]);
    expect(settled).toEqual([
      { codes: [], hasData: false, answered: false },
      { codes: ['SOURCE_TIMEOUT'], hasData: true, answered: true },
      { codes: ['SOURCE_TIMEOUT'], hasData: true, answered: true },
    ]);
  });

  it('keep an event back where they throw, and the subscription where its beginning does', async () => {
    const refusing = (which: boolean) => ({
      contextFor: ({ event }: OperationRequest) => ({
        value: {},
        guarded: false,
        settle: event === which ? unwritable : async () => {},
      }),
    });
    const asked = { query: 'subscription { count(to: 1) { number } }' };
    const events = await subscribe(await open({}, refusing(true)), asked);
    expect(events.results).toMatchObject([{ data: null, errors: [{ extensions: { code: 'AUDIT_UNAVAILABLE' } }] }]);
    const house = await open({}, refusing(false));
    const begun = await subscribe(house, asked);
    expect(begun.results).toEqual([]);
    expect(JSON.stringify(begun.errors)).toContain('AUDIT_UNAVAILABLE');
    expect(house.ticking.open()).toBe(0);
  });

  it('are not made for what is refused, which is noted', async () => {
    const refused: RefusedRequest[] = [];
    const hub = await open({}, { noteRefusal: async (one) => void refused.push(one) });
    await subscribe(hub, { query: 'subscription { counts }' });
    expect(refused).toMatchObject([{ codes: ['GRAPHQL_VALIDATION_FAILED'], source: 'subscription { counts }' }]);
  });
});
