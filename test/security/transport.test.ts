import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { rawStream } from '../gateway/raw-stream.ts';
import { askHub, WORLD_NOW } from '../support/province.ts';
import { begin, type Conversation, converse, throwBytes } from './conversation.ts';
import { forgeTokens } from './hostile-tokens.ts';
import { type Fortress, openFortress } from './stage.ts';

const MOST = 12;
const MOST_OF_A_PERSON = 8;
const MOST_OF_ONE = 5;
const NEWS = 'subscription { dossierChanged(where: { agency: "H41" }) { id } }';

let fortress: Fortress;
let good: string;
let hostile: Readonly<Record<string, string>>;
let leader: string;
const open: Conversation[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  fortress = await openFortress({
    ...{ SUBSCRIPTIONS: String(MOST), SUBSCRIPTIONS_PER_CONNECTION: String(MOST_OF_ONE) },
    ...{ SUBSCRIPTIONS_PER_PERSON: String(MOST_OF_A_PERSON), RATE_PER_MINUTE: '150' },
  });
  ({ good, hostile } = await forgeTokens(fortress.issuer.directory, WORLD_NOW));
  leader = await fortress.bearer('leader');
}, 120_000);
afterEach(async () => {
  for (const { socket } of open.splice(0)) socket.terminate();
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => fortress?.close());

/** Somebody else, who has nothing to do with any of it. */
async function expectHonestAnswer(): Promise<void> {
  const { data, errors } = await askHub(
    fortress.url,
    '{ sectors { id } }',
    {},
    { authorization: await fortress.bearer('admin') },
  );
  expect(errors).toBeUndefined();
  expect(data.sectors.length).toBeGreaterThan(3);
}

async function recognised(authorization = leader): Promise<Conversation> {
  const conversation = await begin(fortress.url, authorization);
  open.push(conversation);
  return conversation;
}

const subscribe = (id: string, query = NEWS) => ({ id, type: 'subscribe', payload: { query } });
const codeOf = ({ payload }: { payload?: unknown }) =>
  (payload as readonly { extensions: { code: string } }[])[0]?.extensions.code;

describe('A token that must not be believed', () => {
  it('opens no WebSocket, whatever is wrong with it, and a good one does', async () => {
    const opened: string[] = [];
    for (const [name, authorization] of Object.entries(hostile)) {
      for (const where of ['payload', 'header'] as const) {
        const conversation = await converse(fortress.url, where === 'header' ? { authorization } : {});
        conversation.say({ type: 'connection_init', ...(where === 'payload' && { payload: { authorization } }) });
        const code = await conversation.closed;
        if (code !== 4403 || conversation.heard.length > 0) opened.push(`${name} in the ${where}: ${code}`);
      }
    }
    expect(opened).toEqual([]);
    await recognised(good);
  }, 60_000);
});

describe('A flood of subscriptions', () => {
  it('on one connection is taken up to what one may have, and refused beyond', async () => {
    const { say, until, heard } = await recognised();
    for (let i = 0; i < 20; i += 1) say(subscribe(String(i)));
    await until(({ id }) => id === '19');
    expect(heard.filter(({ type }) => type === 'error').map(codeOf)).toEqual(
      Array.from({ length: 20 - MOST_OF_ONE }, () => 'TOO_MANY_SUBSCRIPTIONS'),
    );
    await expectHonestAnswer();
  });

  it('over many connections is refused at the door, until some of them are gone', async () => {
    const connections = await Promise.all(Array.from({ length: 3 * MOST }, () => converse(fortress.url)));
    open.push(...connections);
    const statuses = connections.map(({ socket }) => socket.readyState === socket.OPEN);
    expect(statuses.filter(Boolean)).toHaveLength(MOST);
    await expectHonestAnswer();
    for (const { socket } of open.splice(0)) socket.terminate();
    const another = async () => {
      const conversation = await converse(fortress.url);
      open.push(conversation);
      return conversation.socket.readyState;
    };
    await expect.poll(another).toBe(WebSocket.OPEN);
  }, 30_000);

  it('of one person leaves places for others, over whatever it comes', async () => {
    const stream = (authorization: string) =>
      rawStream(`${fortress.url}/graphql/stream`, {
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ query: NEWS }),
      });
    const streams = await Promise.all(Array.from({ length: MOST }, () => stream(leader)));
    const isRefused = ({ text }: (typeof streams)[number]) => text().includes('TOO_MANY_SUBSCRIPTIONS');
    await expect.poll(() => streams.filter(isRefused).length).toBe(MOST - MOST_OF_A_PERSON);
    const sameByAnother = await recognised();
    sameByAnother.say(subscribe('1'));
    expect(codeOf(await sameByAnother.until(({ id }) => id === '1'))).toBe('TOO_MANY_SUBSCRIPTIONS');
    const others = [await stream(await fortress.bearer('portal')), await stream(await fortress.bearer('portal'))];
    await expect.poll(() => others.every(({ text }) => text().startsWith(':'))).toBe(true);
    expect(others.filter(isRefused)).toEqual([]);
    for (const one of [...streams, ...others]) one.close();
  }, 30_000);

  it('one after the other, each ended at once, is told to wait', async () => {
    const { say, until } = await recognised(await fortress.bearer('portal'));
    for (let i = 0; i < 200; i += 1) {
      say(subscribe(String(i), '{ sectors { id } }'));
      say({ id: String(i), type: 'complete' });
    }
    say(subscribe('last'));
    expect(codeOf(await until(({ id }) => id === 'last'))).toBe('TOO_MANY_REQUESTS');
    await expectHonestAnswer();
  });
});

describe('A WebSocket that does not keep to the protocol', () => {
  it.each<[string, readonly (object | string | Uint8Array)[], number]>([
    ['asks before it says who it is', [subscribe('1')], 4401],
    ['asks twice under one name', [subscribe('1'), subscribe('1')], 4409],
    ['says twice who it is', [{ type: 'connection_init' }], 4429],
    ['speaks no JSON', ['hello'], 4400],
    ['speaks in bytes', [new Uint8Array([1, 2, 3])], 4400],
    ['says what only the hub says', [{ id: '1', type: 'next', payload: {} }], 4400],
    ['sends half a megabyte at once', ['x'.repeat(524_288)], 1009],
    ['asks with forty thousand objects in one another', [`${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`], 4400],
  ])('that %s is closed', async (name, messages, code) => {
    const conversation = name.startsWith('asks before') ? await converse(fortress.url) : await recognised();
    open.push(conversation);
    for (const message of messages) conversation.say(message);
    expect(await conversation.closed).toBe(code);
    await expectHonestAnswer();
  });
});

describe('A body that is not as long as it says', () => {
  const BODY = '{"query":"mutation { openVisit { id } }"}';
  const counter = async () => `authorization: ${await fortress.bearer('counter')}\r\n`;
  const post = async (lengths: string, body = BODY) =>
    `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${await counter()}${lengths}\r\n${body}`;
  /** A second request within what may or may not be the body of the first. */
  const HIDDEN = 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n';

  it.each([
    ['longer', 'content-length: 4000\r\n', BODY],
    ['shorter', 'content-length: 10\r\n', BODY],
    ['of no number', 'content-length: ten\r\n', BODY],
    ['of a signed number', `content-length: +${BODY.length}\r\n`, BODY],
    ['of a number of sixteens', `content-length: 0x${BODY.length.toString(16)}\r\n`, BODY],
    ['less than nothing', 'content-length: -1\r\n', BODY],
    ['longer than there are bytes', 'content-length: 99999999999999999999999\r\n', BODY],
    ['twice', `content-length: ${BODY.length}\r\ncontent-length: ${BODY.length + 5}\r\n`, BODY],
    ['twice in one', `content-length: ${BODY.length}, ${BODY.length}\r\n`, BODY],
    ['and comes in pieces', `content-length: ${BODY.length}\r\ntransfer-encoding: chunked\r\n`, BODY],
    [
      'in pieces, with another request behind',
      'content-length: 4\r\ntransfer-encoding: chunked\r\n',
      `0\r\n\r\n${HIDDEN}`,
    ],
    ['in pieces under another name', 'transfer-encoding: xchunked\r\n', `0\r\n\r\n${HIDDEN}`],
    ['in pieces, said twice', 'transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n', `0\r\n\r\n${HIDDEN}`],
    ['in pieces of no number', 'transfer-encoding: chunked\r\n', `zz\r\n${BODY}\r\n0\r\n\r\n`],
    ['in pieces longer than there are bytes', 'transfer-encoding: chunked\r\n', `FFFFFFFFFFFFFFFF1\r\n${BODY}`],
  ])('but %s is refused: nothing of it runs, nor what is hidden in it', async (name, lengths, body) => {
    const before = await visits();
    // Of one that is longer, nothing else comes.
    const answer = await throwBytes(fortress.url, await post(lengths, body), { end: name === 'longer' });
    // What comes behind a whole request while that is looked at cuts the connection: no answer could be told from its own.
    if (name !== 'shorter') expect(answer).toMatch(/^HTTP\/1\.1 400 .*"BAD_REQUEST"/s);
    expect(answer).not.toMatch(/"data"|"status":"up"|HTTP\/1\.1 200/);
    expect(await visits()).toBe(before);
  });

  it('as it says is answered', async () => {
    const whole = await post(`content-length: ${BODY.length}\r\nconnection: close\r\n`);
    const answer = await throwBytes(fortress.url, whole, { end: false });
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  /** Open visits of the officer. */
  async function visits(): Promise<number> {
    const headers = { authorization: leader };
    const { data } = await askHub(fortress.url, '{ visits(first: 100) { nodes { id } } }', {}, headers);
    return data.visits.nodes.length as number;
  }
});

describe('Many connections that never say a whole request', () => {
  it('keep nobody from being answered', async () => {
    const port = Number(new URL(fortress.url).port);
    for (let i = 0; i < 300; i += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(i % 2 === 0 ? 'POST /graphql HTTP/1.1\r\nhost: loc' : `GET / HTTP/1.1\r\nx: ${'y'.repeat(4_000)}`);
      sockets.push(socket);
    }
    for (let i = 0; i < 20; i += 1) await expectHonestAnswer();
  });
});
