import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { rawRequest, rawStream } from './raw-stream.ts';
import { closeAll, closing, open } from './subscription-stage.ts';

afterEach(closeAll);

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
      // Events hold names, too; and nothing on the way may hold them back to make them smaller.
      'cache-control': 'no-store, no-transform',
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
