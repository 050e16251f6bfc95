import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFailingSchema, HOWS } from './failing-schema.ts';
import {
  GRAPHQL_RESPONSE,
  type ReplyBody,
  type ReplyError,
  startReference,
  startTestGateway,
  type TestGateway,
} from './support.ts';

/** An error that names another place cannot be told apart from those below a null that it caused. */
const ENDS = HOWS.filter((how) => how !== 'THROW_PLACED');

let hub: TestGateway;
let reference: Awaited<ReturnType<typeof startReference>>;

beforeAll(async () => {
  hub = await startTestGateway(createFailingSchema());
  reference = await startReference(createFailingSchema({ everyItemLater: true }));
});
afterAll(() => hub.gateway.close());

test('operations made up at random get the data and the errors that plain Apollo gives', async () => {
  let compiled = 0;
  await fc.assert(
    fc.asyncProperty(operation(), async (body) => {
      const expected = await reference(body);
      for (const time of [1, 2]) {
        const answer = await hub.ask(body, { accept: GRAPHQL_RESPONSE });
        expect({ time, status: answer.status, ...comparable(answer.body) }).toEqual({
          time,
          status: expected.status,
          ...comparable(expected.body),
        });
      }
      if (hub.wasCompiled()) compiled += 1;
    }),
    { numRuns: 300 },
  );
  // Without this the property would hold for an executor that never compiles.
  expect(compiled).toBeGreaterThan(150);
}, 120_000);

/**
 * Below a null that an error has spread upwards, GraphQL leaves open which errors are told and how many. So there it is
 * compared which places became null for errors below them, and everywhere else every error.
 */
function comparable({ data, errors = [] }: ReplyBody): object {
  const seen: string[] = [];
  const spread = new Set<string>();
  for (const error of errors) {
    const above = nullAbove(data, error.path ?? []);
    if (above === undefined) seen.push(JSON.stringify(ordered(error)));
    else spread.add(above.join('.'));
  }
  return { data, seen: seen.toSorted(), spread: [...spread].toSorted() };
}

function nullAbove(data: unknown, path: readonly (string | number)[]): readonly (string | number)[] | undefined {
  let current = data;
  for (const [depth, key] of path.entries()) {
    if (current === null || current === undefined) return path.slice(0, depth);
    current = (current as Record<string | number, unknown>)[key];
  }
  return undefined;
}

function ordered({ message, path, locations, extensions }: ReplyError): object {
  return { message, path, locations, extensions };
}

/** A query with fields that end in every way, conditions, aliases, fragments and variables. */
function operation(): fc.Arbitrary<object> {
  return fc
    .record({
      root: fc.array(field(3), { minLength: 1, maxLength: 3 }),
      shared: fc.array(field(1), { minLength: 1, maxLength: 3 }),
      a: fc.boolean(),
      b: fc.option(fc.boolean(), { nil: undefined }),
      how: fc.constantFrom(...ENDS),
    })
    .map(({ root, shared, a, b, how }) => ({
      query: `query ($a: Boolean!, $b: Boolean = false, $how: How!) {
        page @include(if: $a) ... @skip(if: $b) { needs(id: 1) } top: thing(how: $how) { ${distinct(root)} }
      }
      fragment Shared on Thing { ${distinct(shared, 's')} }`,
      variables: { a, b, how },
    }))
    .filter(({ query }) => query.includes('...Shared'));
}

/** Aliased by place, so that two fields never clash. */
function distinct(fields: readonly string[], prefix = 'f'): string {
  return fields.map((text, index) => (text.startsWith('...') ? text : `${prefix}${index}: ${text}`)).join(' ');
}

function field(depth: number): fc.Arbitrary<string> {
  const how = fc.constantFrom('OK', '$how', ...ENDS);
  const condition = fc.constantFrom(
    '',
    '',
    '',
    ' @skip(if: $a)',
    ' @include(if: $b)',
    ' @skip(if: $b) @include(if: $a)',
  );
  const leaf = fc
    .tuple(fc.constantFrom('text', 'must', 'number', 'color', 'odd', 'mustOdd', 'texts', 'mustTexts'), how, condition)
    .map(([name, end, when]) => `${name}(how: ${end})${when}`);
  const plain = fc.constantFrom('id', 'plain', 'plainNumber', 'plainColor', 'plainList', '__typename');
  if (depth === 0) return fc.oneof(leaf, plain);
  const inner = fc.array(field(depth - 1), { minLength: 1, maxLength: 3 }).map((fields) => distinct(fields));
  const one = fc
    .tuple(fc.constantFrom('thing', 'mustThing'), how, condition, inner)
    .map(([name, end, when, selection]) => `${name}(how: ${end})${when} { ${selection} }`);
  const list = fc
    .tuple(fc.constantFrom('things', 'mustThings', 'halfThings'), how, how, condition, inner)
    .map(([name, end, item, when, selection]) => `${name}(how: ${end}, item: ${item})${when} { ${selection} }`);
  const abstract = fc.tuple(how, fc.boolean(), inner).map(([end, cat, selection]) => {
    return `pet(how: ${end}, cat: ${cat}) { ... on Dog { name barks owner { ${selection} } } ... on Cat { lives } }`;
  });
  const spread = depth === 1 ? [] : [condition.map((when) => `...Shared${when}`)];
  return fc.oneof(leaf, plain, one, list, abstract, ...spread);
}
