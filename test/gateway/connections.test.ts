import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { HubError } from '../../core/errors.ts';
import type { GatewayOptions } from '../../gateway/gateway.ts';
import type { RefusedRequest } from '../../gateway/operation-request.ts';
import type { GatewaySettings } from '../../gateway/settings.ts';
import { createConnections } from '../../gateway/subscriptions/connections.ts';
import { begin, type Conversation, converse } from '../security/conversation.ts';
import { ANYBODY } from '../support/open-access.ts';
import { rawRequest } from './raw-stream.ts';
import { closeAll, closing, open as openTicking, PROTOCOL, upgradeStatus } from './subscription-stage.ts';

afterEach(closeAll);

const NEWS = 'subscription { news { number } }';
const noted: RefusedRequest[] = [];

/** A hub behind a proxy, where a token is the name of whoever brings it. */
async function open(settings: Partial<GatewaySettings>, options: Partial<Omit<GatewayOptions, 'settings'>> = {}) {
  noted.length = 0;
  const hub = await openTicking(settings, {
    behindProxy: true,
    authenticate: async ({ authorization }) => {
      if (authorization === undefined) throw new HubError('UNAUTHENTICATED', 'Who are you?');
      return { ...ANYBODY, id: authorization };
    },
    noteRefusal: async (refused) => void noted.push(refused),
    ...options,
  });
  return { ...hub, url: hub.gateway.address() };
}

async function stranger(hub: { url: string }, address: string): Promise<Conversation> {
  const one = await converse(hub.url, { 'x-forwarded-for': address });
  closing.push(() => one.socket.terminate());
  return one;
}

async function person(hub: { url: string }, name: string): Promise<Conversation> {
  const one = await begin(hub.url, name);
  closing.push(() => one.socket.terminate());
  return one;
}

const isOpen = ({ socket }: Conversation): boolean => socket.readyState === WebSocket.OPEN;

describe('Connections on which nobody has said who they are', () => {
  it('are so many of one address, and those of others are none of its own', async () => {
    const hub = await open({ SUBSCRIPTIONS: 8, UNRECOGNISED_PER_ADDRESS: 2 });
    const flood = await Promise.all(Array.from({ length: 20 }, () => stranger(hub, '192.0.2.1')));
    expect(flood.filter(isOpen)).toHaveLength(2);
    expect(await upgradeStatus(hub.ws, { 'x-forwarded-for': '192.0.2.1' })).toBe(429);
    const other = await stranger(hub, '192.0.2.2');
    other.say({ type: 'connection_init', payload: { authorization: 'hanh' } });
    await other.until(({ type }) => type === 'connection_ack');
    other.say({ id: '1', type: 'subscribe', payload: { query: NEWS } });
    await expect.poll(() => hub.ticking.open()).toBe(1);
  });

  it('become somebody’s, or end, and leave their places to the next', async () => {
    const hub = await open({ UNRECOGNISED_PER_ADDRESS: 1 });
    const first = await stranger(hub, '192.0.2.1');
    expect(isOpen(await stranger(hub, '192.0.2.1'))).toBe(false);
    first.say({ type: 'connection_init', payload: { authorization: 'hanh' } });
    await first.until(({ type }) => type === 'connection_ack');
    const second = await stranger(hub, '192.0.2.1');
    expect(isOpen(second)).toBe(true);
    second.say({ type: 'connection_init' });
    expect(await second.closed).toBe(4403);
    await expect.poll(async () => isOpen(await stranger(hub, '192.0.2.1'))).toBe(true);
    expect(isOpen(first)).toBe(true);
  });

  it('keep no place where the handshake fails', async () => {
    const hub = await open({ UNRECOGNISED_PER_ADDRESS: 1 });
    const headers = {
      ...{ 'x-forwarded-for': '192.0.2.1', connection: 'Upgrade', upgrade: 'websocket' },
      ...{ 'sec-websocket-protocol': PROTOCOL, 'sec-websocket-version': '7', 'sec-websocket-key': 'none' },
    };
    expect(await rawRequest(`${hub.url}/graphql`, { headers })).toBe(400);
    await expect.poll(async () => isOpen(await stranger(hub, '192.0.2.1'))).toBe(true);
  });
});

describe('Connections of one person', () => {
  it('are as many as their subscriptions may be, idle or not; the next is told to come later, and others come in', async () => {
    const hub = await open({ SUBSCRIPTIONS: 4, SUBSCRIPTIONS_PER_PERSON: 2 });
    const own = [await person(hub, 'hanh'), await person(hub, 'hanh')];
    const third = await converse(hub.url);
    third.say({ type: 'connection_init', payload: { authorization: 'hanh' } });
    expect(await third.closed).toBe(1013);
    expect(third.heard).toEqual([]);
    expect(noted).toMatchObject([{ actor: { id: 'hanh' }, codes: ['TOO_MANY_SUBSCRIPTIONS'] }]);
    await person(hub, 'lan');
    own[0]?.socket.close();
    await own[0]?.closed;
    const again = async () => {
      const one = await converse(hub.url, { authorization: 'hanh' });
      closing.push(() => one.socket.terminate());
      one.say({ type: 'connection_init' });
      return Promise.race([one.until(({ type }) => type === 'connection_ack').then(() => 'in'), one.closed]).catch(
        () => 'out',
      );
    };
    await expect.poll(again).toBe('in');
  });

  it('take no more than all have', async () => {
    const hub = await open({ SUBSCRIPTIONS: 2 });
    for (const name of ['hanh', 'lan']) await person(hub, name);
    const third = await converse(hub.url, { authorization: 'binh' });
    third.say({ type: 'connection_init' });
    expect(await third.closed).toBe(1013);
  });

  it('that are turned away more often than the person may ask are no longer noted one by one', async () => {
    const hub = await open({ SUBSCRIPTIONS_PER_PERSON: 1, RATE_PER_MINUTE: 2 });
    await person(hub, 'hanh');
    for (let i = 0; i < 3; i += 1) {
      const one = await converse(hub.url, { authorization: 'hanh' });
      one.say({ type: 'connection_init' });
      expect(await one.closed).toBe(1013);
    }
    const codes = noted.map((one) => one.codes[0]);
    expect(codes.slice(0, 2)).toEqual(['TOO_MANY_SUBSCRIPTIONS', 'TOO_MANY_SUBSCRIPTIONS']);
    expect(codes.slice(2)).not.toContain('TOO_MANY_SUBSCRIPTIONS');
  });

  it('who is gone before they were recognised keep no place', () => {
    const limits = { SUBSCRIPTIONS: 1, SUBSCRIPTIONS_PER_PERSON: 1, UNRECOGNISED_PER_ADDRESS: 1 };
    const connections = createConnections(limits);
    const gone = new Duplex();
    expect(connections.come(gone, '192.0.2.1')).toBeNull();
    gone.destroy();
    connections.recognised(gone, ANYBODY);
    const here = new Duplex();
    expect(connections.come(here, '192.0.2.1')).toBeNull();
    connections.recognised(here, ANYBODY);
    expect(() => connections.recognised(new Duplex(), ANYBODY)).toThrow(HubError);
  });
});

describe('What is refused of somebody recognised is noted', () => {
  const json = { 'content-type': 'application/json', authorization: 'hanh' };
  const body = JSON.stringify({ query: NEWS });

  it.each([
    ['another kind of answer', { headers: { ...json, accept: 'application/json' }, body }, 406],
    ['no query', { headers: json, body: '{}' }, 400],
  ])('over server-sent events: %s', async (_, request, status) => {
    const hub = await open({});
    expect(await rawRequest(hub.sse, request)).toBe(status);
    expect(noted).toMatchObject([{ actor: { id: 'hanh' }, source: null, codes: ['BAD_REQUEST'] }]);
  });

  it('over server-sent events: values in a URL', async () => {
    const hub = await open({});
    const status = await rawRequest(`${hub.sse}?query={a(id:"1")}`, { headers: { authorization: 'hanh' } });
    expect(status).toBe(400);
    expect(noted).toMatchObject([{ actor: { id: 'hanh' }, codes: ['BAD_REQUEST'] }]);
  });

  it('over server-sent events: whatever comes while the hub stops', async () => {
    const hub = await open({ CLOSE_DELAY_MS: 1_000 });
    const closed = hub.gateway.close();
    expect(await rawRequest(hub.sse, { headers: json, body })).toBe(503);
    expect(noted).toMatchObject([{ actor: { id: 'hanh' }, codes: ['OPERATION_TIMEOUT'] }]);
    await closed;
  });

  it('over WebSocket: one subscription more than a connection may have, which counts as asked', async () => {
    const hub = await open({ SUBSCRIPTIONS_PER_CONNECTION: 1, RATE_PER_MINUTE: 2 });
    const { say, until, heard } = await person(hub, 'hanh');
    for (const id of ['1', '2', '3']) say({ id, type: 'subscribe', payload: { query: NEWS } });
    await until(({ id }) => id === '3');
    const codes = heard.filter(({ type }) => type === 'error').map(({ payload }) => codeOf(payload));
    expect(codes.toSorted()).toEqual(['TOO_MANY_REQUESTS', 'TOO_MANY_SUBSCRIPTIONS']);
    expect(noted).toContainEqual(expect.objectContaining({ source: NEWS, codes: ['TOO_MANY_SUBSCRIPTIONS'] }));
  });

  const codeOf = (errors: unknown) => (errors as [{ extensions: { code: string } }])[0].extensions.code;
});
