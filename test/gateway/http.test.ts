import { once } from 'node:events';
import { connect } from 'node:net';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { auditServer } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HubError } from '../../core/errors.ts';
import { SettingsFault } from '../../core/setting.ts';
import { refuseValuesInUrl } from '../../gateway/get-policy.ts';
import { bindableAddress, refusedHeader } from '../../gateway/loopback.ts';
import type { MakeContext, OperationRequest } from '../../gateway/operation-request.ts';
import { contextOf, GRAPHQL_RESPONSE, startTestGateway, type TestGateway } from './support.ts';

const schema = makeExecutableSchema({
  typeDefs: 'type Query { hello(name: String): String secret: String } type Mutation { change: Boolean }',
  resolvers: { Query: { hello: () => 'xin chào' }, Mutation: { change: () => true } },
});

let contextFor: MakeContext = () => contextOf({});
let hub: TestGateway;
let url: string;

beforeAll(async () => {
  hub = await startTestGateway(schema, {
    contextFor: (request) => contextFor(request),
    settings: { MAX_BODY_BYTES: 4_096, MAX_QUERY_TOKENS: 100 },
  });
  url = hub.gateway.address();
});
afterAll(() => hub.gateway.close());

const PREFLIGHTED = { 'apollo-require-preflight': '1' };

describe('GraphQL over HTTP', () => {
  test('every MUST and every SHOULD of the graphql-http audit holds', async () => {
    const results = await auditServer({ url: `${url}/graphql` });
    const faults = results.filter(({ status, name }) => status !== 'ok' && !name.startsWith('MAY'));
    expect(faults.map(({ id, name }) => `${id} ${name}`)).toEqual([]);
    expect(results.length).toBeGreaterThan(50);
  });

  test.each([
    ['a document that cannot be parsed', { query: '{' }],
    ['a document that is not valid', { query: '{ nope }' }],
    ['no operation of that name', { query: 'query A { hello }', operationName: 'B' }],
    ['wrong variables', { query: 'query ($n: String!) { hello(name: $n) }', variables: {} }],
  ])('%s is 400 for one who takes GraphQL answers, and 200 in plain JSON', async (_, body) => {
    expect((await hub.ask(body, { accept: GRAPHQL_RESPONSE })).status).toBe(400);
    const plain = await hub.ask(body, { accept: 'application/json' });
    expect(plain.status).toBe(200);
    expect(plain.body.errors).toHaveLength(1);
  });

  test.each([
    ['no JSON', '{', 400],
    ['a body past the limit', JSON.stringify({ query: `{ hello } #${'x'.repeat(5_000)}` }), 413],
    ['a list', '[]', 400],
    ['nothing to run', '{}', 400],
  ])('%s is refused with a code of the table and status', async (_, body, status) => {
    const answer = await hub.ask(body);
    expect(answer.status).toBe(status);
    expect(answer.body.errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST', retryable: false } }]);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'a form of another site (%s) runs nothing',
    async (type) => {
      const { status, body } = await hub.ask(JSON.stringify({ query: 'mutation { change }' }), {
        'content-type': type,
      });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body.data).toBeUndefined();
    },
  );

  test('a document longer than the limit of tokens is refused', async () => {
    const query = `{ ${Array.from({ length: 60 }, (_, index) => `a${index}: hello`).join(' ')} }`;
    const { body } = await hub.ask({ query });
    expect(body.errors).toMatchObject([{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }]);
  });
});

describe('GET', () => {
  const get = (search: string, headers: Record<string, string> = PREFLIGHTED) =>
    fetch(`${url}/graphql?${search}`, { headers });

  test('a query without values is answered', async () => {
    const response = await get('query=%7Bhello%7D');
    expect(await response.json()).toEqual({ data: { hello: 'xin chào' } });
  });

  test.each([
    ['a text in the query', 'query=%7Bhello(name:%22Kin%22)%7D'],
    ['a number in the query', 'query=%7Bhello(name:079090001234)%7D'],
    ['variables', 'query=%7Bhello%7D&variables=%7B%22name%22:1%7D'],
    ['variables given twice', 'query=%7Bhello%7D&variables=%7B%7D&variables=%7B%22name%22:1%7D'],
    ['a number as a name', 'query=%7Bhello%7D&operationName=079090001234'],
    ['a number under another name', 'query=%7Bhello%7D&x=079090001234'],
  ])('%s is refused, because URLs are logged', async (_, search) => {
    const response = await get(search);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ message: expect.stringContaining('POST') }] });
  });

  test.each(['', '+', 'null', '+null+', '%7B%7D', '+%7B+%0A%7D+'])('“%s” for variables is none', (variables) => {
    expect(refuseValuesInUrl(`?query=%7Bhello%7D&variables=${variables}`)).toBeNull();
  });

  test.each([
    ['blanks', ' '.repeat(200_000)],
    ['an object of blanks', `{${' '.repeat(200_000)}`],
  ])('%s without end, and something behind them, are looked at once', (_, blanks) => {
    const search = new URLSearchParams({ query: '{hello}', variables: `${blanks}x` });
    expect(refuseValuesInUrl(String(search))?.errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST' } }]);
  });

  test('a mutation is refused', async () => {
    expect((await get('query=mutation%7Bchange%7D')).status).toBe(405);
  });

  test('without a header that other sites cannot send it is refused', async () => {
    expect((await get('query=%7Bhello%7D', {})).status).toBe(400);
  });
});

describe('the context of an operation', () => {
  test('it is told the request id, the headers and the operation, once, and only for what runs', async () => {
    const seen: OperationRequest[] = [];
    contextFor = (request) => {
      seen.push(request);
      return contextOf({});
    };
    await hub.ask({ query: '{ nope }' });
    await hub.ask({ query: 'query ($n: String!) { hello(name: $n) }' });
    const { headers } = await hub.ask({ query: 'query Named { hello }' }, { 'x-purpose': 'RECEPTION' });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.requestId).toBe(headers.get('x-request-id'));
    expect(seen[0]?.stated.purpose).toBe('RECEPTION');
    expect(seen[0]?.operation.name?.value).toBe('Named');
    expect(seen[0]?.signal.aborted).toBe(false);
  });

  test.each([
    ['UNAUTHENTICATED', 401],
    ['FORBIDDEN', 403],
    ['SOURCE_UNAVAILABLE', 503],
  ] as const)('a refusal with %s is the answer, with status %i', async (code, status) => {
    contextFor = () => {
      throw new HubError(code, 'No.');
    };
    const answer = await hub.ask({ query: '{ hello }' });
    expect(answer).toMatchObject({ status, body: { errors: [{ message: 'No.', extensions: { code } }] } });
  });

  test('whatever else it throws is masked', async () => {
    contextFor = async () => {
      throw new Error('no route to 10.1.2.3');
    };
    const answer = await hub.ask({ query: '{ hello }' });
    contextFor = () => contextOf({});
    expect(answer).toMatchObject({ status: 500, body: { errors: [{ extensions: { code: 'INTERNAL' } }] } });
    expect(JSON.stringify(answer.body)).not.toContain('10.1.2.3');
  });
});

test('what is not there is not there, and says so without repeating the path', async () => {
  const response = await fetch(`${url}/secret-path`);
  expect(response.status).toBe(404);
  expect(await response.text()).not.toContain('secret-path');
});

test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
  '%s to /graphql is told that the method is what is wrong',
  async (method) => {
    const response = await fetch(`${url}/graphql?x=1`, { method });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      errors: [{ message: 'There is nothing here by this method: POST an operation, or send a query by GET.' }],
    });
  },
);

describe('the address', () => {
  test('of another name is told of the names that were given, where any were', async () => {
    const named = { names: ['hub.example'], origins: [] };
    expect(refusedHeader({ host: 'hub.example' }, named)).toBeNull();
    expect(refusedHeader({ host: 'evil.example' }, named)).toBe(
      'Host: expected a name of this machine, or one that PUBLIC_NAMES lists; came another. Ask by such a name, or have the hub’s operator list this one.',
    );
    expect(refusedHeader({ host: 'evil.example' }, { names: [], origins: [] })).toBe(
      'The hub answers to the names of this machine only.',
    );
  });

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s is accepted', async (host) => {
    await expect(bindableAddress(host, { secured: false, named: false })).resolves.toMatch(/^(127\.|::1)/);
  });

  test.each(['0.0.0.0', '::', '10.0.0.1', '192.168.1.1', '::ffff:10.0.0.1', 'no-such-host.invalid', ''])(
    '%s is refused before anything listens',
    async (host) => {
      await expect(startTestGateway(schema, { settings: { HOST: host } })).rejects.toThrow(SettingsFault);
    },
  );
});

test('a connection that sends rubbish is answered with 400 and the gateway lives on', async () => {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('079090001234 nonsense\r\n\r\n');
  const [data] = (await once(socket, 'data')) as [Buffer];
  expect(data.toString()).toContain('400');
  expect(data.toString()).not.toContain('079090001234');
  socket.destroy();
  expect((await hub.ask({ query: '{ hello }' })).status).toBe(200);
});

test('with introspection off nothing of the schema can be read or guessed', async () => {
  const closed = await startTestGateway(schema, { settings: { INTROSPECTION: 'off' } });
  const introspection = await closed.ask({ query: '{ __schema { types { name } } }' });
  const guess = await closed.ask({ query: '{ secre }' });
  await closed.gateway.close();
  expect(introspection.body.data).toBeUndefined();
  expect(introspection.body.errors?.[0]?.extensions?.code).toBe('FORBIDDEN');
  expect(guess.body.errors?.[0]?.message).not.toContain('secret');
});
