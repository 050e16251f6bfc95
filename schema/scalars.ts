import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { isDecimal } from '../core/decimal.ts';
import { isPartialDate } from '../core/partial-date.ts';
import { formatInstant, parseInstant } from '../core/time.ts';

/** Values of the scalars as resolvers give and take them: PartialDate and Decimal text, DateTime UTC milliseconds. */
export const scalars = {
  PartialDate: textScalar('PartialDate', isPartialDate, 'a date as 1958, 1958-07 or 1958-07-12'),
  Decimal: textScalar('Decimal', isDecimal, 'a decimal as 120.50'),
  DateTime: new GraphQLScalarType<number, string>({
    name: 'DateTime',
    serialize: (value) => {
      if (typeof value === 'number' && Number.isFinite(value)) return formatInstant(value);
      throw new TypeError('DateTime: expected UTC milliseconds from a resolver');
    },
    parseValue: (value) => instantOf(value),
    parseLiteral: (node) => instantOf(textOf(node)),
  }),
};

function textScalar(name: string, is: (text: string) => boolean, expected: string): GraphQLScalarType<string, string> {
  const checked = (value: unknown): string => {
    if (typeof value === 'string' && is(value)) return value;
    throw new TypeError(`${name}: expected ${expected}`);
  };
  return new GraphQLScalarType({
    name,
    serialize: checked,
    parseValue: checked,
    parseLiteral: (node) => checked(textOf(node)),
  });
}

function instantOf(value: unknown): number {
  try {
    if (typeof value === 'string') return parseInstant(value, { format: 'rfc3339' });
  } catch {
    // Told below, in the words of the API.
  }
  throw new TypeError('DateTime: expected RFC 3339 text such as 2026-10-08T08:12:44+07:00');
}

function textOf(node: ValueNode): unknown {
  return node.kind === Kind.STRING ? node.value : null;
}
