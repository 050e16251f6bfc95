import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient as createSseClient } from 'graphql-sse';
import { type Client, createClient, type ExecutionResult } from 'graphql-ws';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { GatewayOptions } from '../../gateway/gateway.ts';
import type { GatewaySettings } from '../../gateway/settings.ts';
import { rawRequest, rawStream } from './raw-stream.ts';
import { startTestGateway, type TestGateway } from './support.ts';
import { createTicking, type Ticking } from './ticking.ts';

const PROTOCOL = 'graphql-transport-ws';

interface House extends TestGateway {
  readonly ticking: Ticking;
  readonly ws: string;
  readonly sse: string;
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(
  settings: Partial<GatewaySettings> = {},
  options: Partial<Omit<GatewayOptions, 'settings'>> = {},
): Promise<House> {
  const ticking = createTicking();
  const hub = await startTestGateway(ticking.schema, { ...options, settings });
  closing.push(() => hub.gateway.close());
  const address = hub.gateway.address();
  return { ...hub, ticking, ws: `${address.replace('http', 'ws')}/graphql`, sse: `${address}/graphql/stream` };
}

/** One way to subscribe, through the client that its protocol's authors wrote. */
interface Way {
  readonly name: string;
  /** Everything that was told until the end, or up to `most`. */
  readonly subscribe: (hub: House, asked: Asked, most?: number) => Promise<Told>;
}

interface Asked {
  readonly query: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
}

interface Told {
  // biome-ignore lint/suspicious/noExplicitAny: answers are as varied as the questions of the tests
  readonly results: any[];
  /** Errors that ended it. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly errors: any[];
}

const WAYS: readonly Way[] = [
  {
    name: 'over WebSocket',
    subscribe: async (hub, asked, most) => {
      const client = createClient({ url: hub.ws, webSocketImpl: WebSocket, retryAttempts: 0 });
      closing.push(() => client.dispose());
      return collect((asked) => client.iterate(asked), asked, most);
    },
  },
  {
    name: 'as server-sent events',
    subscribe: async (hub, asked, most) => {
      const client = createSseClient({ url: hub.sse, retryAttempts: 0 });
      closing.push(() => client.dispose());
      const { results, errors } = await collect((asked) => client.iterate(asked), asked, most);
      // Over this protocol what ends a stream is its last event.
      const last = results.at(-1);
      if (last?.data === undefined && last?.errors) return { results: results.slice(0, -1), errors: last.errors };
      return { results, errors };
    },
  },
];

async function collect(
  iterate: (asked: Asked) => AsyncIterableIterator<unknown>,
  asked: Asked,
  most = Infinity,
): Promise<Told> {
  const results: unknown[] = [];
  try {
    for await (const result of iterate(asked)) {
      results.push(result);
      if (results.length >= most) break;
    }
  } catch (error) {
    return { results, errors: Array.isArray(error) ? error : [error] };
  }
  return { results, errors: [] };
}

describe.each(WAYS)('a subscription $name', ({ subscribe }) => {
  it('is told event after event, and that it is complete', async () => {
    const hub = await open();
    const { results, errors } = await subscribe(hub, {
      query: 'subscription Three($to: Int!) { count(to: $to) { number } }',
      variables: { to: 3 },
    });
    expect(errors).toEqual([]);
    expect(results).toEqual([1, 2, 3].map((number) => ({ data: { count: { number } } })));
    expect(hub.ticking.open()).toBe(0);
  });

  it('executes every event as an operation of its own, with a context of its own', async () => {
    const contexts: object[] = [];
    const hub = await open(
      {},
      {
        contextFor: ({ signal, operation }) => {
          contexts.push({ aborted: signal.aborted, operation: operation.operation });
          return {};
        },
      },
    );
    await subscribe(hub, { query: 'subscription { count(to: 3) { number } }' });
    expect(contexts).toEqual(Array.from({ length: 4 }, () => ({ aborted: false, operation: 'subscription' })));
  });

  it('loses a field to a resolver that fails, and nothing else', async () => {
    const hub = await open();
    const { results } = await subscribe(hub, { query: 'subscription { count(to: 2) { number failing secret } }' });
    expect(results).toHaveLength(2);
    expect(results[1]).toMatchObject({
      data: { count: { number: 2, failing: null, secret: null } },
      errors: [
        { path: ['count', 'failing'], extensions: { code: 'SOURCE_TIMEOUT', sector: 'land', retryable: true } },
        { path: ['count', 'secret'], extensions: { code: 'INTERNAL' } },
      ],
    });
    expect(JSON.stringify(results)).not.toContain('password');
    expect(hub.log.text()).not.toContain('001085004213');
  });

  it('gives each event the time of one operation', async () => {
    const hub = await open({ OPERATION_TIMEOUT_MS: 100 });
    const { results } = await subscribe(hub, { query: 'subscription { count(to: 2) { number deaf } }' });
    expect(results.map(({ errors: [{ extensions }] }) => extensions.code)).toEqual(Array(2).fill('OPERATION_TIMEOUT'));
  });

  it.each([
    ['no GraphQL', { query: 'subscription {' }, 'GRAPHQL_PARSE_FAILED'],
    ['a field that is not there', { query: 'subscription { counts }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['two fields', { query: 'subscription { news { number } refused { number } }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['more depth than MAX_DEPTH', { query: `subscription { news { ${nested(20)} } }` }, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'more than MAX_QUERY_TOKENS',
      { query: `subscription { news { ${'number '.repeat(6_000)} } }` },
      'GRAPHQL_PARSE_FAILED',
    ],
    ['variables of another type', { query: COUNT, variables: { to: 'x' } }, 'BAD_USER_INPUT'],
    ['no variables', { query: COUNT }, 'BAD_USER_INPUT'],
    ['an operation of another name', { query: COUNT, operationName: 'Other' }, 'OPERATION_RESOLUTION_FAILURE'],
    ['a query', { query: '{ here }' }, 'BAD_REQUEST'],
    ['what its resolver refuses', { query: 'subscription { refused { number } }' }, 'BAD_USER_INPUT'],
  ] as const)('is refused for %s', async (_, asked, code) => {
    const hub = await open();
    const { results, errors } = await subscribe(hub, asked);
    expect(results).toEqual([]);
    expect(errors[0]).toMatchObject({ extensions: { code, retryable: false } });
    expect(hub.ticking.open()).toBe(0);
  });

  it('cannot read the schema, nor be led to names in it, where INTROSPECTION is off', async () => {
    const hub = await open({ INTROSPECTION: 'off' });
    const read = await subscribe(hub, { query: 'subscription { __schema { types { name } } }' });
    expect(read.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    const led = await subscribe(hub, { query: 'subscription { new { number } }' });
    expect(led.errors[0].message).not.toContain('news');
  });

  it('is told why it was cut off and where to go on', async () => {
    const hub = await open();
    const { results, errors } = await subscribe(hub, { query: 'subscription { cutOff { number } }' });
    expect(results).toEqual([{ data: { cutOff: { number: 1 } } }]);
    expect(errors).toEqual([
      {
        message: 'Too slow.',
        extensions: { code: 'SUBSCRIBER_TOO_SLOW', retryable: true, after: 'land:H41.07-261001-0001:7' },
      },
    ]);
  });

  it('ends with a masked error when its source breaks', async () => {
    const hub = await open();
    const { errors } = await subscribe(hub, { query: 'subscription { broken { number } }' });
    expect(errors[0].extensions).toEqual({ code: 'INTERNAL', retryable: false });
    expect(JSON.stringify(errors) + hub.log.text()).not.toContain('001085004213');
  });

  it('ends its source as soon as the client leaves', async () => {
    const hub = await open();
    await subscribe(hub, { query: 'subscription { count(to: 1000000) { number } }' }, 3);
    await expect.poll(() => hub.ticking.open()).toBe(0);
  });

  it('is one too many beyond SUBSCRIPTIONS, until another ends', async () => {
    const hub = await open({ SUBSCRIPTIONS: 2 });
    const clients = [1, 2].map(() => createSseClient({ url: hub.sse, retryAttempts: 0 }));
    closing.push(() => clients.map((client) => client.dispose()));
    for (const client of clients) {
      const told = client.iterate({ query: 'subscription { news { number } }' });
      void told.next();
    }
    await expect.poll(() => hub.ticking.open()).toBe(2);
    const refused = await subscribe(hub, { query: COUNT, variables: { to: 1 } });
    expect(refused.errors[0].extensions).toEqual({ code: 'TOO_MANY_SUBSCRIPTIONS', retryable: true });
    clients[0]?.dispose();
    await expect.poll(() => hub.ticking.open()).toBe(1);
    expect((await subscribe(hub, { query: COUNT, variables: { to: 1 } })).results).toHaveLength(1);
  });

  it('is complete when the hub stops, which does not wait for it', async () => {
    const hub = await open();
    const told = subscribe(hub, { query: 'subscription { news { number } }' });
    await expect.poll(() => hub.ticking.open()).toBe(1);
    hub.ticking.announce();
    await delay(50);
    const started = performance.now();
    await hub.gateway.close();
    expect(performance.now() - started).toBeLessThan(2_000);
    const { results, errors } = await told;
    expect(results).toHaveLength(1);
    expect(errors).toEqual([]);
    expect(hub.ticking.open()).toBe(0);
  });
});

describe('subscriptions over WebSocket', () => {
  /** A connection without a client that would behave. */
  async function connect(hub: House, headers: Record<string, string> = {}, path = hub.ws): Promise<WebSocket> {
    const socket = new WebSocket(path, PROTOCOL, { headers });
    closing.push(() => socket.terminate());
    socket.on('error', () => {});
    await once(socket, 'open');
    return socket;
  }
  const say = (socket: WebSocket, message: object) => socket.send(JSON.stringify(message));
  const closeOf = async (socket: WebSocket): Promise<number> => ((await once(socket, 'close')) as [number])[0];
  async function initialised(hub: House): Promise<WebSocket> {
    const socket = await connect(hub);
    say(socket, { type: 'connection_init' });
    await once(socket, 'message');
    return socket;
  }
  const subscribeTo = (socket: WebSocket, id: string, query: string) =>
    say(socket, { id, type: 'subscribe', payload: { query } });

  it('tell the request’s id to whoever connects, for the operator to find the cause of a failure', async () => {
    const hub = await open();
    const socket = await connect(hub);
    say(socket, { type: 'connection_init' });
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(String(data))).toEqual({
      type: 'connection_ack',
      payload: { requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  it('reach 500 subscribers with one event each', async () => {
    const hub = await open();
    const clients: Client[] = Array.from({ length: 25 }, () =>
      createClient({ url: hub.ws, webSocketImpl: WebSocket, retryAttempts: 0 }),
    );
    closing.push(() => Promise.all(clients.map((client) => client.dispose())));
    const told: Promise<ExecutionResult>[] = [];
    for (const client of clients) {
      for (let one = 0; one < 20; one++) {
        const news = client.iterate({ query: 'subscription { news { number } }' });
        told.push(news.next().then(({ value }) => value as ExecutionResult));
      }
    }
    await expect.poll(() => hub.ticking.open(), { timeout: 10_000 }).toBe(500);
    hub.ticking.announce();
    expect(await Promise.all(told)).toEqual(Array(500).fill({ data: { news: { number: 1 } } }));
  }, 20_000);

  it('are refused beyond SUBSCRIPTIONS_PER_CONNECTION, and the others go on', async () => {
    const hub = await open({ SUBSCRIPTIONS_PER_CONNECTION: 2 });
    const socket = await initialised(hub);
    const messages: { id?: string; type: string; payload?: unknown }[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data)) as (typeof messages)[number]));
    for (const id of ['a', 'b', 'c']) subscribeTo(socket, id, 'subscription { news { number } }');
    await expect.poll(() => messages.length).toBe(1);
    expect(messages[0]).toMatchObject({ id: 'c', payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }] });
    hub.ticking.announce();
    await expect.poll(() => messages.filter(({ type }) => type === 'next').map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it.each([
    ['a page of another site', { origin: 'https://evil.example' }, 403],
    ['a name that is made to lead here', { host: 'evil.example' }, 403],
  ])('are not opened for %s', async (_, headers, status) => {
    const hub = await open();
    expect(await upgradeStatus(hub.ws, headers)).toBe(status);
    expect(await rawRequest(hub.sse, { headers: { ...headers, 'content-type': 'application/json' }, body: '{}' })).toBe(
      status,
    );
  });

  it('are not opened elsewhere, in another protocol, or beyond as many connections as there may be', async () => {
    const hub = await open({ SUBSCRIPTIONS: 1 });
    expect(await upgradeStatus(`${hub.ws}/other`)).toBe(404);
    expect(await upgradeStatus(hub.ws, {}, 'graphql-ws')).toBe(400);
    await connect(hub);
    expect(await upgradeStatus(hub.ws)).toBe(503);
  });

  it.each([
    ['no JSON', '{', 4400],
    ['binary frames', Buffer.from('{"type":"connection_init"}'), 4400],
    ['another message', '{"type":"hello"}', 4400],
    ['an answer', '{"type":"next","id":"1","payload":{}}', 4500],
    ['a subscription before connection_init', '{"type":"subscribe","id":"1","payload":{"query":"{here}"}}', 4401],
    ['more than MAX_BODY_BYTES', `{"type":"ping","payload":{"x":"${'x'.repeat(300_000)}"}}`, 1009],
  ])('close on %s', async (_, frame, code) => {
    const hub = await open();
    const socket = await connect(hub);
    socket.send(frame);
    expect(await closeOf(socket)).toBe(code);
    expect((await hub.ask({ query: '{ here }' })).status).toBe(200);
  });

  it('close on bytes that are no frames, on text that is no UTF-8, and on what comes twice', async () => {
    const hub = await open();
    const torn = await connect(hub);
    (torn as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(Buffer.alloc(200, 0xff));
    expect(await closeOf(torn)).toBe(1002);
    const garbled = await connect(hub);
    garbled.send(Buffer.from([0xc3, 0x28]), { binary: false });
    expect(await closeOf(garbled)).toBe(1007);
    const twice = await initialised(hub);
    say(twice, { type: 'connection_init' });
    expect(await closeOf(twice)).toBe(4429);
    const same = await initialised(hub);
    for (const _ of [1, 2]) subscribeTo(same, 'x'.repeat(1_000), 'subscription { news { number } }');
    expect(await closeOf(same)).toBe(4409);
    await expect.poll(() => hub.ticking.open()).toBe(0);
    expect((await hub.ask({ query: '{ here }' })).status).toBe(200);
  });

  it('close when nobody introduces themselves within five seconds', async () => {
    const hub = await open();
    const started = performance.now();
    expect(await closeOf(await connect(hub))).toBe(4408);
    expect(performance.now() - started).toBeGreaterThan(4_500);
  }, 10_000);

  it('end with a connection that gives no sign of life', async () => {
    const hub = await open({ KEEPALIVE_MS: 100 });
    const socket = await initialised(hub);
    subscribeTo(socket, '1', 'subscription { news { number } }');
    await expect.poll(() => hub.ticking.open()).toBe(1);
    await delay(300);
    expect(hub.ticking.open()).toBe(1);
    socket.pause();
    await expect.poll(() => hub.ticking.open()).toBe(0);
  });

  it('hold nothing back for a client that does not read, and cut it off', async () => {
    const hub = await open({ SUBSCRIBER_STALL_MS: 1_500 });
    const socket = await initialised(hub);
    socket.pause();
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    for (let one = 0; one < 5; one++) {
      subscribeTo(socket, String(one), 'subscription { count(to: 100000, size: 100000) { number filler } }');
    }
    await expect.poll(() => hub.ticking.pulled()).toBeGreaterThan(5);
    await delay(500);
    const pulled = hub.ticking.pulled();
    await delay(500);
    // What the operating system takes is all that was made; the next event is made when the former was taken.
    expect(hub.ticking.pulled()).toBe(pulled);
    expect(pulled).toBeLessThan(200);
    const after = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    expect(after - before).toBeLessThan(50_000_000);
    expect(hub.ticking.open()).toBe(5);
    await expect.poll(() => hub.ticking.open(), { timeout: 3_000 }).toBe(0);
    const closed = closeOf(socket);
    socket.resume();
    expect(await closed).toBe(4008);
  }, 15_000);

  it('are cut off when a client asks for more than it reads, beyond MAX_SOCKET_BUFFER_BYTES', async () => {
    const hub = await open({ MAX_SOCKET_BUFFER_BYTES: 65_536 });
    const socket = await initialised(hub);
    socket.pause();
    const ping = JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(100_000) } });
    const closed = once(socket, 'close');
    for (let one = 0; one < 200; one++) socket.send(ping);
    await delay(500);
    socket.resume();
    expect((await closed)[0]).toBe(4008);
  }, 15_000);
});

describe('subscriptions as server-sent events', () => {
  const NEWS = { query: 'subscription { news { number } }' };
  const json = (body: object) => ({
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify(body),
  });

  it('are events as the protocol writes them, and comments in between', async () => {
    const hub = await open({ KEEPALIVE_MS: 100 });
    const stream = await rawStream(hub.sse, json(NEWS));
    closing.push(() => stream.close());
    expect(stream.status).toBe(200);
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-request-id': expect.any(String),
      'x-content-type-options': 'nosniff',
    });
    await expect.poll(() => stream.text()).toMatch(/^:\n\n:\n\n/);
    hub.ticking.announce();
    await expect.poll(() => stream.text()).toContain('event: next\ndata: {"data":{"news":{"number":1}}}\n\n');
    await hub.gateway.close();
    expect(stream.text()).toMatch(/event: complete\ndata:\n\n$/);
  });

  it('are read with GET too, by what can do nothing else, but carry no values in the URL', async () => {
    const hub = await open();
    const get = (query: string) => rawStream(`${hub.sse}?${query}`, { headers: { accept: 'text/event-stream' } });
    const stream = await get(new URLSearchParams({ query: 'subscription { count(to: 2) { number } }' }).toString());
    await expect.poll(() => stream.text()).toContain('event: complete');
    expect(stream.text().match(/event: next/g)).toHaveLength(2);
    const valued = await get(
      new URLSearchParams({ query: 'subscription { news { number } }', variables: '{"id":"001085004213"}' }).toString(),
    );
    expect(valued.status).toBe(400);
  });

  it.each([
    ['another kind of answer', { ...json(NEWS), headers: { ...json(NEWS).headers, accept: 'application/json' } }, 406],
    ['no JSON', { ...json(NEWS), body: '{' }, 400],
    ['no query', json({}), 400],
    ['variables that are a list', json({ ...NEWS, variables: [] }), 400],
    ['another kind of body', { ...json(NEWS), headers: { 'content-type': 'application/xml' } }, 415],
    ['what a page of another site may send', { ...json(NEWS), headers: { 'content-type': 'text/plain' } }, 400],
    ['a body beyond MAX_BODY_BYTES', json({ query: 'x'.repeat(300_000) }), 413],
    ['another method', { ...json(NEWS), method: 'PUT' }, 404],
  ])('are refused for %s', async (_, request, status) => {
    const hub = await open();
    expect(await rawRequest(hub.sse, request)).toBe(status);
    expect(hub.ticking.open()).toBe(0);
  });

  it('hold nothing back for a client that does not read, and cut it off', async () => {
    const hub = await open({ SUBSCRIBER_STALL_MS: 1_500 });
    const stream = await rawStream(
      hub.sse,
      json({ query: 'subscription { count(to: 100000, size: 100000) { number filler } }' }),
    );
    closing.push(() => stream.close());
    stream.pause();
    await expect.poll(() => hub.ticking.pulled()).toBeGreaterThan(3);
    await delay(500);
    const pulled = hub.ticking.pulled();
    await delay(500);
    expect(hub.ticking.pulled()).toBe(pulled);
    expect(pulled).toBeLessThan(200);
    await expect.poll(() => hub.ticking.open(), { timeout: 3_000 }).toBe(0);
  }, 15_000);

  it('do not hold up a hub that stops, though a client reads nothing', async () => {
    const hub = await open();
    const stream = await rawStream(
      hub.sse,
      json({ query: 'subscription { count(to: 100000, size: 100000) { number filler } }' }),
    );
    stream.pause();
    await delay(300);
    const started = performance.now();
    await hub.gateway.close();
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

describe('a schema without subscriptions', () => {
  it('opens neither way', async () => {
    const { makeExecutableSchema } = await import('@graphql-tools/schema');
    const hub = await startTestGateway(makeExecutableSchema({ typeDefs: 'type Query { here: String }' }));
    closing.push(() => hub.gateway.close());
    expect(await rawRequest(`${hub.gateway.address()}/graphql/stream`, { body: '{}' })).toBe(404);
  });
});

const COUNT = 'subscription Count($to: Int!) { count(to: $to) { number } }';

function nested(depth: number): string {
  return `${'deeper { '.repeat(depth)}number${' }'.repeat(depth)}`;
}

function upgradeStatus(url: string, headers: Record<string, string> = {}, protocol = PROTOCOL): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocol, { headers });
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('open', () => reject(new Error('was opened')));
    socket.on('error', () => {});
  });
}
