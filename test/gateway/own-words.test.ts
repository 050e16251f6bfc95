import { makeExecutableSchema } from '@graphql-tools/schema';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { scalars } from '../../schema/scalars.ts';
import { closeAll, open, WAYS } from './subscription-stage.ts';
import { GRAPHQL_RESPONSE, type ReplyBody, startTestGateway, type TestGateway } from './support.ts';

const schema = makeExecutableSchema({
  typeDefs: `
    scalar Decimal
    enum Status { OPEN CLOSED }
    input Range { from: Decimal to: Decimal }
    input Named { first: String! last: String }
    input Either @oneOf { a: String b: String }
    input Filter { status: Status, first: Int, range: Range, statuses: [Status!], named: Named, either: Either }
    type Query { hello(first: Int, filter: Filter): String }
    type Mutation { change: Boolean }
    type Subscription { news(first: Int): String }`,
  resolvers: { Query: { hello: () => 'xin chào' }, Decimal: scalars.Decimal },
});

let hub: TestGateway;
beforeAll(async () => {
  hub = await startTestGateway(schema, { settings: { MAX_QUERY_TOKENS: 40 } });
});
afterAll(() => hub.gateway.close());
afterEach(closeAll);

/** Words of the libraries underneath. */
const FOREIGN =
  /Apollo|CSRF|batching|POST body|recursively|Lexer|Parsing aborted|that \d+ tokens|search parameter|got invalid/;

const HELLO = '{ hello }';
const PREFLIGHTED = { 'apollo-require-preflight': '1' };

interface Sent {
  readonly method?: string;
  readonly search?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

async function send({ method = 'POST', search = '', headers = {}, body }: Sent) {
  const response = await fetch(`${hub.gateway.address()}/graphql${search}`, {
    method,
    headers: { ...(method === 'POST' && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as ReplyBody };
}

const get = (search: string, headers: Record<string, string> = PREFLIGHTED): Sent => ({
  method: 'GET',
  search,
  headers,
});

describe('A request that is none is told in the hub’s words what was expected', () => {
  test.each<[string, Sent, number, RegExp]>([
    ['that another site could have sent', get('?query=%7Bhello%7D', {}), 400, /`apollo-require-preflight: 1` on a GET/],
    ['with a list', { body: [{ query: HELLO }] }, 400, /^A list came: expected one operation/],
    ['with an empty list', { body: [] }, 400, /^A list came/],
    ['with an empty object', { body: {} }, 400, /expected one with `query`/],
    ['with no object', { body: '"{ hello }"' }, 400, /expected one with `query`/],
    ['without a query', { body: { variables: {} } }, 400, /^No operation came/],
    ['with a query that is none', { body: { query: 7 } }, 400, /^Something else than text came as `query`/],
    [
      'with a parsed query',
      { body: { query: { kind: 'Document' } } },
      400,
      /^Something else than text came as `query`/,
    ],
    ['with variables as text', { body: { query: HELLO, variables: '{}' } }, 400, /came as `variables`/],
    ['with variables as a list', { body: { query: HELLO, variables: [] } }, 400, /came as `variables`/],
    ['with extensions as text', { body: { query: HELLO, extensions: '{}' } }, 400, /came as `extensions`/],
    ['with a name that is none', { body: { query: HELLO, operationName: 7 } }, 400, /came as `operationName`/],
    ['with two queries in a URL', get('?query=%7Bhello%7D&query=%7Bhello%7D'), 400, /expected each once/],
    [
      'with extensions in a URL',
      get('?query=%7Bhello%7D&extensions=x'),
      400,
      /leave it out, or send the operation as POST/,
    ],
    [
      'with a GET that has a type',
      get('?query=%7Bhello%7D', { 'content-type': 'text/x', ...PREFLIGHTED }),
      415,
      /^A GET came/,
    ],
    ['with a mutation as GET', get('?query=mutation%7Bchange%7D'), 405, /^By GET only queries are taken/],
    ['that takes no form of answer', { body: { query: HELLO }, headers: { accept: 'image/png' } }, 406, /`accept`/],
  ])('%s', async (_, sent, status, expected) => {
    const answer = await send(sent);
    expect(answer.status).toBe(status);
    expect(answer.body.errors).toEqual([
      { message: expect.stringMatching(expected), extensions: { code: 'BAD_REQUEST', retryable: false } },
    ]);
    expect(JSON.stringify(answer.body)).not.toMatch(FOREIGN);
  });

  test('and a client that sends hashes is told so in the word that it waits for, and sends the text', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
    const { status, body } = await send({ body: { extensions } });
    expect([status, body.errors]).toEqual([
      200,
      [
        {
          message: 'PersistedQueryNotSupported',
          extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED', retryable: false },
        },
      ],
    ]);
  });
});

const LONG = `{ ${'hello '.repeat(50)}}`;

describe('An operation that cannot be run is told in the hub’s words', () => {
  test('for being too long, with the setting and what it allows', async () => {
    const { body } = await hub.ask({ query: LONG });
    expect(body.errors).toMatchObject([
      {
        message: expect.stringMatching(
          /^The document has more than the 40 words and signs that MAX_QUERY_TOKENS allows/,
        ),
        extensions: { code: 'GRAPHQL_PARSE_FAILED' },
      },
    ]);
    expect(JSON.stringify(body)).not.toMatch(FOREIGN);
  });

  test.each([
    { query: 'query A { hello } query B { hello }' },
    { query: 'query A { hello }', operationName: 'Nguyễn Văn Kín' },
    { query: 'fragment A on Query { hello }' },
  ])('for not being the one that is meant: %o', async (asked) => {
    const { status, body } = await hub.ask(asked, { accept: GRAPHQL_RESPONSE });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).not.toContain('Kín');
    if (asked.query.startsWith('fragment')) return;
    expect(body.errors).toMatchObject([
      { message: expect.stringContaining('`operationName`'), extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } },
    ]);
  });

  test('where a document is wrong, in terms of the document, as graphql-js does', async () => {
    const { body } = await hub.ask({ query: '{ hello(' });
    expect(body.errors?.[0]?.message).toBe('Syntax Error: Expected Name, found <EOF>.');
  });
});

const KIN = 'Nguyễn Văn Kín';

describe('The value of a variable is not said back', () => {
  const asked = (type: string, value: unknown) => ({
    query: `query ($x: ${type}) { hello(${type === 'Int' ? 'first' : 'filter'}: $x) }`,
    variables: { x: value },
  });
  test.each<[string, string, unknown, string]>([
    ['a text for a number', 'Int', KIN, '$x is not of its type. Int cannot represent non-integer value.'],
    ['an object for a number', 'Int', { name: KIN }, '$x is not of its type. Int cannot represent non-integer value.'],
    [
      'no value of an enum',
      'Filter',
      { status: KIN },
      '$x.status is not of its type. It does not exist in "Status" enum.',
    ],
    [
      'a value that reads like what graphql-js says',
      'Filter',
      { statuses: ['OPEN', `${KIN}" does not exist in "${KIN}" enum. Did you mean`] },
      '$x.statuses[1] is not of its type. It does not exist in "Status" enum.',
    ],
    [
      'a value that reads like a place',
      'Int',
      `x" at "x.Kin"; Int`,
      '$x is not of its type. Int cannot represent non-integer value.',
    ],
    [
      'no text for an enum',
      'Filter',
      { status: { name: KIN } },
      '$x.status is not of its type. Enum "Status" cannot represent non-string value.',
    ],
    ['a text for an object', 'Filter', KIN, '$x is not of its type. Expected type "Filter" to be an object.'],
    [
      'no decimal, deep down',
      'Filter',
      { range: { to: KIN } },
      '$x.range.to is not of its type. Expected type "Decimal". Decimal: expected a decimal as 120.50',
    ],
    [
      'a member that there is none of',
      'Filter',
      { hidden: KIN },
      '$x is not of its type. It has a field that "Filter" does not define.',
    ],
    [
      'a member that is itself a value, deep down',
      'Filter',
      { range: { [KIN]: 1 } },
      '$x.range is not of its type. It has a field that "Range" does not define.',
    ],
    [
      'a member that reads like what graphql-js says',
      'Filter',
      { [`x" of required type "${KIN}" was not provided.`]: 1 },
      '$x is not of its type. It has a field that "Filter" does not define.',
    ],
    [
      'a member that reads like another that there is none of',
      'Filter',
      { [`x" is not defined by type "${KIN}`]: 1 },
      '$x is not of its type. It has a field that "Filter" does not define.',
    ],
    [
      'less than an object must have',
      'Filter',
      { named: { last: KIN } },
      '$x.named is not of its type. Field "first" of required type "String!" was not provided.',
    ],
    [
      'more than one of what excludes each other',
      'Filter',
      { either: { a: KIN, b: KIN } },
      '$x.either is not of its type. Exactly one key must be specified for OneOf type "Either".',
    ],
  ])('%s', async (_, type, value, expected) => {
    const { body } = await hub.ask(asked(type, value));
    expect(body.errors).toMatchObject([
      { message: `The value of the variable ${expected}`, extensions: { code: 'BAD_USER_INPUT' } },
    ]);
    expect(JSON.stringify(body)).not.toMatch(/Kín|Kin/);
  });

  test('what is missing is told as graphql-js does', async () => {
    const { body } = await hub.ask({ query: 'query ($x: Int!) { hello(first: $x) }', variables: {} });
    expect(body.errors?.[0]?.message).toBe('Variable "$x" of required type "Int!" was not provided.');
  });
});

describe.each(WAYS)('A subscription that cannot be begun $name', ({ subscribe }) => {
  test('is told in the same words', async () => {
    const house = await open({ MAX_QUERY_TOKENS: 40 });
    const wrong = { query: 'subscription ($x: Int!) { count(to: $x) { number } }', variables: { x: KIN } };
    const questions = [{ query: LONG }, wrong, { query: 'subscription A { news { number } }', operationName: 'B' }];
    const told = await Promise.all(questions.map((one) => subscribe(house, one)));
    expect(told.map(({ errors }) => errors[0]?.message)).toEqual([
      expect.stringContaining('MAX_QUERY_TOKENS'),
      'The value of the variable $x is not of its type. Int cannot represent non-integer value.',
      expect.stringContaining('`operationName`'),
    ]);
    expect(JSON.stringify(told)).not.toContain('Kín');
  });
});
