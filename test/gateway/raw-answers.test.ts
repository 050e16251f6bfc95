import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawStream } from './raw-stream.ts';
import { startTestGateway, type TestGateway } from './support.ts';

const BODY = '{"query":"{ slow }"}';
const POST = 'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
const WEB_SOCKET = 'host: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n';

let asked = Promise.withResolvers<() => void>();
let hub: TestGateway;

beforeAll(async () => {
  hub = await startTestGateway(
    makeExecutableSchema({
      typeDefs: 'type Query { slow: String } type Subscription { never: String }',
      resolvers: {
        Query: {
          slow: () => new Promise((resolve) => asked.resolve(() => resolve('chậm'))),
        },
        Subscription: {
          never: { subscribe: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }) },
        },
      },
    }),
    { settings: { GRAPHIQL: 'on' } },
  );
});
afterAll(() => hub.gateway.close());

async function open(): Promise<{ socket: Socket; text: () => string; closed: Promise<unknown> }> {
  const socket = connect(Number(new URL(hub.gateway.address()).port), '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return { socket, text: () => text, closed: new Promise((resolve) => socket.on('close', resolve)) };
}

async function thrown(bytes: string): Promise<string> {
  const { socket, text, closed } = await open();
  socket.write(bytes, 'latin1');
  await closed;
  return text();
}

describe('What never becomes a request of a route', () => {
  it.each([
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`, 431],
    ['two lengths', `${POST}content-length: 5\r\ncontent-length: 6\r\n\r\n{}`, 400],
    ['a length and pieces', `${POST}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['pieces that are none', `${POST}transfer-encoding: chunked\r\n\r\nzz\r\n`, 400],
    ['a header in two lines', `${POST}x: a\r\n b: c\r\n\r\n`, 400],
    ['a version of its own', 'GET / HTTP/9.9\r\nhost: localhost\r\n\r\n', 400],
    ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a wish nobody can meet', `${POST}expect: miracles\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, 417],
    ['no host', 'GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n', 403],
    ['a path that cannot be read', 'GET /%c0 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n', 400],
    [
      'a path whose part is too long',
      `GET /graphiql/${'a'.repeat(200)} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
      414,
    ],
    ['an upgrade to nothing', `GET /nowhere HTTP/1.1\r\n${WEB_SOCKET}\r\n`, 404],
    [
      'an upgrade to another protocol',
      `GET /graphql HTTP/1.1\r\n${WEB_SOCKET}sec-websocket-protocol: soap\r\n\r\n`,
      400,
    ],
    [
      'a handshake without a key',
      `GET /graphql HTTP/1.1\r\n${WEB_SOCKET}sec-websocket-protocol: graphql-transport-ws\r\n\r\n`,
      400,
    ],
    ['an upgrade of another site', `GET /graphql HTTP/1.1\r\norigin: https://evil.example\r\n${WEB_SOCKET}\r\n`, 403],
  ])('%s is answered as everything is', async (_, bytes, status) => {
    const answer = await thrown(bytes);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head.split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    for (const header of ['x-content-type-options: nosniff', 'cache-control: no-store', 'x-frame-options: DENY']) {
      expect(head.toLowerCase()).toContain(header.toLowerCase());
    }
    expect(head).toMatch(/x-request-id: [0-9a-f-]{36}/);
    expect(head).toMatch(/content-type: application\/json/);
    const code = status === 403 ? 'FORBIDDEN' : 'BAD_REQUEST';
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code, retryable: false } }] });
    expect(answer).not.toMatch(/%c0|zz|soap|miracles|FST_|HPE_/);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('is not answered within the answer of a request before it', async () => {
    asked = Promise.withResolvers();
    const { socket, text, closed } = await open();
    socket.write(`${POST}content-length: ${BODY.length}\r\n\r\n${BODY}`);
    const answerNow = await asked.promise;
    socket.write('nonsense\r\n\r\n');
    await closed;
    expect(text()).toBe('');
    answerNow();
  });

  it('is not answered within a stream of events', async () => {
    const url = `${hub.gateway.address()}/graphql/stream`;
    const stream = await rawStream(url, {
      headers: { 'content-type': 'application/json' },
      body: '{"query":"subscription { never }"}',
    });
    await expect.poll(() => stream.text()).toContain(':');
    const { socket, text, closed } = await open();
    const body = '{"query":"subscription { never }"}';
    socket.write(
      `POST /graphql/stream HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await expect.poll(text).toContain(':\n\n');
    socket.write('nonsense\r\n\r\n');
    await closed;
    expect(text().match(/HTTP\/1\.1/g)).toHaveLength(1);
    stream.close();
  });
});
