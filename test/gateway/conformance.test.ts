import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFailingSchema, HOWS } from './failing-schema.ts';
import { GRAPHQL_RESPONSE, type Reply, startReference, startTestGateway, type TestGateway } from './support.ts';

/**
 * The gateway runs an operation with graphql-js the first time and compiled from the second time on. Whatever goes
 * wrong, each of these answers must be the one plain Apollo Server gives, masked in the same way.
 */
let hub: TestGateway;
let reference: (body: unknown) => Promise<Omit<Reply, 'headers'>>;

beforeAll(async () => {
  hub = await startTestGateway(createFailingSchema());
  reference = await startReference(createFailingSchema());
});
afterAll(() => hub.gateway.close());

async function expectSameAnswers(body: object, options: { compiled?: boolean } = {}): Promise<void> {
  const expected = sorted(await reference(body));
  for (const time of [1, 2, 3]) {
    const { status, body: answer } = await hub.ask(body, { accept: GRAPHQL_RESPONSE });
    expect({ time, ...sorted({ status, body: answer }) }).toEqual({ time, ...expected });
  }
  if (options.compiled !== undefined) expect(hub.wasCompiled(), 'compiled').toBe(options.compiled);
}

/** Errors have no order that GraphQL promises. */
function sorted({ status, body }: Omit<Reply, 'headers'>): object {
  const errors = body.errors?.toSorted((left, right) => JSON.stringify(left).localeCompare(JSON.stringify(right)));
  return { status, body: { ...body, ...(errors && { errors }) } };
}

describe('before anything runs', () => {
  const long = '0'.repeat(12);
  test.each([
    ['a document that is not GraphQL', { query: '{ thing { ' }],
    ['a document with an illegal character', { query: '{ thing ? }' }],
    ['an empty document', { query: '' }],
    ['a document of fragments alone', { query: 'fragment F on Thing { id }' }],
    ['an unknown field', { query: '{ thing { nope } }' }],
    ['a literal of the wrong type', { query: `{ page(first: "${long}") }` }],
    ['many things wrong at once', { query: '{ a b c d e f g h }' }],
    ['an unknown operation name', { query: 'query A { page } query B { page }', operationName: 'C' }],
    ['a missing operation name', { query: 'query A { page } query B { page }' }],
    ['a named operation', { query: 'query A { page } query B { needs(id: 1) }', operationName: 'B' }],
    ['no query', { variables: {} }],
    ['a query that is a number', { query: 1 }],
    ['variables that are a list', { query: '{ page }', variables: [1] }],
    ['a batch', [{ query: '{ page }' }]],
    ['a persisted query', { extensions: { persistedQuery: { version: 1, sha256Hash: 'abc' } } }],
    ['introspection', { query: '{ __schema { queryType { name } } __type(name: "Thing") { name } }' }],
  ])('%s is answered as by plain Apollo', async (_, body) => {
    await expectSameAnswers(body);
  });
});

describe('variables', () => {
  const QUERY = `query Q($text: String, $number: Int, $ids: [ID!], $color: Color = GREEN, $range: Range, $odd: Odd,
    $flag: Boolean) { echo(text: $text, number: $number, ids: $ids, color: $color, range: $range, odd: $odd, flag: $flag) }`;
  test.each([
    ['none', {}],
    ['all in order', { text: 'a', number: 1, ids: ['1', 2], color: 'RED', range: { to: 3 }, odd: 'x', flag: true }],
    ['nulls', { text: null, number: null, ids: null, color: null, range: null, odd: null, flag: null }],
    ['one value for a list', { ids: 5, range: { colors: 'GREEN' } }],
    ['a number for a text', { text: 79090001234 }],
    ['a text for a number', { number: '1' }],
    ['a fraction for a whole number', { number: 1.5 }],
    ['a number past 32 bits', { number: 2 ** 40 }],
    ['a text for a truth value', { flag: 'yes' }],
    ['null in a list that has none', { ids: ['1', null] }],
    ['an object for an id', { ids: [{}] }],
    ['an unknown member of an enumeration', { color: 'BLUE' }],
    ['a number for an enumeration', { color: 2 }],
    ['an unknown field of an input', { range: { up: 3 } }],
    ['null for a field that must be', { range: { from: null } }],
    ['a list for an input', { range: ['from'] }],
    ['a faulty scalar', { odd: 5 }],
    ['a scalar that explains itself', { odd: 'hub' }],
    ['a scalar within an input', { range: { odd: 'x' } }],
    ['a faulty scalar within an input', { range: { odd: 5 } }],
    ['several faults', { text: 1, number: 'x', color: 'BLUE' }],
    ['a variable nobody declared', { other: 1 }],
  ])('%s: accepted or refused as by plain Apollo', async (_, variables) => {
    await expectSameAnswers({ query: QUERY, variables });
  });

  test('a missing variable that is required is refused as by plain Apollo', async () => {
    await expectSameAnswers({ query: 'query ($id: ID!) { needs(id: $id) }' });
    await expectSameAnswers({ query: 'query ($id: ID!) { needs(id: $id) }', variables: { id: null } });
  });

  test('null in a variable with a default is BAD_USER_INPUT where null is not allowed', async () => {
    const query = 'query ($first: Int = 5) { page(first: $first) needs(id: 1) }';
    await expectSameAnswers({ query, variables: {} }, { compiled: true });
    await expectSameAnswers({ query, variables: { first: null } }, { compiled: false });
    await expectSameAnswers({ query, variables: { first: 7 } }, { compiled: true });
    const { body } = await hub.ask({ query, variables: { first: null } });
    expect(body.errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
  });

  test.each([
    ['scalars', '{ echo(text: "a \\"quoted\\" text", number: 3, ids: ["1", 2], color: RED, flag: true) }', true],
    ['a block of text', '{ echo(text: """ block $1 `x` """) }', true],
    ['an input', '{ echo(range: { to: 3 }) }', false],
    ['a custom scalar', '{ echo(odd: "x") }', false],
    ['nothing where defaults are', '{ page echo }', true],
    ['null', '{ echo(text: null, color: null) }', true],
  ])('literals: %s arrive as with plain Apollo', async (_, query, compiled) => {
    await expectSameAnswers({ query }, { compiled });
  });

  test('variables within a literal arrive as with plain Apollo', async () => {
    const query = 'query ($to: Int, $id: ID!) { echo(range: { from: 2, to: $to }, ids: ["a", $id]) }';
    await expectSameAnswers({ query, variables: { id: 'b' } });
    await expectSameAnswers({ query, variables: { id: 'b', to: 4 } });
  });
});

describe('a field that ends', () => {
  const FIELDS = ['text', 'must', 'number', 'color', 'odd', 'mustOdd'];
  const PARENTS = ['thing { id ? }', 'mustThing { id ? }', 'thing { mustThing { ? } }', 'things { id ? }'];
  const LISTS = ['texts', 'mustTexts', 'things { id }', 'mustThings { id plain }', 'halfThings { id }'];

  test.each(HOWS)('%s gives the answer of plain Apollo on every kind of field', async (how) => {
    for (const parent of PARENTS) {
      for (const field of FIELDS) {
        await expectSameAnswers({ query: `{ ${parent.replace('?', `${field}(how: ${how})`)} }` }, { compiled: true });
      }
    }
    for (const field of ['thing', 'mustThing']) {
      await expectSameAnswers({ query: `{ thing { plain ${field}(how: ${how}) { id must } } }` }, { compiled: true });
      await expectSameAnswers({ query: `{ ${field}(how: ${how}) { id } page }` }, { compiled: true });
    }
  });

  test.each(HOWS)('%s gives the answer of plain Apollo on a list, and on an item of one', async (how) => {
    for (const list of LISTS) {
      const [name, rest = ''] = list.split(/(?= )/, 2);
      const selection = list.slice(name?.length);
      await expectSameAnswers({ query: `{ thing { ${name}(how: ${how})${selection} } }`, rest }, { compiled: true });
      await expectSameAnswers({ query: `{ thing { ${name}(item: ${how})${selection} } }` }, { compiled: true });
    }
    await expectSameAnswers({ query: `{ thing { nested(item: ${how}) { id } } }` }, { compiled: true });
    await expectSameAnswers({ query: `{ things(item: ${how}) { id } }` }, { compiled: true });
  });

  test.each(HOWS)('%s gives the answer of plain Apollo on abstract types', async (how) => {
    const fragments = '... on Dog { name barks owner { id } } ... on Cat { lives owner { must } }';
    await expectSameAnswers(
      { query: `{ thing { pet(how: ${how}) { __typename ${fragments} } } }` },
      { compiled: true },
    );
    await expectSameAnswers({ query: `{ thing { animals(item: ${how}) { name } } }` }, { compiled: true });
    await expectSameAnswers({ query: `{ thing { pet { ... on Dog { barks(how: ${how}) } } } }` }, { compiled: true });
  });
});

describe('the shape of the operation', () => {
  test('aliases, fragments and fields asked twice give the answer of plain Apollo', async () => {
    const query = `query { a: thing { ...F } b: thing { ...F x: text(how: THROW_HUB) } thing { id } thing { plain } }
      fragment F on Thing { id things { ...G } } fragment G on Thing { plain again: plain must(how: OK) }`;
    await expectSameAnswers({ query }, { compiled: true });
  });

  test('several errors at several depths are all told', async () => {
    const query = `{ a: thing { text(how: THROW_HUB) thing { must(how: LATER_ERROR) } }
      b: things { number(how: RETURN_WRONG) } page }`;
    await expectSameAnswers({ query }, { compiled: true });
  });

  test('@skip and @include give the answer of plain Apollo for every value, also on a fragment used twice', async () => {
    const query = `query ($a: Boolean!, $b: Boolean = true) {
      one: thing { ...F @include(if: $a) plain } two: thing { ...F } three: thing @skip(if: $b) { id }
      ... @include(if: $a) { page @skip(if: $a) } ... on Query @skip(if: false) { needs(id: 1) @include(if: true) } }
      fragment F on Thing { id thing { plain text @skip(if: $b) } }`;
    for (const a of [true, false]) {
      for (const b of [true, false, undefined])
        await expectSameAnswers({ query, variables: { a, b } }, { compiled: true });
    }
    await expectSameAnswers({ query, variables: { a: true, b: null } });
  });

  test('a mutation runs its steps one after the other and goes on after an error', async () => {
    const query = 'mutation { a: step(name: "first") b: step(name: "second", how: OK) }';
    await expectSameAnswers({ query }, { compiled: false });
    const { body } = await hub.ask({ query });
    expect(body.data).toMatchObject({ b: ['first starts', 'first ends', 'second starts', 'second ends'] });
    await expectSameAnswers({ query: 'mutation { a: step(name: "first", how: THROW_ERROR) b: step(name: "b") }' });
  });

  test('names that mean something to JavaScript are names like any other', async () => {
    await expectSameAnswers({ query: '{ constructor: page __proto__: page toString: thing { default: id } }' });
    // Compared as text: an object with such a field is equal to one without it.
    const query = '{ thing { __proto__: plain id } }';
    for (const _ of [1, 2, 3]) {
      const { body } = await hub.ask({ query });
      expect(JSON.stringify(body)).toBe('{"data":{"thing":{"__proto__":"plain","id":"t1"}}}');
    }
    await expectSameAnswers({ query: 'query ($__proto__: Int!) { page(first: $__proto__) }', variables: { a: 1 } });
  });
});
