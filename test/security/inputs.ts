import fc from 'fast-check';
import {
  type GraphQLArgument,
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
import type { AccountName } from '../../stand-ins/issuer/accounts.ts';

/** One thing that is thrown at the hub. */
export type Input =
  | {
      readonly kind: 'request';
      /** Null: nobody. */
      readonly as: AccountName | null;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'frames'; readonly frames: readonly string[] };

/** Texts that were written to be read otherwise than they are meant. */
const ODD = [
  '',
  '\u0000',
  "' OR '1'='1",
  '../../etc/passwd',
  '__proto__',
  '\ud800',
  'Nguye\u0302\u0303n',
  '%',
  '9'.repeat(400),
  '💥'.repeat(50),
  'H41.58.01-261119-0007',
  '2026-02-30',
  '-0',
  '1e999',
];

const text = fc.oneof(fc.constantFrom(...ODD), fc.string({ maxLength: 30, unit: 'binary' }));

/** Whatever may be thrown at a hub with this schema; nothing in it is anybody's number or name. */
export function anyInput(schema: GraphQLSchema): fc.Arbitrary<Input> {
  const document = fc.oneof(
    { weight: 5, arbitrary: documents(schema) },
    { weight: 2, arbitrary: documents(schema).chain(spoilt) },
    text,
  );
  const body = fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .record({
          query: document,
          variables: fc.option(fc.dictionary(fc.constantFrom('a', 'n', '__proto__'), fc.jsonValue()), {
            nil: undefined,
          }),
        })
        .map((one) => JSON.stringify(one)),
    },
    { weight: 1, arbitrary: fc.json() },
    {
      weight: 1,
      arbitrary: documents(schema)
        .map((query) => JSON.stringify({ query }))
        .chain(spoilt),
    },
  );
  // What is no header at all never leaves the client.
  const value = fc.oneof(
    fc.constantFrom('RECEPTION', 'PROCESSING', 'SUPERVISION', 'SELF', 'AUDIT', 'H41.58.01-261119-0007', 'A'.repeat(22)),
    fc.string({ maxLength: 40 }).map((one) => one.replace(/[^\x20-\x7e]/g, '').trim()),
  );
  const headers = fc.dictionary(
    fc.constantFrom(
      'x-purpose',
      'x-dossier',
      'x-visit',
      'accept',
      'x-forwarded-for',
      'content-type',
      'authorization',
      'x-apollo-operation-name',
    ),
    value,
    { maxKeys: 3 },
  );
  const paths = fc.constantFrom(
    '/graphql',
    '/graphql',
    '/graphql',
    '/graphql',
    '/graphql/stream',
    '/callbacks/land/changed',
    '/callbacks/one-stop/changed',
    '/nowhere',
  );
  const as = fc.constantFrom<AccountName | null>('leader', 'portal', 'admin', 'auditor', null);
  const frame = fc.oneof(
    text,
    fc.json(),
    document.map((query) => JSON.stringify({ id: '1', type: 'subscribe', payload: { query } })),
    fc.constantFrom('{"type":"connection_init"}', '{"type":"ping"}', '{"type":"complete","id":"1"}'),
  );
  return fc.oneof(
    { weight: 20, arbitrary: fc.record({ kind: fc.constant('request' as const), as, path: paths, headers, body }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('bytes' as const), bytes: fc.uint8Array({ maxLength: 300 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('frames' as const), frames: fc.array(frame, { maxLength: 5 }) }),
    },
  );
}

/** The same text with a few places cut, doubled or replaced. */
function spoilt(whole: string): fc.Arbitrary<string> {
  const change = fc.tuple(
    fc.nat(Math.max(0, whole.length - 1)),
    fc.nat(6),
    fc.oneof(fc.constant(''), text, fc.constantFrom('{', '}', '"', '...', '@', '$', '#')),
  );
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) =>
      changes.reduce((now, [at, length, put]) => now.slice(0, at) + put + now.slice(at + length), whole),
    );
}

function documents(schema: GraphQLSchema): fc.Arbitrary<string> {
  const roots = [schema.getQueryType(), schema.getMutationType()].filter((type) => type != null);
  return fc.constantFrom(...roots).chain((root) => {
    const word = root === schema.getMutationType() ? 'mutation' : 'query';
    // The deeper, the likelier something in it is not valid.
    const any = fc.constantFrom(1, 1, 2, 2, 3, 4).chain((depth) => selection(root, depth));
    return any.map((fields) => `${word} ${declared(fields)} ${fields}`);
  });
}

/** Variables that are declared and not used would make every document an invalid one. */
function declared(fields: string): string {
  const used = ['$n: Int = 5', '$a: ID'].filter((variable) => fields.includes(variable.slice(0, 2)));
  return used.length === 0 ? '' : `(${used.join(', ')})`;
}

function selection(type: GraphQLObjectType, depth: number): fc.Arbitrary<string> {
  const fields = Object.values(type.getFields()).filter((field) => depth > 0 || isLeafType(getNamedType(field.type)));
  if (fields.length === 0) return fc.constant('{ __typename }');
  const one = fc.constantFrom(...fields).chain((field) => {
    const below = getNamedType(field.type);
    const inner = isObjectType(below) ? selection(below, depth - 1) : fc.constant('');
    return fc.tuple(argumentsOf(field.args), inner).map(([args, rest]) => `${field.name}${args} ${rest}`);
  });
  return fc
    .array(one, { minLength: 1, maxLength: 3 })
    .map((all) => `{ ${all.map((field, at) => (at === 0 ? field : `f${at}: ${field}`)).join(' ')} }`);
}

function argumentsOf(args: readonly GraphQLArgument[]): fc.Arbitrary<string> {
  if (args.length === 0) return fc.constant('');
  const each = args.map((one) => {
    const given = fc
      .oneof(
        { weight: 20, arbitrary: literal(one.type, 2) },
        { weight: 1, arbitrary: fc.constantFrom('$n', '$a', 'null', '[]', '{}') },
      )
      .map((value) => `${one.name}: ${value}`);
    return isNonNullType(one.type) ? given : fc.option(given, { nil: '' });
  });
  return fc.tuple(...each).map((all) => (all.every((one) => one === '') ? '' : `(${all.join(' ')})`));
}

function literal(type: GraphQLInputType, depth: number): fc.Arbitrary<string> {
  if (isNonNullType(type)) return literal(type.ofType, depth);
  if (isListType(type))
    return fc.array(literal(type.ofType, depth), { maxLength: 3 }).map((all) => `[${all.join(' ')}]`);
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map(({ name }) => name), 'NONE');
  if (isInputObjectType(type)) {
    if (depth === 0) return fc.constant('{}');
    const fields = Object.values(type.getFields());
    return fc
      .subarray(fields, { maxLength: 3 })
      .chain((some) =>
        fc
          .tuple(...some.map((field) => literal(field.type, depth - 1).map((value) => `${field.name}: ${value}`)))
          .map((all) => `{${all.join(' ')}}`),
      );
  }
  if (type.name === 'Int')
    return fc.oneof(
      fc.constantFrom('1', '2', '5', '10', '20', '50', '100', '101', '-1', '2147483648'),
      fc.integer().map(String),
    );
  if (type.name === 'Boolean') return fc.constantFrom('true', 'false');
  return fc.oneof(
    fc.constantFrom('"H41"', '"land"', '"2026-11-19"', '"H41.58.01-261119-0007"'),
    text.map((one) => JSON.stringify(one)),
  );
}
