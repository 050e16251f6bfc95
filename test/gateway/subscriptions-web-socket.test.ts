import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, createClient, type ExecutionResult } from 'graphql-ws';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { rawRequest } from './raw-stream.ts';
import { closeAll, closing, type House, open, PROTOCOL, upgradeStatus } from './subscription-stage.ts';

afterEach(closeAll);

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
    ['an answer', '{"type":"next","id":"1","payload":{}}', 4400],
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
