import { buildSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { costOf } from '../../gateway/limits/cost.ts';

const DIRECTIVES = `
  directive @cost(weight: Int!) on FIELD_DEFINITION
  directive @listSize(slicingArgument: String, assumed: Int) on FIELD_DEFINITION
`;
const TYPES = `
  type Query {
    plain: String
    dear: String @cost(weight: 3)
    one: Thing
    free: Thing @cost(weight: 0)
    must: Thing!
    list: [Thing]
    mustList: [Thing!]!
    dearList: [Thing] @cost(weight: 6)
    grid: [[Thing]]
    short: [Thing] @listSize(assumed: 2)
    sized(most: Int): [Thing] @listSize(slicingArgument: "most")
    both(most: Int = 7): [Thing] @listSize(slicingArgument: "most", assumed: 4)
    standard(other: Int = 9, most: Int = 6): [Thing] @listSize(slicingArgument: "most")
    page(first: Int = 5): Page @listSize(slicingArgument: "first")
    mustPage(first: Int = 5): Page! @listSize(slicingArgument: "first")
    open(first: Int = 5): OpenPage @listSize(slicingArgument: "first")
    bag: Bag
    sack: Sack
    pages: [Page]
    any: Any
  }
  type Mutation { change: Thing @cost(weight: 8) }
  type Subscription { changed: Thing @cost(weight: 9) }
  type Thing { id: ID dear: String @cost(weight: 2) next: Thing page(first: Int = 3): Page @listSize(slicingArgument: "first") }
  type Other { id: ID weight: String @cost(weight: 11) }
  union Any = Thing | Other
  type Page { nodes: [Thing] edges: [Edge] total: String @cost(weight: 20) pageInfo: Info }
  interface OpenPage { nodes: [Thing] pageInfo: Info }
  type Edge { node: Thing cursor: String @cost(weight: 4) }
  type Bag { nodes: [Thing] edges: [Thing] }
  type Sack { nodes: [Thing] @listSize(assumed: 2) }
  type Info { more: Boolean }
`;
const schema = buildSchema(DIRECTIVES + TYPES);

/** Counted anew each time: nothing is known of an earlier question. */
function costs(query: string, variables: Readonly<Record<string, unknown>> = {}, of = schema): number {
  const document = parse(query);
  const operation = document.definitions.find((one) => one.kind === 'OperationDefinition');
  if (operation === undefined) throw new Error('The document holds no operation');
  return costOf(of)(document, operation)(variables);
}

describe('What a question costs', () => {
  it.each([
    ['{ plain }', 0],
    ['{ dear }', 3],
    ['{ dear again: dear }', 6],
    ['{ one { id } }', 1],
    ['{ one { dear } }', 1 + 2],
    ['{ one { next { dear } } }', 1 + 1 + 2],
    ['{ free { dear } }', 2],
    ['{ must { dear } }', 1 + 2],
    ['mutation { change { dear } }', 8 + 2],
    ['subscription { changed { dear } }', 9 + 2],
    ['{ __typename one { __typename } }', 1],
    ['{ __schema { types { name } } }', 0],
    ['{ __type(name: "Thing") { fields { name } } }', 0],
    ['{ dear @skip(if: true) one @include(if: false) { dear } }', 3 + 1 + 2],
  ])('is what its fields cost: %s', (query, cost) => {
    expect(costs(query)).toBe(cost);
  });

  it.each([
    ['{ list { id } }', 10],
    ['{ list { dear } }', 10 * (1 + 2)],
    ['{ mustList { dear } }', 10 * (1 + 2)],
    ['{ grid { dear } }', 10 * (1 + 2)],
    ['{ dearList { dear } }', 6 + 10 * (1 + 2)],
    ['{ short { dear } }', 2 * (1 + 2)],
    ['{ sized { dear } }', 10 * (1 + 2)],
    ['{ sized(most: 3) { dear } }', 3 * (1 + 2)],
    ['{ both { dear } }', 4 * (1 + 2)],
    ['{ both(most: 3) { dear } }', 3 * (1 + 2)],
    ['{ standard { dear } }', 6 * (1 + 2)],
    ['{ standard(other: 2) { dear } }', 6 * (1 + 2)],
    ['{ standard(other: 2, most: 3) { dear } }', 3 * (1 + 2)],
    ['{ standard(most: null) { dear } }', 6 * (1 + 2)],
    ['{ list { next { dear } } }', 10 * (1 + 1 + 2)],
    ['{ sized(most: 0) { dear } }', 0],
    ['{ sized(most: 100) { id } }', 100],
    ['{ sized(most: 101) { id } }', 100],
    ['{ sized(most: -1) { id } }', 100],
  ])('is multiplied by the lengths of lists: %s', (query, cost) => {
    expect(costs(query)).toBe(cost);
  });

  it.each([
    ['{ page { nodes { dear } } }', 1 + 5 * (1 + 2)],
    ['{ page(first: 2) { nodes { dear } } }', 1 + 2 * (1 + 2)],
    ['{ mustPage(first: 2) { nodes { dear } } }', 1 + 2 * (1 + 2)],
    ['{ open(first: 2) { nodes { dear } pageInfo { more } } }', 1 + 2 * (1 + 2) + 1],
    ['{ page(first: 2) { edges { cursor node { dear } } } }', 1 + 2 * (1 + 4 + 1 + 2)],
    ['{ page(first: 2) { nodes { id } edges { cursor } total pageInfo { more } } }', 1 + 2 * (1 + 1 + 4) + 20 + 1],
    ['{ page(first: 2) { ... { nodes { dear } total } } }', 1 + 2 * (1 + 2) + 20],
    ['{ page(first: 2) { nodes { page(first: 4) { nodes { dear } total } } } }', 1 + 2 * (1 + 1 + 4 * (1 + 2) + 20)],
    ['{ bag { nodes { dear } edges { dear } } }', 1 + 2 * 10 * (1 + 2)],
    ['{ sack { nodes { dear } } }', 1 + 2 * (1 + 2)],
    ['{ pages { total nodes { dear } } }', 10 * (1 + 20 + 1 + 2)],
  ])('counts the elements of a page as often as there are, and the rest of it once: %s', (query, cost) => {
    expect(costs(query)).toBe(cost);
  });

  it.each([
    ['{ any { ... on Thing { dear } ... on Other { weight } __typename } }', 1 + 2 + 11],
    ['{ ...Q } fragment Q on Query { dear one { ...T } } fragment T on Thing { dear }', 3 + 1 + 2],
    ['{ ...Q ...Q } fragment Q on Query { dear }', 6],
    ['{ page(first: 2) { ...P } } fragment P on Page { nodes { dear } total }', 1 + 2 * (1 + 2) + 20],
    [
      '{ a: page(first: 2) { ...P } b: page(first: 3) { ...P } } fragment P on Page { nodes { id } total }',
      1 + 2 + 20 + 1 + 3 + 20,
    ],
    ['query Q { dear } fragment Unused on Query { list { dear } }', 3],
  ])('counts fragments wherever they are spread: %s', (query, cost) => {
    expect(costs(query)).toBe(cost);
  });

  it.each<[string, Readonly<Record<string, unknown>>, number]>([
    ['query ($n: Int) { sized(most: $n) { id } }', { n: 4 }, 4],
    ['query ($n: Int) { sized(most: $n) { id } }', { n: 0 }, 0],
    ['query ($n: Int) { sized(most: $n) { id } }', { n: 101 }, 100],
    ['query ($n: Int) { sized(most: $n) { id } }', { n: -1 }, 100],
    ['query ($n: Int) { sized(most: $n) { id } }', { n: Number.NaN }, 100],
    ['query ($n: Int) { sized(most: $n) { id } }', { n: '4' }, 10],
    ['query ($n: Int) { sized(most: $n) { id } }', {}, 10],
    ['query ($n: Int = 6) { sized(most: $n) { id } }', {}, 6],
    ['query ($n: Int = 6) { sized(most: $n) { id } }', { n: undefined }, 6],
    ['query ($n: Int = 6) { sized(most: $n) { id } }', { n: null }, 10],
    ['query ($n: Int = 600) { sized(most: $n) { id } }', {}, 100],
    ['query ($n: Int = null) { sized(most: $n) { id } }', {}, 10],
    ['query ($m: Int = 6, $n: Int) { sized(most: $n) { id } }', { m: 2 }, 10],
    ['query ($n: Int) { standard(most: $n) { dear } dear one { dear } }', { n: 4 }, 4 * 3 + 3 + 3],
    ['query ($n: Int) { list { page(first: $n) { nodes { dear } total } } }', { n: 2 }, 10 * (1 + 1 + 2 * 3 + 20)],
    [
      'query ($n: Int) { page(first: $n) { edges { node { page(first: $n) { nodes { id } } } } } }',
      { n: 3 },
      1 + 3 * (1 + 1 + 1 + 3),
    ],
    ['query ($n: Int) { ...Q dear } fragment Q on Query { sized(most: $n) { dear } }', { n: 2 }, 2 * 3 + 3],
    [
      'query ($n: Int) { a: page(first: 2) { ...P } b: page(first: $n) { ...P } } fragment P on Page { nodes { page(first: $n) { total } } total }',
      { n: 3 },
      1 + 2 * 22 + 20 + 1 + 3 * 22 + 20,
    ],
    [
      'query ($n: Int) { page(first: 2) { ...P } } fragment P on Page { pageInfo { more } nodes { page(first: $n) { nodes { id } } } }',
      { n: 3 },
      1 + 1 + 2 * (1 + 1 + 3),
    ],
  ])('goes by variables as they came: %s %j', (query, variables, cost) => {
    expect(costs(query, variables)).toBe(cost);
  });

  it('is counted anew for other variables', () => {
    const document = parse('query ($n: Int) { ...Q } fragment Q on Query { sized(most: $n) { dear } }');
    const [operation] = document.definitions;
    if (operation?.kind !== 'OperationDefinition') throw new Error('The document begins with its operation');
    const count = costOf(schema)(document, operation);
    expect([count({ n: 2 }), count({ n: 5 }), count({ n: 2 })]).toEqual([6, 15, 6]);
  });

  it('never grows beyond 10^12, with variables or without', () => {
    const nested = (length: string, depth: number): string =>
      depth === 0 ? 'dear' : `page(first: ${length}) { nodes { ${nested(length, depth - 1)} } }`;
    expect(costs(`{ ${nested('100', 5)} }`)).toBeLessThan(1e12);
    for (const query of [`{ ${nested('100', 7)} }`, `query ($n: Int) { ${nested('$n', 7)} }`]) {
      expect(costs(query, { n: 100 })).toBe(1e12);
    }
    const spread = Array.from(
      { length: 45 },
      (_, at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`,
    ).join(' ');
    expect(costs(`{ ...F0 } ${spread} fragment F45 on Query { dear }`)).toBe(1e12);
    expect(
      costs(`query ($n: Int) { ...F0 } ${spread} fragment F45 on Query { sized(most: $n) { id } }`, { n: 1 }),
    ).toBe(1e12);
  });

  it('is the usual one in a schema that says nothing of costs', () => {
    const silent = buildSchema(
      'type Query { list: [Thing] one: Thing page: Page } type Thing { id: ID } type Page { nodes: [Thing] pageInfo: String }',
    );
    expect(costs('{ list { id } one { id } page { nodes { id } pageInfo } }', {}, silent)).toBe(10 + 1 + 1 + 10);
  });

  it('is nothing for what the schema does not have: that is refused elsewhere', () => {
    const silent = buildSchema('type Query { one: String }');
    expect(costs('mutation { change { id } }', {}, silent)).toBe(0);
    expect(costs('{ nothing { dear } ...Nowhere ...Strange dear } fragment Strange on Nothing { dear }')).toBe(3);
    expect(costs('{ one list ... on Nothing { dear } }')).toBe(1 + 3);
  });
});
