import { GraphQLError, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERRORS, HubError } from '../../core/errors.ts';
import { formatGraphqlError, statusOf } from '../../gateway/format-error.ts';
import { loggedCauses, withoutValues } from '../../gateway/log-cause.ts';
import { createFailingSchema } from './failing-schema.ts';
import { startTestGateway, type TestGateway } from './support.ts';

let hub: TestGateway;
beforeAll(async () => {
  hub = await startTestGateway(createFailingSchema());
});
afterAll(() => hub.gateway.close());

describe('what a client sees of an error', () => {
  test('a HubError speaks for itself through every wrapping', () => {
    const hubError = new HubError('SOURCE_TIMEOUT', 'land: too slow', {
      sector: 'land',
      field: 'areaText',
      retryable: false,
    });
    const inner = new GraphQLError('inner', { originalError: hubError });
    const { outward } = formatGraphqlError(new GraphQLError('outer', { originalError: inner, path: ['a', 0] }));
    expect(outward).toEqual({
      message: 'land: too slow',
      path: ['a', 0],
      extensions: { code: 'SOURCE_TIMEOUT', sector: 'land', field: 'areaText', retryable: false },
    });
  });

  test.each([
    ['an error of a driver', new Error("Duplicate entry '079090001234' at 10.1.2.3")],
    ['a GraphQL error without a code', new GraphQLError('select * from citizens')],
    ['a GraphQL error with a code nobody knows', new GraphQLError('secret', { extensions: { code: 'E_SQL' } })],
    ['a code that is a name every object has', new GraphQLError('secret', { extensions: { code: 'constructor' } })],
    ['what is no error', 'secret'],
    ['nothing', undefined],
  ])('%s is masked', (_, error) => {
    const { outward } = formatGraphqlError(error);
    expect(outward.extensions).toEqual({ code: 'INTERNAL', retryable: false });
    expect(outward.message).toBe('The hub could not answer this. The request id leads the operator to the cause.');
  });

  test('an error with a code of the table keeps its message and nothing else of its extensions', () => {
    const error = new GraphQLError('Twelve digits.', {
      extensions: { code: 'BAD_USER_INPUT', stacktrace: ['at /srv'] },
    });
    expect(formatGraphqlError(error).outward).toEqual({
      message: 'Twelve digits.',
      extensions: { code: 'BAD_USER_INPUT', retryable: false },
    });
  });

  test('a message that only begins like one of graphql-js is masked', () => {
    const error = new GraphQLError('Argument "x" holds a secret', { nodes: parse('{ a }') });
    expect(formatGraphqlError(error).outward.extensions.code).toBe('INTERNAL');
  });

  test('a personal number in a message of graphql-js is left out', async () => {
    const { body } = await hub.ask({ query: '{ page(first: "079090001234") }' });
    expect(body.errors?.[0]?.extensions?.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(JSON.stringify(body)).not.toContain('079090001234');
  });

  test.each(['{ page(first "Nguyễn Văn Kín") }', '{ page(first """Nguyễn Văn Kín""") }'])(
    'a text at which a document is wrong is not said back: %s',
    async (query) => {
      const { body } = await hub.ask({ query });
      expect(body.errors?.[0]?.message).toMatch(/^Syntax Error: Expected ":", found (Block)?String\.$/);
      expect(JSON.stringify(body)).not.toContain('Kín');
    },
  );

  test.each([
    ['what graphql-js offers instead', 'Did you mean ', '?'],
    ['rows of digits', '12345678 ', ''],
    ['a number that stands where the text is cut', 'x'.repeat(495), '079090001234'],
  ])('a client’s own text comes back cut, whatever it is made of: %s', (_, piece, end) => {
    const long = `Int cannot represent: "${piece.repeat(Math.ceil(20_000 / piece.length))}${end}`;
    for (const message of [long, `Int cannot represent: "${piece}${end}${piece}`]) {
      const error = new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
      const { outward } = formatGraphqlError(error);
      expect(outward.message).toMatch(/^Int cannot represent: "/);
      expect(outward.message.length).toBeLessThanOrEqual(500);
      expect(outward.message).not.toMatch(/Did you mean |\d{9}|0790/);
    }
  });

  test('every code has a status of its kind', () => {
    for (const code of Object.keys(ERRORS) as (keyof typeof ERRORS)[]) {
      const least = ERRORS[code].failed === 'client' ? 400 : 500;
      expect(statusOf(code), code).toBeGreaterThanOrEqual(least);
      expect(statusOf(code), code).toBeLessThan(least + 100);
    }
  });

  test('no stack, no path of this machine and no message of a driver leaves, compiled or not', async () => {
    const query =
      '{ thing { a: text(how: THROW_ERROR) b: text(how: LATER_ERROR) c: odd(how: RETURN_WRONG) } page(first: 1) }';
    for (const compiled of [false, true]) {
      const { body } = await hub.ask({ query });
      expect(hub.wasCompiled()).toBe(compiled);
      expect(body.errors).toHaveLength(3);
      expect(JSON.stringify(body)).not.toMatch(/Duplicate|079090001234|10\.1\.2\.3|stack|\/|node_modules/);
    }
  });

  test('a HubError thrown by a scalar keeps its code, compiled or not', async () => {
    for (const compiled of [false, true]) {
      const { body } = await hub.ask({ query: '{ thing { mustOdd(how: RETURN_WRONG) } }' });
      expect(hub.wasCompiled()).toBe(compiled);
      expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'SOURCE_MALFORMED', sector: 'land' });
    }
  });
});

describe('what the log tells', () => {
  test('a masked error is logged with its causes under the request id the client got', async () => {
    hub.log.lines.length = 0;
    const { headers } = await hub.ask({ query: '{ thing { text(how: THROW_ERROR) } }' });
    const requestId = headers.get('x-request-id');
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(hub.log.lines).toMatchObject([
      {
        level: 50,
        requestId,
        codes: { INTERNAL: 1 },
        causes: [[{ name: 'GraphQLError' }, { name: 'Error', message: 'Duplicate entry … at 10.1.2.3' }]],
      },
    ]);
  });

  test('a source that failed is a warning, a client that erred is information, success is silent', async () => {
    hub.log.lines.length = 0;
    await hub.ask({ query: '{ thing { text(how: THROW_HUB) } }' });
    await hub.ask({ query: '{ nope }' });
    await hub.ask({ query: '{ page }' });
    expect(hub.log.lines.map(({ level }) => level)).toEqual([40, 30, 20]);
  });

  test('no variable, literal, document, URL or number of a person is ever logged', async () => {
    hub.log.lines.length = 0;
    const variables = { id: '079090001234', name: 'Nguyễn Văn Kín' };
    await hub.ask({ query: 'query Of079090001234($id: ID!) { needs(id: $id) }', variables });
    await hub.ask({ query: '{ needs(id: "079090001234") thing { text(how: THROW_ERROR) } }' });
    await hub.ask({ query: 'query ($n: Int) { page(first: $n) }', variables: { n: 'Nguyễn Văn Kín' } });
    await hub.ask('{ "query": "079090001234"');
    await fetch(`${hub.gateway.address()}/graphql?query={needs(id:%22079090001234%22)}`);
    await fetch(`${hub.gateway.address()}/none/079090001234`);
    expect(hub.log.lines.length).toBeGreaterThan(2);
    expect(hub.log.text()).not.toMatch(/079090001234|Kín|needs|graphql\?|\/none/);
  });

  test('many failures of one operation do not make a long line', async () => {
    hub.log.lines.length = 0;
    const fields = Array.from({ length: 50 }, (_, index) => `f${index}: text(how: THROW_ERROR)`).join(' ');
    await hub.ask({ query: `{ thing { ${fields} } }` });
    expect(hub.log.lines[0]).toMatchObject({ codes: { INTERNAL: 50 } });
    expect(hub.log.text().length).toBeLessThan(10_000);
  });

  test.each([
    ["Duplicate entry '079' for key 'name'", 'Duplicate entry …'],
    ['Unknown number 079090001234', 'Unknown number …'],
    ["where name = 'H'Hen Niê' and x", 'where name = …'],
    ["value: H'Hen Niê is wrong", 'value: H…'],
  ])('%s is logged as %s', (text, expected) => {
    expect(withoutValues(text)).toBe(expected);
  });

  test('a circle of causes ends', () => {
    const error = new Error('round');
    error.cause = error;
    expect(loggedCauses(error)).toHaveLength(5);
  });
});
