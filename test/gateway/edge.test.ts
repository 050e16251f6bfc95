import { makeExecutableSchema } from '@graphql-tools/schema';
import { afterEach, describe, expect, it } from 'vitest';
import { HubError } from '../../core/errors.ts';
import type { GatewayOptions } from '../../gateway/gateway.ts';
import { documentId } from '../../gateway/limits/registered.ts';
import type { RefusedRequest } from '../../gateway/operation-request.ts';
import type { GatewaySettings } from '../../gateway/settings.ts';
import { ANYBODY } from '../support/open-access.ts';
import { rawStream } from './raw-stream.ts';
import { type Asked, closeAll, closing, open as openTicking, WAYS } from './subscription-stage.ts';
import { contextOf, startTestGateway } from './support.ts';

const schema = makeExecutableSchema({
  typeDefs: 'type Query { hello: String slow: String }',
  resolvers: { Query: { hello: () => 'xin chào', slow: () => waiting.promise } },
});

let waiting = Promise.withResolvers<string>();

afterEach(closeAll);

async function open(settings: Partial<GatewaySettings> = {}, options: Partial<Omit<GatewayOptions, 'settings'>> = {}) {
  const hub = await startTestGateway(schema, { ...options, settings });
  closing.push(() => hub.gateway.close());
  return { ...hub, url: hub.gateway.address() };
}

const HELLO = { query: '{ hello }' };

describe('Every answer', () => {
  it.each(['/graphql', '/healthz', '/nowhere', '/graphql/stream', '/'])(
    'of %s forbids to guess, keep, frame and follow it',
    async (path) => {
      const { url } = await open({ GRAPHIQL: 'on' });
      const { headers } = await fetch(`${url}${path}`);
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      expect(headers.get('server')).toBeNull();
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('set-cookie')).toBeNull();
      expect(headers.get('access-control-allow-origin')).toBeNull();
    },
  );
});

describe('A page of another origin', () => {
  const PAGE = 'https://motcua.example';
  const preflight = (url: string, origin: string) =>
    fetch(`${url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-purpose',
      },
    });

  it('is turned away where none is named', async () => {
    const { url } = await open();
    expect((await preflight(url, PAGE)).status).toBe(403);
    expect((await preflight(url, 'http://localhost:9')).status).toBe(404);
  });

  it('is let in where it is named, with a token and without cookies', async () => {
    const { url, ask } = await open({}, { origins: [PAGE] });
    const { status, headers } = await preflight(url, PAGE);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(headers.get('access-control-allow-headers')).toBe(
      'authorization, content-type, x-purpose, x-dossier, x-visit',
    );
    expect(headers.get('access-control-allow-methods')).toBe('GET, POST');
    expect(headers.get('access-control-max-age')).toBe('600');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    const answer = await ask(HELLO, { origin: PAGE });
    expect(answer.body).toEqual({ data: { hello: 'xin chào' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
  });

  it('is turned away where another one is named', async () => {
    const { url, ask } = await open({}, { origins: [PAGE] });
    for (const origin of ['https://motcua.example.evil', 'http://motcua.example', 'https://x.motcua.example', 'null']) {
      const { status, headers } = await preflight(url, origin);
      expect(status).toBe(403);
      expect(headers.get('access-control-allow-origin')).toBeNull();
      const refused = await ask(HELLO, { origin });
      expect(refused.status).toBe(403);
      const message = expect.stringMatching(/^Origin: expected .* came another site’s.* CORS_ORIGINS\.$/);
      expect(refused.body.errors).toMatchObject([{ message, extensions: { code: 'FORBIDDEN' } }]);
    }
  });
});

describe('Who asks too often', () => {
  it('is told to wait, before anything is read', async () => {
    const { ask } = await open({ RATE_PER_MINUTE: 2 });
    for (const _ of [1, 2]) expect((await ask(HELLO)).status).toBe(200);
    const { status, headers, body } = await ask('no JSON');
    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('30');
    expect(body.errors).toMatchObject([{ extensions: { code: 'TOO_MANY_REQUESTS', retryable: true } }]);
  });

  it.each(WAYS)('is told so $name, where each operation counts', async ({ subscribe }) => {
    const hub = await openTicking({ RATE_PER_MINUTE: 1 });
    const COUNT = { query: 'subscription { count(to: 1) { number } }' };
    expect((await subscribe(hub, COUNT)).results).toHaveLength(1);
    const { errors } = await subscribe(hub, COUNT);
    // What is refused before there is a stream has a status, which this client of the other protocol tells instead.
    expect(JSON.stringify(errors[0]?.extensions ?? errors[0]?.response?.status)).toMatch(/TOO_MANY_REQUESTS|429/);
  });

  it('at once waits until an operation has ended or its asker is gone', async () => {
    waiting = Promise.withResolvers<string>();
    const { url, ask } = await open({ AT_ONCE: 2 });
    const gone = new AbortController();
    const slow = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{ slow }"}' };
    const first = fetch(`${url}/graphql`, slow);
    const second = fetch(`${url}/graphql`, { ...slow, signal: gone.signal }).catch(() => {});
    await expect.poll(async () => (await ask(HELLO)).status).toBe(429);
    gone.abort();
    await second;
    await expect.poll(async () => (await ask(HELLO)).status).toBe(200);
    waiting.resolve('chậm');
    expect(await (await first).json()).toEqual({ data: { slow: 'chậm' } });
  });

  it('does not count subscriptions that only listen', async () => {
    const hub = await openTicking({ AT_ONCE: 1 });
    const streams = [];
    for (let i = 0; i < 3; i += 1) {
      const query = '{"query":"subscription { news { number } }"}';
      streams.push(await rawStream(hub.sse, { headers: { 'content-type': 'application/json' }, body: query }));
      await expect.poll(() => hub.ticking.open()).toBe(i + 1);
    }
    for (const stream of streams) stream.close();
  });

  it('with tokens that are not accepted is told to wait, and good ones of the same address are let in', async () => {
    const authenticate: GatewayOptions['authenticate'] = async ({ authorization }) => {
      if (authorization === 'Bearer good') return ANYBODY;
      throw new HubError('UNAUTHENTICATED', 'Send an access token.');
    };
    const { ask } = await open({ ADDRESS_FAILURES_PER_MINUTE: 3 }, { authenticate });
    const statuses = [];
    for (let i = 0; i < 5; i += 1) statuses.push((await ask(HELLO, { authorization: `Bearer ${i}` })).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect((await ask(HELLO, { authorization: 'Bearer good' })).status).toBe(200);
  });
});

describe('Where the hub cannot answer for now', () => {
  it.each(['AUDIT_UNAVAILABLE', 'KEYS_UNAVAILABLE'] as const)('with %s it says when to ask again', async (code) => {
    const contextFor = () => {
      throw new HubError(code, 'Not now.');
    };
    const { ask } = await open({}, { contextFor });
    const { status, headers } = await ask(HELLO);
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('5');
  });

  it('where only the log fails, too', async () => {
    const settle = async () => {
      throw new HubError('AUDIT_UNAVAILABLE', 'Not now.', { retryAfterMs: 1_500 });
    };
    const { ask } = await open({}, { contextFor: () => ({ ...contextOf({}), settle }) });
    const { status, headers, body } = await ask(HELLO);
    expect([status, headers.get('retry-after'), body.data]).toEqual([503, '2', undefined]);
  });
});

describe('A registered operation', () => {
  const id = documentId(HELLO.query);
  const registered = new Map([[id, HELLO.query]]);

  it('is asked for by its id', async () => {
    const { ask } = await open({}, { registered });
    expect((await ask({ documentId: id })).body).toEqual({ data: { hello: 'xin chào' } });
    expect((await ask(HELLO)).body).toEqual({ data: { hello: 'xin chào' } });
  });

  it.each([
    ['another id', { documentId: documentId('{ other }') }],
    ['no id at all', { documentId: 1 }],
    ['a name every object has', { documentId: 'constructor' }],
    ['a text beside the id', { documentId: id, query: '{ slow }' }],
  ])('is not what comes with %s', async (_, body) => {
    const { ask } = await open({}, { registered });
    const answer = await ask(body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.[0]?.extensions?.code).toBe('OPERATION_NOT_REGISTERED');
  });

  it('is all that may be asked with REGISTERED_ONLY, over every transport, and refusals are noted', async () => {
    const noted: RefusedRequest[] = [];
    const noteRefusal = async (refused: RefusedRequest) => void noted.push(refused);
    const { ask, url } = await open({ REGISTERED_ONLY: 'on' }, { registered, noteRefusal });
    expect((await ask({ documentId: id })).status).toBe(200);
    expect((await ask(HELLO)).status).toBe(400);
    const get = await fetch(`${url}/graphql?query=%7Bhello%7D`, { headers: { 'apollo-require-preflight': '1' } });
    expect(get.status).toBe(400);
    expect(noted.map(({ codes }) => codes)).toEqual([['OPERATION_NOT_REGISTERED'], ['OPERATION_NOT_REGISTERED']]);
  });

  it.each([
    ['alone', `?documentId=${id}`],
    ['with a text', `?documentId=${id}&query=%7Bhello%7D`],
    ['by an id without a row of digits', '?documentId=sha256:abc'],
  ])('is not asked for by GET, which says so: %s', async (_, search) => {
    const noted: RefusedRequest[] = [];
    const noteRefusal = async (refused: RefusedRequest) => void noted.push(refused);
    for (const REGISTERED_ONLY of ['on', 'off'] as const) {
      const { url } = await open({ REGISTERED_ONLY }, { registered, noteRefusal });
      const answer = await fetch(`${url}/graphql${search}`, { headers: { 'apollo-require-preflight': '1' } });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({
        errors: [
          {
            extensions: { code: 'OPERATION_NOT_REGISTERED' },
            message: 'By GET no registered operation is taken: POST a JSON object with `documentId`.',
          },
        ],
      });
    }
    expect(noted.map(({ codes }) => codes)).toEqual([['OPERATION_NOT_REGISTERED'], ['OPERATION_NOT_REGISTERED']]);
  });

  it('is all that some clients may ask', async () => {
    const limits = { of: () => ({ registeredOnly: true }) };
    const { ask } = await open({}, { registered, limits });
    expect((await ask({ documentId: id })).status).toBe(200);
    expect((await ask(HELLO)).status).toBe(400);
  });

  it.each(WAYS)('may be a subscription $name', async ({ subscribe }) => {
    const query = 'subscription { count(to: 2) { number } }';
    const noted: RefusedRequest[] = [];
    const noteRefusal = async (refused: RefusedRequest) => void noted.push(refused);
    const hub = await openTicking(
      { REGISTERED_ONLY: 'on' },
      { registered: new Map([[documentId(query), query]]), noteRefusal },
    );
    const byId = { query: '', documentId: documentId(query) } as Asked;
    expect((await subscribe(hub, byId)).results).toHaveLength(2);
    const { results, errors } = await subscribe(hub, { query });
    expect(results).toEqual([]);
    expect(errors[0]).toMatchObject({ extensions: { code: 'OPERATION_NOT_REGISTERED' } });
    expect(noted.map(({ codes }) => codes)).toEqual([['OPERATION_NOT_REGISTERED']]);
  });
});
