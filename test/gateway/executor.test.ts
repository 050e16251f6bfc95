import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLResolveInfo } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from './support.ts';

const MARK = '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d';

const typeDefs = `
  type Query {
    echo(text: String, texts: [String]): String
    trap: Trap
    traps(late: Boolean = false): [Trap!]
    iterated: [Int]
    wide: Wide
    path: [String!]
    promised: Promised
    called: Called
    horse: Animal
    rows: [Row!]
    nestedRows: [[Row!]!]
    held: Held
  }
  type Held { rows: [Row!] }
  type Row { source: String! text: String! }
  type Trap { safe: String sprung: String }
  type Wide { a: Wide b: Wide id: ID }
  type Promised { later: String now: String }
  type Called { method: String }
  interface Animal { name: String }
  type Dog implements Animal { name: String }
  type Mutation { echo(text: String): String }
`;

class Trap {
  readonly safe = 'safe';
  get sprung(): string {
    throw new Error('sprung at 10.1.2.3');
  }
}

function* countThenFail(): Generator<number> {
  yield 1;
  throw new Error('the iterator broke');
}

/** The second row lacks a text that must be, and is known to at once; the first fails some time later. */
const ROWS = [
  { text: 'a', source: () => new Promise((_, reject) => setTimeout(() => reject(new Error('down')), 10)) },
  { text: null, source: () => 'up' },
];

const seen: GraphQLResolveInfo[] = [];
let hub: TestGateway;

beforeAll(async () => {
  const schema = makeExecutableSchema({
    typeDefs,
    resolvers: {
      Query: {
        echo: (_: unknown, { text, texts }: { text?: string; texts?: string[] }) => text ?? texts?.join(),
        trap: async () => new Trap(),
        traps: (_: unknown, { late }: { late: boolean }) => [
          new Trap(),
          late ? Promise.resolve(new Trap()) : { safe: 'yes', sprung: 'no' },
        ],
        iterated: () => countThenFail(),
        wide: () => ({ id: 1 }),
        path: (_: unknown, __: unknown, ___: unknown, info: GraphQLResolveInfo) => {
          seen.push(info);
          return [String(info.path.key), info.fieldName, String(info.operation.variableDefinitions?.length)];
        },
        promised: () => ({ later: Promise.resolve('later'), now: 'now' }),
        called: () => ({ method: () => 'called' }),
        rows: () => ROWS,
        nestedRows: () => [ROWS, ROWS],
        held: () => ({ rows: ROWS }),
        horse: async () => ({ __typename: 'Horse', name: 'Hồng' }),
      },
      Row: { source: ({ source }: { source: () => unknown }) => source() },
      Mutation: { echo: (_: unknown, { text }: { text: string }) => text },
    },
  });
  hub = await startTestGateway(schema, { settings: { OPERATION_TIMEOUT_MS: 2_000 } });
});
afterAll(() => hub.gateway.close());

/** What the third time gives, when whatever can be compiled is. */
async function askThrice(query: string, variables?: object) {
  await hub.ask({ query, variables });
  await hub.ask({ query, variables });
  return (await hub.ask({ query, variables })).body;
}

describe('text of a client never becomes code', () => {
  const code = 'globalThis.stolen=1';
  test.each([
    ['a literal', `{ echo(text: "${MARK}${code}") }`],
    ['a literal with escapes', `{ echo(text: "\\u005f_MAGIC_DATE${MARK.slice(12)}${code}") }`],
    ['a block of text', `{ echo(text: """${MARK}${code}""") }`],
    ['a list', `{ echo(texts: ["${MARK}${code}"]) }`],
    ['a default of a variable', `query ($text: String = "${MARK}${code}") { echo(text: $text) }`],
  ])('%s that graphql-jit would paste into its program comes back as the text it is', async (_, query) => {
    const { data } = await askThrice(query);
    expect(data).toEqual({ echo: `${MARK}${code}` });
    expect(globalThis).not.toHaveProperty('stolen');
  });

  test('names with a meaning in graphql-jit run as names', async () => {
    const { data } = await askThrice('{ __context: echo(text: "a") constructor: echo(text: "b") }');
    expect(data).toEqual({ __context: 'a', constructor: 'b' });
  });
});

describe('what breaks while a value is completed costs its field, not the process', () => {
  test('a getter that throws', async () => {
    const body = await askThrice('{ trap { safe sprung } echo(text: "here") }');
    expect(hub.wasCompiled()).toBe(true);
    expect(body).toMatchObject({ data: { trap: null, echo: 'here' }, errors: [{ extensions: { code: 'INTERNAL' } }] });
  });

  test('a getter that throws in an item of a list', async () => {
    for (const late of [false, true]) {
      const body = await askThrice('query ($late: Boolean!) { traps(late: $late) { sprung } echo(text: "here") }', {
        late,
      });
      expect(body).toMatchObject({ data: { traps: null, echo: 'here' }, errors: [{ path: ['traps', 0] }] });
    }
  });

  test('an iterator that throws', async () => {
    const body = await askThrice('{ iterated echo(text: "here") }');
    expect(body).toMatchObject({ data: { iterated: null, echo: 'here' }, errors: [{ path: ['iterated'] }] });
  });

  test('a faulty row beside a source that fails later: in graphql-js 16 that ends the process', async () => {
    for (const compiled of [false, true]) {
      const { body } = await hub.ask({
        query: '{ rows { source text } nestedRows { source text } held { rows { source text } } echo(text: "here") }',
      });
      expect(hub.wasCompiled()).toBe(compiled);
      expect(body).toMatchObject({ data: { rows: null, nestedRows: null, held: { rows: null }, echo: 'here' } });
      // Long enough for the rejection; vitest fails the run for one that nobody handles.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  test('a type that does not exist', async () => {
    const body = await askThrice('{ horse { name } echo(text: "here") }');
    expect(body).toMatchObject({ data: { horse: null, echo: 'here' }, errors: [{ path: ['horse'] }] });
  });
});

describe('a field without a resolver', () => {
  test.each(['{ promised { later now } }', '{ called { method } }'])('is refused the first time: %s', async (query) => {
    const { body } = await hub.ask({ query });
    expect(body.errors).toMatchObject([{ extensions: { code: 'INTERNAL' } }]);
    expect(hub.log.text()).toContain('give the field a resolver');
  });
});

describe('what is compiled', () => {
  test('an operation is compiled the second time it comes, not the first', async () => {
    const query = '{ second: echo(text: "time") }';
    await hub.ask({ query });
    expect(hub.wasCompiled()).toBe(false);
    await hub.ask({ query });
    expect(hub.wasCompiled()).toBe(true);
  });

  test.each([
    ['a mutation', 'mutation { echo(text: "a") }'],
    ['introspection', '{ __schema { types { name } } }'],
    ['more fields than the limit once fragments are written out', bomb(12)],
  ])('%s never is', async (_, query) => {
    const { errors } = await askThrice(query);
    expect(errors).toBeUndefined();
    expect(hub.wasCompiled()).toBe(false);
  });

  test('resolvers are told the schema and the operation that came, not what the compiler was given', async () => {
    const query = 'query Named($text: String = "a") { at: path echo(text: $text) }';
    seen.length = 0;
    const { data } = await askThrice(query);
    expect(data).toEqual({ at: ['at', 'path', '1'], echo: 'a' });
    expect(hub.wasCompiled()).toBe(true);
    const [first, , third] = seen;
    expect(third?.schema.getType('Coerced')).toBeUndefined();
    expect(first?.operation.variableDefinitions).toHaveLength(1);
    expect(third?.operation.variableDefinitions?.[0]?.defaultValue).toMatchObject({ value: 'a' });
  });
});

/** Doubles with every fragment: 2^depth fields in a few hundred characters. */
function bomb(depth: number): string {
  const fragments = Array.from({ length: depth }, (_, level) => {
    const inner = level + 1 < depth ? `...F${level + 1}` : 'id';
    return `fragment F${level} on Wide { a { ${inner} } b { ${inner} } }`;
  });
  return `{ wide { ...F0 } } ${fragments.join(' ')}`;
}
