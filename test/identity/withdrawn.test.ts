import { once } from 'node:events';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openIdentity } from '../../identity/identity.ts';
import { closeAll, closing, type House, open, PROTOCOL } from '../gateway/subscription-stage.ts';
import { AUDIENCE, COUNTER, type HandSource, handSource, ISSUER, NOW, newKey, sign, WORLD } from './tokens.ts';

const NEWS = { query: 'subscription { news { number } }' };

let source: HandSource;
let headers: { readonly authorization: string };
let authenticate: ReturnType<typeof openIdentity>['authenticate'];
let now: number;

beforeEach(async () => {
  const key = await newKey('leaked');
  now = NOW;
  source = handSource([key.jwk], 20);
  const identity = openIdentity({
    ...{ ...WORLD, now: () => now, source, issuer: ISSUER, audience: AUDIENCE, algorithms: ['EdDSA'] },
    ...{ staleMs: 86_400_000, warn: () => {} },
  });
  closing.push(() => identity.close());
  authenticate = identity.authenticate;
  headers = { authorization: `Bearer ${await sign(key, COUNTER)}` };
});
afterEach(closeAll);

const LEFT = ['another key', 'no key at all'] as const;

/** The issuer takes the key away, and the hub has noticed. */
async function withdraw(hub: House, left: (typeof LEFT)[number]): Promise<void> {
  source.keys = left === 'another key' ? [(await newKey('next')).jwk] : [];
  await expect.poll(async () => (await hub.ask({ query: '{ here }' }, headers)).status).toBe(401);
}

/** A connection on which somebody was recognised, and what came over it since. */
async function recognised(hub: House) {
  const socket = new WebSocket(hub.ws, PROTOCOL, { headers });
  closing.push(() => socket.terminate());
  const closed = once(socket, 'close').then(([code, reason]) => `${code} ${reason}`);
  const heard: { readonly id?: string; readonly type: string; readonly payload?: unknown }[] = [];
  socket.on('message', (data) => heard.push(JSON.parse(String(data)) as (typeof heard)[number]));
  const say = (message: object) => socket.send(JSON.stringify(message));
  await once(socket, 'open');
  say({ type: 'connection_init' });
  await expect.poll(() => heard.map(({ type }) => type)).toEqual(['connection_ack']);
  const subscribe = (id: string) => say({ id, type: 'subscribe', payload: NEWS });
  const codes = () => heard.filter(({ type }) => type === 'error').map(({ id, payload }) => [id, codeOf(payload)]);
  return { closed, subscribe, codes };
}

const codeOf = (errors: unknown) => (errors as [{ extensions: { code: string } }])[0].extensions.code;

describe.each(LEFT)('Where the issuer withdraws the key that signed a token, and publishes %s', (left) => {
  it.each(['over WebSocket', 'as server-sent events'])('what it has begun ends %s', async (way) => {
    const hub = await open({}, { authenticate, now: () => now, lookEveryMs: 50 });
    const client =
      way === 'over WebSocket'
        ? createClient({ url: hub.ws, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: headers })
        : createSseClient({ url: hub.sse, retryAttempts: 0, headers });
    closing.push(() => client.dispose());
    const answers = client.iterate(NEWS);
    const first = answers.next();
    await expect.poll(() => hub.ticking.open()).toBe(1);
    hub.ticking.announce();
    expect((await first).value).toEqual({ data: { news: { number: 1 } } });
    const second = answers.next().then(
      ({ value }) => (value as { errors: unknown }).errors,
      (errors: unknown) => errors,
    );
    await withdraw(hub, left);
    expect(codeOf(await second)).toBe('UNAUTHENTICATED');
    await expect.poll(() => hub.ticking.open()).toBe(0);
  });

  it('what has begun is told where it can be gone on with', async () => {
    const hub = await open({}, { authenticate, now: () => now, lookEveryMs: 50 });
    const client = createClient({ url: hub.ws, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: headers });
    closing.push(() => client.dispose());
    const answers = client.iterate({ query: 'subscription { changes { id } }' });
    const { value } = await answers.next();
    expect(value).toEqual({ data: { changes: { id: 'land:H41.07-261001-0001:1' } } });
    const second = answers.next().catch((errors: unknown) => errors);
    await withdraw(hub, left);
    expect(await second).toMatchObject([{ extensions: { after: 'land:H41.07-261001-0001:1' } }]);
  });

  it('nothing is begun on a connection that it opened, which ends with all that runs on it', async () => {
    // So seldom that only the next subscription makes the hub look.
    const hub = await open({}, { authenticate, now: () => now, lookEveryMs: 3_600_000 });
    const { subscribe, codes, closed } = await recognised(hub);
    subscribe('1');
    await expect.poll(() => hub.ticking.open()).toBe(1);
    await withdraw(hub, left);
    expect(codes()).toEqual([]);
    subscribe('2');
    expect(await closed).toBe('4403 UNAUTHENTICATED');
    expect(codes().toSorted()).toEqual([
      ['1', 'UNAUTHENTICATED'],
      ['2', 'UNAUTHENTICATED'],
    ]);
    expect(hub.ticking.open()).toBe(0);
  });

  it('a connection on which nothing runs ends, too', async () => {
    const hub = await open({}, { authenticate, now: () => now, lookEveryMs: 50 });
    const { closed } = await recognised(hub);
    await withdraw(hub, left);
    expect(await closed).toBe('4403 UNAUTHENTICATED');
  });
});

describe('Where a token runs out', () => {
  it('nothing is begun on the connection that it opened, which ends', async () => {
    const hub = await open({}, { authenticate, now: () => now, lookEveryMs: 3_600_000 });
    const { subscribe, codes, closed } = await recognised(hub);
    now += 2_000_000;
    subscribe('1');
    expect(await closed).toBe('4403 UNAUTHENTICATED');
    expect(codes()).toEqual([['1', 'UNAUTHENTICATED']]);
  });

  it('a connection on which nothing runs ends at that moment', async () => {
    // Two seconds are left of the token and what clocks may differ by.
    now += 1_858_000;
    const began = performance.now();
    const hub = await open({}, { authenticate, now: () => now + performance.now() - began, lookEveryMs: 3_600_000 });
    const { closed } = await recognised(hub);
    expect(await closed).toBe('4403 UNAUTHENTICATED');
    expect(performance.now() - began).toBeGreaterThan(1_900);
  });
});
