import { makeExecutableSchema } from '@graphql-tools/schema';
import { GraphQLError, GraphQLScalarType, type GraphQLSchema, valueFromASTUntyped } from 'graphql';
import { HubError } from '../../core/errors.ts';

/** Every way a field can end. Those from LATER_ON end in a promise, and not all in the same turn. */
export const HOWS = [
  'OK',
  'NULL',
  'NOTHING',
  'THROW_ERROR',
  'THROW_HUB',
  'THROW_GRAPHQL',
  'THROW_CODED',
  'THROW_PLACED',
  'THROW_TEXT',
  'THROW_NOTHING',
  'THROW_EXTENDED',
  'RETURN_ERROR',
  'RETURN_HUB',
  'RETURN_WRONG',
  'LATER_OK',
  'LATER_NULL',
  'LATER_ERROR',
  'LATER_HUB',
  'LATER_TEXT',
  'LATER_NOTHING',
  'LATER_RETURN_ERROR',
] as const;

export type How = (typeof HOWS)[number];

const SECRET = 'Duplicate entry 079090001234 at 10.1.2.3';

const typeDefs = `
  enum How { ${HOWS.join(' ')} }
  enum Color { RED GREEN }
  scalar Odd
  input Range { from: Int! = 1, to: Int, colors: [Color!] = [RED], odd: Odd }
  interface Animal { name: String! owner: Thing }
  type Dog implements Animal { name: String! owner: Thing barks(how: How = OK): Boolean! }
  type Cat implements Animal { name: String! owner: Thing lives: Int }
  union Pet = Dog | Cat
  type Thing {
    id: ID!
    plain: String
    plainNumber: Float
    plainColor: Color
    plainList: [String!]
    text(how: How = OK): String
    must(how: How = OK): String!
    number(how: How = OK): Int
    color(how: How = OK): Color
    odd(how: How = OK): Odd
    mustOdd(how: How = OK): Odd!
    texts(how: How = OK, item: How = OK): [String]
    mustTexts(how: How = OK, item: How = OK): [String!]!
    thing(how: How = OK): Thing
    mustThing(how: How = OK): Thing!
    things(how: How = OK, item: How = OK): [Thing]
    mustThings(how: How = OK, item: How = OK): [Thing!]!
    halfThings(how: How = OK, item: How = OK): [Thing!]
    nested(item: How = OK): [[Thing!]]
    pet(how: How = OK, cat: Boolean = false): Pet
    animals(item: How = OK): [Animal!]
  }
  type Query {
    thing(how: How = OK): Thing
    mustThing(how: How = OK): Thing!
    things(how: How = OK, item: How = OK): [Thing!]!
    echo(text: String, number: Int, ids: [ID!], color: Color = GREEN, range: Range, odd: Odd, flag: Boolean): String
    page(first: Int! = 20): Int
    needs(id: ID!): String
  }
  type Mutation { step(name: String!, how: How = OK): [String!]! }
`;

const oddScalar = new GraphQLScalarType({
  name: 'Odd',
  serialize: (value) => {
    if (value === 'hub') throw new HubError('SOURCE_MALFORMED', 'land: the area is no number', { sector: 'land' });
    if (value === 'null') return null;
    if (typeof value !== 'string') throw new TypeError(SECRET);
    return `odd ${value}`;
  },
  parseValue: (value) => {
    if (value === 'hub') throw new HubError('BAD_USER_INPUT', 'An Odd is never "hub".');
    if (typeof value !== 'string') throw new TypeError('An Odd is a text.');
    return { odd: value };
  },
  parseLiteral: (node) => ({ odd: valueFromASTUntyped(node) }),
});

/**
 * @param everyItemLater lists are of promises alone: the answers are the same, and graphql-js, which loses rejected
 *   promises of other lists, loses none of these
 */
export function createFailingSchema({ everyItemLater = false } = {}): GraphQLSchema {
  const steps: string[] = [];
  const leaf = (value: unknown) => (_: unknown, args: { how: How; item?: How }) => end(args.how, value, 12n);
  const withFailingItem = (how: How, value: unknown, wrong?: unknown): unknown[] => {
    const items = itemsOf(how, value, wrong);
    return everyItemLater ? items.map((item) => Promise.resolve(item)) : items;
  };
  const list = (value: unknown, wrong: unknown) => (_: unknown, args: { how?: How; item: How }) =>
    // Made only where it is given out: a rejected item that nobody is given is nobody's to handle.
    end(args.how ?? 'OK', args.how?.endsWith('OK') === false ? [] : withFailingItem(args.item, value), wrong);
  const thing = {
    text: leaf('text'),
    must: leaf('must'),
    number: (_: unknown, args: { how: How }) => end(args.how, 7, 'seven'),
    color: (_: unknown, args: { how: How }) => end(args.how, 2, 'BLUE'),
    odd: (_: unknown, args: { how: How }) => end(args.how, 'fine', 'null'),
    mustOdd: (_: unknown, args: { how: How }) => end(args.how, 'fine', 'hub'),
    texts: list('text', 5),
    mustTexts: list('text', 5),
    thing: leaf(THING),
    mustThing: leaf(THING),
    things: list(THING, 5),
    mustThings: list(THING, 'no list'),
    halfThings: list(THING, 5),
    nested: (_: unknown, args: { item: How }) => [withFailingItem(args.item, THING), null, []],
    pet: (_: unknown, args: { how: How; cat: boolean }) => end(args.how, args.cat ? CAT : DOG, { __typename: 'Horse' }),
    animals: (_: unknown, args: { item: How }) => withFailingItem(args.item, DOG, { __typename: 'Thing' }),
  };
  return makeExecutableSchema({
    typeDefs,
    resolvers: {
      Odd: oddScalar,
      Color: { RED: 1, GREEN: 2 },
      Thing: thing,
      Dog: { barks: (_: unknown, args: { how: How }) => end(args.how, true, 'woof'), owner: () => THING },
      Cat: { owner: async () => THING },
      Query: {
        thing: leaf(THING),
        mustThing: leaf(THING),
        things: list(THING, 5),
        // Sorted, because the order of arguments means nothing.
        echo: (_: unknown, args: Record<string, unknown>) => JSON.stringify(Object.entries(args).toSorted()),
        page: (_: unknown, args: { first: number }) => args.first,
        needs: (_: unknown, args: { id: string }) => args.id,
      },
      Mutation: {
        step: async (_: unknown, { name, how }: { name: string; how: How }) => {
          if (name === 'first') steps.length = 0;
          steps.push(`${name} starts`);
          await new Promise((resolve) => setTimeout(resolve, name === 'first' ? 20 : 1));
          steps.push(`${name} ends`);
          return end(how, [...steps], 5);
        },
      },
    },
  });
}

const THING = { id: 't1', plain: 'plain', plainNumber: 1.5, plainColor: 1, plainList: ['a', 'b'] };
const DOG = { __typename: 'Dog', name: 'Vàng' };
const CAT = { __typename: 'Cat', name: 'Mun', lives: 9 };

function itemsOf(how: How, value: unknown, wrong: unknown = 12n): unknown[] {
  const items: unknown[] = [value];
  try {
    items.push(end(how, value, wrong));
  } catch (thrown) {
    items.push(thrown instanceof Error ? thrown : null);
  }
  items.push(Promise.resolve(value));
  return items;
}

function end(how: How, value: unknown, wrong: unknown): unknown {
  if (how.startsWith('LATER_')) return endLater(how, value);
  switch (how) {
    case 'OK':
      return value;
    case 'NULL':
      return null;
    case 'RETURN_ERROR':
      return new Error(SECRET);
    case 'RETURN_HUB':
      return new HubError('SOURCE_TIMEOUT', 'land: too slow', { sector: 'land' });
    case 'RETURN_WRONG':
      return wrong;
    case 'NOTHING':
      return undefined;
    default:
      throw thrownBy(how);
  }
}

async function endLater(how: How, value: unknown): Promise<unknown> {
  if (how.endsWith('ERROR')) await new Promise((resolve) => setTimeout(resolve, 2));
  if (how === 'LATER_OK') return value;
  if (how === 'LATER_NULL') return null;
  if (how === 'LATER_RETURN_ERROR') return new Error(SECRET);
  throw thrownBy(how.replace('LATER_', 'THROW_'));
}

function thrownBy(how: string): unknown {
  switch (how) {
    case 'THROW_HUB':
      return new HubError('SOURCE_UNAVAILABLE', 'land: out of reach', { sector: 'land', cause: new Error(SECRET) });
    case 'THROW_GRAPHQL':
      return new GraphQLError(SECRET);
    case 'THROW_CODED':
      return new GraphQLError('The code must have twelve digits.', { extensions: { code: 'BAD_USER_INPUT', more: 1 } });
    case 'THROW_PLACED':
      return new GraphQLError('Placed elsewhere.', { path: ['elsewhere'], extensions: { code: 'FORBIDDEN' } });
    case 'THROW_EXTENDED':
      return Object.assign(new Error('An extended one.'), { extensions: { code: 'FORBIDDEN' } });
    case 'THROW_TEXT':
      return 'a text';
    case 'THROW_NOTHING':
      return undefined;
    default:
      return new Error(SECRET);
  }
}
