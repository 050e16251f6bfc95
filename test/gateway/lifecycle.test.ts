import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { HubError } from '../../core/errors.ts';
import type { OperationRequest } from '../../gateway/operation-request.ts';
import type { GatewaySettings } from '../../gateway/settings.ts';
import { contextOf, startTestGateway, type TestGateway } from './support.ts';

interface Context {
  readonly signal: AbortSignal;
}

/** `heeding` stops with the signal, as a source does; `deaf` does not; `slow` takes 300 ms. */
const schema = makeExecutableSchema<Context>({
  typeDefs: 'type Query { quick: String slow: String heeding: String deaf: String }',
  resolvers: {
    Query: {
      quick: () => 'here',
      slow: () => delay(300, 'late'),
      heeding: async (_: unknown, __: unknown, { signal }: Context) => {
        await once(signal, 'abort');
        throw new HubError('SOURCE_TIMEOUT', 'land: told to stop', { sector: 'land' });
      },
      deaf: () => new Promise(() => {}),
    },
  },
});

const signals: AbortSignal[] = [];
const opened: TestGateway[] = [];
afterEach(async () => {
  signals.length = 0;
  await Promise.all(opened.splice(0).map(({ gateway }) => gateway.close()));
});

async function start(settings: Partial<GatewaySettings> = {}): Promise<TestGateway> {
  const hub = await startTestGateway(schema, {
    contextFor: ({ signal }: OperationRequest) => {
      signals.push(signal);
      return contextOf({ signal });
    },
    settings: { CLOSE_TIMEOUT_MS: 200, ...settings },
  });
  opened.push(hub);
  return hub;
}

describe('the deadline of an operation', () => {
  test('it aborts the signal, and what heeds the signal costs its field alone', async () => {
    const hub = await start({ OPERATION_TIMEOUT_MS: 100 });
    for (const compiled of [false, true]) {
      const { status, body } = await hub.ask({ query: '{ quick heeding }' });
      expect(hub.wasCompiled()).toBe(compiled);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        data: { quick: 'here', heeding: null },
        errors: [{ path: ['heeding'], extensions: { code: 'SOURCE_TIMEOUT' } }],
      });
    }
  });

  test('what does not heed it is answered all the same, half a second later', async () => {
    const hub = await start({ OPERATION_TIMEOUT_MS: 100 });
    for (const _ of [1, 2]) {
      const started = performance.now();
      const { status, body } = await hub.ask({ query: '{ quick deaf }' });
      expect(performance.now() - started).toBeLessThan(2_000);
      expect(status).toBe(504);
      expect(body).toMatchObject({ errors: [{ extensions: { code: 'OPERATION_TIMEOUT', retryable: true } }] });
    }
  });

  test('an operation that ended in time is not aborted afterwards', async () => {
    const hub = await start({ OPERATION_TIMEOUT_MS: 100 });
    await hub.ask({ query: '{ quick }' });
    await delay(200);
    expect(signals[0]?.aborted).toBe(false);
  });
});

test('a client that is gone aborts the signal of its operation long before the deadline', async () => {
  const hub = await start();
  const client = new AbortController();
  const asked = fetch(`${hub.gateway.address()}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ heeding }' }),
    signal: client.signal,
  });
  await vi.waitFor(() => expect(signals).toHaveLength(1));
  client.abort();
  await expect(asked).rejects.toThrow();
  await vi.waitFor(() => expect(signals[0]?.aborted).toBe(true), { timeout: 1_000 });
});

describe('closing', () => {
  test('operations in flight are answered, and new connections are refused', async () => {
    const hub = await start({ CLOSE_TIMEOUT_MS: 2_000 });
    const url = hub.gateway.address();
    const slow = hub.ask({ query: '{ slow }' });
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    const closing = hub.gateway.close();
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    expect((await slow).body).toEqual({ data: { slow: 'late' } });
    await closing;
  });

  test('requests are taken for as long as whoever shares them out needs to hear that it stops', async () => {
    const hub = await start({ CLOSE_DELAY_MS: 1_000 });
    const url = hub.gateway.address();
    const closing = hub.gateway.close();
    const { status } = await fetch(`${url}/readyz`);
    expect(status).toBe(503);
    expect(await post(url, '{ quick }', new Agent())).toMatchObject({ status: 200, connection: 'close' });
    await closing;
    await expect(fetch(`${url}/readyz`)).rejects.toThrow();
  });

  test('an answer given meanwhile ends its connection, which would keep the hub open otherwise', async () => {
    const hub = await start({ CLOSE_TIMEOUT_MS: 10_000 });
    const agent = new Agent({ keepAlive: true });
    const slow = post(hub.gateway.address(), '{ slow }', agent);
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    const started = performance.now();
    const closing = hub.gateway.close();
    expect(await slow).toMatchObject({ status: 200, connection: 'close' });
    await closing;
    expect(performance.now() - started).toBeLessThan(3_000);
    agent.destroy();
  });

  test('an operation that does not end is told to stop when the time to close is over', async () => {
    const hub = await start({ CLOSE_TIMEOUT_MS: 100 });
    const heeding = hub.ask({ query: '{ quick heeding }' });
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    const started = performance.now();
    await hub.gateway.close();
    expect(performance.now() - started).toBeLessThan(3_000);
    expect((await heeding).body).toMatchObject({ data: { quick: 'here', heeding: null } });
  });

  test('a connection that sends nothing does not hold it up', async () => {
    const hub = await start({ CLOSE_TIMEOUT_MS: 100 });
    const { hostname, port } = new URL(hub.gateway.address());
    const dangling = httpRequest({
      hostname,
      port,
      method: 'POST',
      path: '/graphql',
      headers: { 'content-length': '99' },
    });
    dangling.on('error', () => undefined);
    dangling.write('{');
    await delay(100);
    const started = performance.now();
    await hub.gateway.close();
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test('it may be asked twice, and an address is had only while it listens', async () => {
    const hub = await start();
    await Promise.all([hub.gateway.close(), hub.gateway.close()]);
    await hub.gateway.close();
    expect(() => hub.gateway.address()).toThrow('does not listen');
  });
});

test('a thousand operations leave no timer and no listener behind', async () => {
  const hub = await start();
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  for (let round = 0; round < 50; round += 1) {
    await Promise.all(Array.from({ length: 20 }, () => hub.ask({ query: '{ quick }' })));
  }
  const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  expect(after - before).toBeLessThan(100);
  expect(signals.every(({ aborted }) => !aborted)).toBe(true);
});

async function post(
  url: string,
  query: string,
  agent: Agent,
): Promise<{ status: number | undefined; connection: unknown }> {
  const body = JSON.stringify({ query });
  const sent = httpRequest(`${url}/graphql`, {
    agent,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode, connection: response.headers.connection };
}
