import { makeExecutableSchema } from '@graphql-tools/schema';
import { getIntrospectionQuery, parse, specifiedRules, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings } from '../../core/setting.ts';
import { MOST_VALIDATION_ERRORS } from '../../gateway/limits/breadth.ts';
import { costOf } from '../../gateway/limits/cost.ts';
import { limitRules } from '../../gateway/limits/operation-limits.ts';
import { gatewaySettings } from '../../gateway/settings.ts';
import { startTestGateway, type TestGateway } from './support.ts';

const typeDefs = `
  directive @cost(weight: Int!) on FIELD_DEFINITION
  directive @listSize(slicingArgument: String, assumed: Int) on FIELD_DEFINITION
  type Query {
    person(id: ID): Person @cost(weight: 5)
    people(first: Int = 20, after: String): People @listSize(slicingArgument: "first")
    steps: [Step!] @listSize(assumed: 3)
    words: [String]
    oneOf(kind: Kind): Thing
  }
  enum Kind { PARCEL HOUSE }
  interface Thing { id: ID }
  type Person implements Thing { id: ID name: String friends(first: Int = 20): People @listSize(slicingArgument: "first") others: [Person] }
  type Step implements Thing { id: ID officer: Person }
  type People { nodes: [Person!]! edges: [Edge!]! pageInfo: PageInfo! totalCount: Int @cost(weight: 7) }
  type Edge { cursor: String node: Person }
  type PageInfo { hasNextPage: Boolean }
`;
const schema = makeExecutableSchema({ typeDefs });
const settings = readSettings(gatewaySettings, {}, []);
const cost = costOf(schema);

function costs(query: string, variables: Readonly<Record<string, unknown>> = {}): number {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  const operation = document.definitions.find((one) => one.kind === 'OperationDefinition');
  if (operation === undefined) throw new Error('The document holds no operation');
  return cost(document, operation)(variables);
}

/** Thirty fragments, each spreading the next one twice. */
function doubling(innermost: string): string {
  const fragments = Array.from({ length: 30 }, (_, at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`);
  return `${fragments.join(' ')} fragment F30 on Query { ${innermost} }`;
}

describe('The cost of an operation', () => {
  it.each([
    ['{ words }', 0, 'plain values cost nothing, in lists too'],
    ['{ person { id name } }', 5, 'a field costs its weight'],
    ['{ oneOf { id } }', 1, 'or one where it holds others'],
    ['{ steps { officer { id } } }', 3 * (1 + 1), 'a list multiplies by the length it is taken to have'],
    ['{ person { others { id others { id } } } }', 5 + 10 * (1 + 10), 'ten where nothing is said of it'],
    ['{ people(first: 4) { nodes { friends(first: 2) { nodes { id } } } } }', 1 + 4 * (1 + 1 + 2), 'lists multiply'],
    ['{ people { nodes { id } } }', 1 + 20, 'an argument that is not given has its standard value'],
    ['{ people(first: null) { nodes { id } } }', 1 + 20, 'null too'],
    ['{ people(first: 2147483647) { nodes { id } } }', 1 + 100, 'no page is longer than a hundred'],
    ['{ people(first: -5) { nodes { id } } }', 1 + 100, 'a length that is none counts as the longest'],
    ['{ people(first: 4) { totalCount pageInfo { hasNextPage } } }', 1 + 7 + 1, 'what a page has once counts once'],
    ['{ people(first: 4) { edges { cursor node { id } } } }', 1 + 4 * (1 + 1), 'an edge counts beside its node'],
    ['{ oneOf { ... on Person { others { id } } ... { id } } }', 1 + 10, 'inline fragments count'],
    ['{ __typename __schema { types { name } } }', 0, 'the schema itself costs nothing'],
  ])('of %s is %d: %s', (query, expected, _why) => {
    expect(costs(query)).toBe(expected);
  });

  it('depends on variables, their standard values, and what a fragment is given', () => {
    const query =
      'query ($n: Int = 3) { people(first: $n) { ...Page } } fragment Page on People { nodes { friends(first: $n) { totalCount } } }';
    expect(costs(query)).toBe(1 + 3 * (1 + 1 + 7));
    expect(costs(query, { n: 10 })).toBe(1 + 10 * (1 + 1 + 7));
    expect(costs(query, { n: null })).toBe(1 + 20 * (1 + 1 + 7));
    expect(costs(query, { n: 'many' })).toBe(1 + 20 * (1 + 1 + 7));
    expect(costs(query, { n: 1e300 })).toBe(1 + 100 * (1 + 1 + 7));
  });

  it('is counted in a moment where fragments double one another thirty times', () => {
    const query = (inner: string) => `query ($n: Int = 1) { ...F0 } ${doubling(inner)}`;
    const at = performance.now();
    expect(costs(query('person { id } people(first: $n) { totalCount }'))).toBe(2 ** 30 * (5 + 8));
    // Checking that the document is valid is most of it.
    expect(performance.now() - at).toBeLessThan(2_000);
  });

  it('grows to 10^12 and no further', () => {
    const nested = (depth: number): string =>
      depth === 0 ? 'id' : `friends(first: 100) { nodes { ${nested(depth - 1)} } }`;
    expect(costs(`{ person { ${nested(8)} } }`)).toBe(1e12);
  });
});

describe('What an operation may hold', () => {
  const times = (count: number, text: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => text(at)).join(' ');
  /** Each once; where something is too wide, validation goes no further and says so. */
  const faults = (query: string) => {
    const told = validate(schema, parse(query), limitRules(settings)).map(({ message }) => message);
    return [...new Set(told)].filter((message) => !message.startsWith('Too many validation errors'));
  };

  it('is thirty aliases, with those of fragments wherever they are spread', () => {
    const aliased = (count: number) => `{ person { ${times(count, (at) => `n${at}: name`)} } }`;
    expect(faults(aliased(30))).toEqual([]);
    expect(faults(aliased(31))).toEqual(['The operation has 31 aliases where at most 30 are taken.']);
    const spread = `{ a: person { ...A } b: person { ... on Person { ...A } } } fragment A on Person { ${times(15, (at) => `n${at}: name`)} }`;
    expect(faults(spread)).toEqual(['The operation has 32 aliases where at most 30 are taken.']);
  });

  it('is ten directives, wherever they stand', () => {
    const skipped = (count: number) => `query ($no: Boolean = false) { ${times(count, () => 'words @skip(if: $no)')} }`;
    expect(faults(skipped(10))).toEqual([]);
    expect(faults(skipped(11))).toEqual(['The operation has 11 directives where at most 10 are taken.']);
    const everywhere = `query ($v: ID @x) @x { person @x { ...P @x ... @x { id @x } } } fragment P on Person { ${times(5, () => 'id @x')} }`;
    expect(faults(everywhere)).toEqual(['The operation has 11 directives where at most 10 are taken.']);
  });

  it('is twenty fields of the root', () => {
    expect(faults(`{ ${'words '.repeat(20)} }`)).toEqual([]);
    expect(faults(`{ ${'words '.repeat(18)} ...W ...W } fragment W on Query { words }`)).toEqual([]);
    expect(faults(`{ ${'words '.repeat(19)} ...W ... { words } } fragment W on Query { words }`)).toEqual([
      'The operation has 21 fields of the root where at most 20 are taken.',
    ]);
  });

  it('is sixty fields in one place, and nothing compares more of them with one another', () => {
    const often = (count: number) => `{ person { ${times(count, () => 'others { id }')} } }`;
    expect(faults(often(60))).toEqual([]);
    const tooMany = ['The operation has 61 fields in one place where at most 60 are taken.'];
    expect(faults(often(61))).toEqual(tooMany);
    const inFragment = `fragment P on Person { ${times(61, () => 'others { id }')} } { person { ...P } }`;
    expect(faults(inFragment)).toEqual(expect.arrayContaining(tooMany));
    // Of which one fault is told, and several.
    const apart = times(61, (at) => `friends(first: ${at}) { totalCount }`);
    for (const whole of [`{ person { ${apart} } }`, `fragment P on Person { ${apart} } { person { ...P } }`]) {
      const told = validate(schema, parse(whole), [...specifiedRules, ...limitRules(settings)], {
        maxErrors: MOST_VALIDATION_ERRORS,
      }).map(({ message }) => message);
      expect(told).toContain(tooMany[0]);
      expect(told.filter((message) => message.includes('conflict'))).toEqual([]);
    }
  });

  it('is sixty fields in one place below a fragment too', () => {
    const below = (count: number) => `{ person { ... on Person { others { ${times(count, () => 'id')} } } } }`;
    expect(faults(below(60))).toEqual([]);
    expect(faults(below(61))).toEqual(['The operation has 61 fields in one place where at most 60 are taken.']);
  });

  it('is counted of operations and their fragments alone', () => {
    expect(faults('{ words } scalar Word')).toEqual([]);
  });

  it('is told to the field up to a million', () => {
    const spread = (name: string, inner: string) => `fragment ${name} on Query { ${times(10, () => inner)} }`;
    const fragments = times(5, (at) => spread(`T${at}`, `...T${at + 1}`));
    const told = (more: string) => faults(`{ ...T0 ${more} } ${fragments} ${spread('T5', 'words')}`);
    const tooMany = (count: string) => [`The operation has ${count} fields of the root where at most 20 are taken.`];
    expect([told(''), told('words')]).toEqual([tooMany('1000000'), tooMany('more than 1000000')]);
  });

  it('is a name of a hundred characters: logs keep it', () => {
    expect(faults(`query ${'a'.repeat(100)} { words }`)).toEqual([]);
    expect(faults(`query ${'a'.repeat(101)} { words } query b { words }`)).toEqual([
      'The operation has a name of 101 characters where at most 100 are taken.',
    ]);
  });

  it.each([
    ['a name', `query ${'a'.repeat(101)} { words }`],
    ['fields of the root', `query { ${'words '.repeat(21)} }`],
  ])('is told with the place of the operation that holds too much: %s', (_, query) => {
    const [told] = validate(schema, parse(`fragment P on Person { id }\n  ${query}`), limitRules(settings));
    expect(told?.locations).toEqual([{ line: 2, column: 3 }]);
  });

  it('is told of in a moment where fragments double one another thirty times or lead to themselves', () => {
    const at = performance.now();
    expect(faults(`{ ...F0 } ${doubling('a: words @x')}`)).toEqual([
      'The operation has more than 1000000 aliases where at most 30 are taken.',
      'The operation has more than 1000000 directives where at most 10 are taken.',
      'The operation has more than 1000000 fields of the root where at most 20 are taken.',
    ]);
    expect(faults('{ ...A } fragment A on Query { words ...B } fragment B on Query { ...A }')).toEqual([]);
    expect(performance.now() - at).toBeLessThan(5_000);
  });
});

describe('A gateway with standard limits', () => {
  let hub: TestGateway;
  beforeAll(async () => {
    hub = await startTestGateway(schema, {
      settings: { ...settings, PORT: 0 },
      introspection: ({ id }) => id === 'nobody',
    });
  });
  afterAll(() => hub.gateway.close());

  const codeOf = async (query: string, variables = {}) => {
    const { body } = await hub.ask({ query, variables });
    return [body.errors?.[0]?.extensions?.code, body.errors?.[0]?.message];
  };

  it('refuses what is too costly, and says by how much', async () => {
    const query = 'query ($n: Int) { people(first: $n) { nodes { friends(first: 100) { nodes { id } } } } }';
    expect(await codeOf(query, { n: 100 })).toEqual([
      'TOO_COSTLY',
      'The operation costs 10201 units where at most 10000 are taken. Ask for fewer fields, or for shorter lists.',
    ]);
    expect(await codeOf(query, { n: 90 })).toEqual([undefined, undefined]);
  });

  it.each([
    ['a field of it', '{ __schema { types { name } } }'],
    ['a type, through a fragment', '{ ...A } fragment A on Query { t: __type(name: "Person") { name } }'],
    ['what editors ask', getIntrospectionQuery()],
  ])('lets only those read the schema whom a grant allows it: %s', async (_, query) => {
    expect(await codeOf(query)).toEqual(['FORBIDDEN', 'You hold no grant for reading the schema.']);
    const open = await startTestGateway(schema, { settings: { ...settings, PORT: 0 } });
    const { body } = await open.ask({ query });
    await open.gateway.close();
    expect(body.errors).toBeUndefined();
  });

  it('lets nobody read the schema where that is switched off, whatever is granted', async () => {
    const shut = await startTestGateway(schema, {
      settings: { ...settings, PORT: 0, INTROSPECTION: 'off' },
      introspection: () => true,
    });
    const { body } = await shut.ask({ query: '{ __schema { types { name } } }' });
    await shut.gateway.close();
    expect(body.errors?.[0]).toMatchObject({
      extensions: { code: 'FORBIDDEN' },
      message: 'Nobody may read the schema of this hub, whatever is granted: INTROSPECTION is off.',
    });
  });

  it('takes what costs just as much as may be, and nothing that costs more', async () => {
    const query = '{ person { id name } }';
    const codes: unknown[] = [];
    for (const MAX_COST of [costs(query), costs(query) - 1]) {
      const bound = await startTestGateway(schema, { settings: { ...settings, PORT: 0, MAX_COST } });
      codes.push((await bound.ask({ query })).body.errors?.[0]?.extensions?.code);
      await bound.gateway.close();
    }
    expect(codes).toEqual([undefined, 'TOO_COSTLY']);
  });

  it('leaves __typename to everybody', async () => {
    expect(await codeOf('{ __typename }')).toEqual([undefined, undefined]);
  });

  it.each([
    ['a field', '{ persn { id } }', {}],
    ['an argument', '{ person(ident: 1) { id } }', {}],
    ['a type', '{ oneOf { ... on Persn { id } } }', {}],
    ['a word in the query', '{ oneOf(kind: PARCL) { id } }', {}],
    ['a word in the variables', 'query ($k: Kind) { oneOf(kind: $k) { id } }', { k: 'PARCL' }],
  ])('never says what %s might have been meant to be', async (_, query, variables) => {
    const [code, message] = await codeOf(query, variables);
    expect(code).toMatch(/GRAPHQL_VALIDATION_FAILED|BAD_USER_INPUT/);
    expect(message).not.toMatch(/did you mean|PARCEL|"id"/i);
  });
});
