import fc from 'fast-check';
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { oddText } from './odd.ts';
import { type Words, wordsFor } from './words.ts';

/** What is posted: a document with the values of its variables. */
export interface Asked {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

interface Given {
  readonly argument: GraphQLArgument;
  readonly value: unknown;
  readonly asVariable: boolean;
}

interface Chosen {
  readonly name: string;
  readonly given: readonly Given[];
  readonly inner: readonly Chosen[] | null;
}

type RootName = 'Query' | 'Mutation' | 'Subscription';

/** Valid documents for a schema, with arguments that mean something; one value in many is an odd one. */
export function documents(schema: GraphQLSchema, words: Words, only?: RootName): fc.Arbitrary<Asked> {
  const roots = [
    { weight: 14, type: schema.getQueryType() },
    { weight: 1, type: schema.getMutationType() },
    { weight: 1, type: schema.getSubscriptionType() },
  ].flatMap(({ weight, type }) => (type && (only === undefined || type.name === only) ? [{ weight, type }] : []));
  return fc.oneof(
    ...roots.map(({ weight, type }) => ({
      weight,
      arbitrary: fc
        .tuple(selection(type, 4, words, type.name !== 'Query' ? 1 : 3), fc.constantFrom('', '', 'Asked '))
        .map(([fields, name]) => written(type.name.toLowerCase(), name, fields)),
    })),
  );
}

/** Fields of one selection: each at most once, so that no two have to be told apart by other names. */
function selection(type: GraphQLObjectType, depth: number, words: Words, most = 4): fc.Arbitrary<readonly Chosen[]> {
  const fields = Object.values(type.getFields()).filter((field) => depth > 1 || isLeafType(getNamedType(field.type)));
  if (fields.length === 0) return fc.constant([{ name: '__typename', given: [], inner: null }]);
  const some = fc.uniqueArray(fc.constantFrom(...fields), { minLength: 1, maxLength: most });
  return some.chain((chosen) => fc.tuple(...chosen.map((field) => fieldOf(field, depth, words))));
}

function fieldOf(field: GraphQLField<unknown, unknown>, depth: number, words: Words): fc.Arbitrary<Chosen> {
  const below = getNamedType(field.type);
  const inner = isObjectType(below) ? selection(below, depth - 1, words) : fc.constant(null);
  return fc
    .tuple(argumentsOf(field, words), inner)
    .map(([given, chosen]) => ({ name: field.name, given, inner: chosen }));
}

function argumentsOf(field: GraphQLField<unknown, unknown>, words: Words): fc.Arbitrary<readonly Given[]> {
  const together = words.together[field.name];
  if (together !== undefined && together.length > 0) {
    const whole = fc
      .tuple(fc.constantFrom(...together), fc.nat(3))
      .map(([values, dice]) =>
        field.args
          .filter(({ name }) => name in values)
          .map((argument) => ({ argument, value: values[argument.name], asVariable: dice === 0 })),
      );
    return fc.oneof({ weight: 5, arbitrary: whole }, { weight: 1, arbitrary: singly(field, words) });
  }
  return singly(field, words);
}

function singly(field: GraphQLField<unknown, unknown>, words: Words): fc.Arbitrary<readonly Given[]> {
  const each = field.args.map((argument) => {
    const given = fc
      .tuple(anyOf(argument.type, words, field.name, argument.name), fc.nat(3))
      .map(([value, dice]) => [{ argument, value, asVariable: dice === 0 }]);
    const isNeeded = isNonNullType(argument.type) || argument.name === 'subject';
    // A cursor that the list did not give out is always refused.
    const absent = { weight: argument.name === 'after' ? 12 : 1, arbitrary: fc.constant([]) };
    return isNeeded ? given : fc.oneof(absent, { weight: 1, arbitrary: given });
  });
  return fc.tuple(...each).map((all) => all.flat());
}

const PAGES = [1, 2, 3, 5, 10, 20];
const ODD_NUMBERS = [0, -1, 100, 101, 2_147_483_647, 2_147_483_648, 1.5];

function anyOf(type: GraphQLInputType, words: Words, field: string, name: string, depth = 2): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return anyOf(type.ofType, words, field, name, depth);
  if (isListType(type)) return fc.array(anyOf(type.ofType, words, field, name, depth), { minLength: 1, maxLength: 3 });
  if (isEnumType(type)) {
    const names = fc.constantFrom(...type.getValues().map((value) => value.name));
    return fc.oneof({ weight: 30, arbitrary: names }, { weight: 1, arbitrary: fc.constant('NONE') });
  }
  if (isInputObjectType(type)) {
    if (depth === 0) return fc.constant({});
    const members = Object.values(type.getFields());
    return fc
      .subarray(members, { minLength: 1, maxLength: 3 })
      .chain((some) =>
        fc
          .tuple(...some.map((member) => anyOf(member.type, words, field, member.name, depth - 1)))
          .map((values) => Object.fromEntries(some.map((member, at) => [member.name, values[at]]))),
      );
  }
  if (type.name === 'Int') {
    return fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...PAGES) },
      { weight: 1, arbitrary: fc.constantFrom(...ODD_NUMBERS) },
    );
  }
  if (type.name === 'Boolean') return fc.boolean();
  const found = wordsFor(words, field, name);
  const plain = found === undefined ? fc.constantFrom('1', 'H41', '2026-11-19') : fc.constantFrom(...found);
  return fc.oneof({ weight: 9, arbitrary: plain }, { weight: 1, arbitrary: oddText });
}

function written(word: string, name: string, fields: readonly Chosen[]): Asked {
  const declared: string[] = [];
  const variables: Record<string, unknown> = {};
  const print = (chosen: readonly Chosen[]): string =>
    `{ ${chosen.map(({ name: field, given, inner }) => `${field}${printGiven(given)}${inner ? ` ${print(inner)}` : ''}`).join(' ')} }`;
  const printGiven = (given: readonly Given[]): string => {
    if (given.length === 0) return '';
    const each = given.map(({ argument, value, asVariable }) => {
      if (!asVariable) return `${argument.name}: ${literalOf(argument.type, value)}`;
      const variable = `v${declared.length}`;
      declared.push(`$${variable}: ${String(argument.type)}`);
      variables[variable] = value;
      return `${argument.name}: $${variable}`;
    });
    return `(${each.join(', ')})`;
  };
  const body = print(fields);
  const head = declared.length === 0 ? '' : `(${declared.join(', ')}) `;
  return { query: `${word} ${name}${head}${body}`, ...(declared.length > 0 && { variables }) };
}

/** As GraphQL writes a value of a type; names of enumerations are bare. */
function literalOf(type: GraphQLInputType, value: unknown): string {
  if (isNonNullType(type)) return literalOf(type.ofType, value);
  if (Array.isArray(value)) {
    const below = isListType(type) ? type.ofType : type;
    return `[${value.map((one) => literalOf(below, one)).join(', ')}]`;
  }
  if (isInputObjectType(type)) {
    const members = type.getFields();
    const each = Object.entries(value as object).map(([name, one]) => {
      const member = members[name];
      return `${name}: ${member === undefined ? JSON.stringify(one) : literalOf(member.type, one)}`;
    });
    return `{ ${each.join(', ')} }`;
  }
  return isEnumType(type) ? String(value) : JSON.stringify(value);
}
