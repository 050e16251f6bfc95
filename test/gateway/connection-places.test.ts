import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { HubError } from '../../core/errors.ts';
import { type Connections, createConnections } from '../../gateway/subscriptions/connections.ts';
import { ANYBODY } from '../support/open-access.ts';

const hanh = { ...ANYBODY, id: 'hanh' };
const lan = { ...ANYBODY, id: 'lan' };

function open(limits: Partial<Parameters<typeof createConnections>[0]> = {}): Connections {
  return createConnections({
    ...{ SUBSCRIPTIONS: 3, SUBSCRIPTIONS_PER_PERSON: 2, UNRECOGNISED_PER_ADDRESS: 2 },
    ...limits,
  });
}

function strangers(connections: Connections, address: string, count: number) {
  return Array.from({ length: count }, () => connections.come(new Duplex(), address)?.status ?? 'came');
}

/** A connection on which somebody has said who they are, or why not. */
function recognise(connections: Connections, actor: typeof ANYBODY, socket = new Duplex()): Duplex | string {
  try {
    connections.recognised(socket, actor);
    return socket;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

async function end(socket: Duplex): Promise<void> {
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
}

describe('Strangers at one address', () => {
  it('are only so many, and are told what to do; those of another address come in', () => {
    const connections = open();
    expect(strangers(connections, '192.0.2.1', 3)).toEqual(['came', 'came', 429]);
    expect(connections.come(new Duplex(), '192.0.2.1')).toEqual({
      status: 429,
      code: 'TOO_MANY_REQUESTS',
      message: 'Too many connections of this address wait for somebody to say who they are. Connect again later.',
    });
    expect(strangers(connections, '192.0.2.2', 1)).toEqual(['came']);
  });

  it('are those of one network where addresses are plenty', () => {
    const connections = open();
    const came = ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:2::3'].map((address) =>
      connections.come(new Duplex(), address),
    );
    expect(came.map((refused) => refused?.status)).toEqual([undefined, undefined, 429]);
  });

  it('are no more, over all addresses, than the hub takes', () => {
    const connections = open();
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) connections.come(new Duplex(), address);
    expect(connections.come(new Duplex(), '192.0.2.4')).toEqual({
      status: 503,
      code: 'TOO_MANY_SUBSCRIPTIONS',
      message: 'The hub takes at most 3 connections at once.',
    });
  });

  it('leave their places when they go, each their own and only once', async () => {
    const connections = open();
    const [first, second] = [new Duplex(), new Duplex()];
    for (const socket of [first, second]) connections.come(socket, '192.0.2.1');
    await end(first);
    expect(strangers(connections, '192.0.2.1', 2)).toEqual(['came', 429]);
    recognise(connections, hanh, second);
    await end(second);
    expect(strangers(connections, '192.0.2.1', 2)).toEqual(['came', 429]);
  });

  it('leave their places when they are recognised, not where they are refused', () => {
    const connections = open({ SUBSCRIPTIONS_PER_PERSON: 1 });
    const [first, second] = [new Duplex(), new Duplex()];
    for (const socket of [first, second]) connections.come(socket, '192.0.2.1');
    expect(recognise(connections, hanh, first)).toBe(first);
    expect(strangers(connections, '192.0.2.1', 2)).toEqual(['came', 429]);
    expect(recognise(connections, hanh, second)).toBeTypeOf('string');
    expect(strangers(connections, '192.0.2.1', 1)).toEqual([429]);
  });

  it('take no place of those who were recognised', () => {
    const connections = open({ SUBSCRIPTIONS: 1 });
    expect(strangers(connections, '192.0.2.1', 2)).toEqual(['came', 503]);
    expect(recognise(connections, hanh)).toBeInstanceOf(Duplex);
  });
});

describe('Connections of people', () => {
  it('are only so many of one, and only so many of all', () => {
    const connections = open();
    for (let i = 0; i < 2; i += 1) expect(recognise(connections, hanh)).toBeInstanceOf(Duplex);
    expect(recognise(connections, hanh)).toBe(
      'TOO_MANY_SUBSCRIPTIONS: One person takes at most 2 connections at once.',
    );
    expect(recognise(connections, lan)).toBeInstanceOf(Duplex);
    expect(recognise(connections, lan)).toBe('TOO_MANY_SUBSCRIPTIONS: The hub takes at most 3 connections at once.');
  });

  it('leave their places when they close, whether or not they were strangers before', async () => {
    const connections = open({ SUBSCRIPTIONS_PER_PERSON: 1 });
    const [known, stranger] = [new Duplex(), new Duplex()];
    connections.come(stranger, '192.0.2.1');
    for (const socket of [known, stranger]) {
      expect(recognise(connections, hanh, socket)).toBe(socket);
      expect(recognise(connections, hanh)).toBeTypeOf('string');
      await end(socket);
    }
    expect(recognise(connections, hanh)).toBeInstanceOf(Duplex);
  });

  it('take none where they are gone before anybody was recognised on them', async () => {
    const connections = open({ SUBSCRIPTIONS_PER_PERSON: 1 });
    const gone = new Duplex();
    await end(gone);
    recognise(connections, hanh, gone);
    expect(recognise(connections, hanh)).toBeInstanceOf(Duplex);
  });
});
