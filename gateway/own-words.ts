import { GraphQLError, Kind } from 'graphql';
import type { ErrorCode } from '../core/errors.ts';

/**
 * What the libraries underneath say of a request that they cannot take, in the hub's words: what came, what was expected,
 * what to do. They give all of these one code, so each is known by how it begins.
 *
 * @returns null for what stays as graphql-js says it: where a document is wrong, in terms of the document itself
 */
export function inOwnWords(code: ErrorCode, error: Error): string | null {
  const { message } = error;
  switch (code) {
    case 'BAD_REQUEST':
      return REQUEST_FAULTS.find(([begins]) => begins.test(message))?.[1] ?? NO_REQUEST;
    case 'OPERATION_RESOLUTION_FAILURE':
      return NO_OPERATION;
    case 'GRAPHQL_PARSE_FAILED':
      return tooManyTokens(message);
    case 'BAD_USER_INPUT':
      return error instanceof GraphQLError ? wrongVariable(error) : null;
    default:
      return null;
  }
}

export const NO_OPERATION =
  'Which operation is meant cannot be told: expected a document with one, or the name of one of its operations as `operationName`.';

const NO_REQUEST = 'This is no GraphQL request: expected a POST of a JSON object with `query`.';

const REQUEST_FAULTS: readonly (readonly [begins: RegExp, told: string])[] = [
  [
    /^This operation has been blocked/,
    'A page of another site could have sent this: expected `content-type: application/json` on a POST, or the header `apollo-require-preflight: 1` on a GET.',
  ],
  [/^Operation batching/, 'A list came: expected one operation, as a JSON object. Send each in a request of its own.'],
  [/^POST body missing/, 'No JSON object came, or an empty one: expected one with `query`.'],
  [/^GraphQL operations must/, 'No operation came: expected its text as `query`.'],
  [/^GraphQL queries must/, 'Something else than text came as `query`: expected the text of an operation.'],
  [
    /^`variables`/,
    'Something else than an object came as `variables`: expected a JSON object, not a text that holds one.',
  ],
  [/^`extensions`/, 'Something else than an object came as `extensions`: expected a JSON object, or none.'],
  [/^`operationName`/, 'Something else than text came as `operationName`: expected the name of an operation, or none.'],
  [/^The '\w+' search parameter/, 'A parameter of the URL came more than once: expected each once.'],
  [
    /^The \w+ search parameter/,
    'A parameter of the URL is no JSON object: leave it out, or send the operation as POST.',
  ],
  [/^GET requests may not/, 'A GET came with a `content-type`: expected none, or application/json.'],
  [
    /^GET requests only/,
    'By GET only queries are taken: POST a mutation to /graphql, and subscribe over WebSocket at /graphql or by server-sent events at /graphql/stream.',
  ],
  [
    /^An 'accept' header/,
    'The header `accept` takes none of the forms that answers have: expected application/json or application/graphql-response+json.',
  ],
];

function tooManyTokens(message: string): string | null {
  const most = /^Syntax Error: Document contains more tha[nt] (\d+) tokens/.exec(message)?.[1];
  if (most === undefined) return null;
  return `The document has more than the ${most} words and signs that MAX_QUERY_TOKENS allows. Ask for less in one operation.`;
}

/**
 * graphql-js says the value back that a variable was given, and a name that was meant for another variable is still a name.
 *
 * @returns null for what says no value: that one is missing or must not be null
 */
function wrongVariable({ message, nodes, originalError }: GraphQLError): string | null {
  const [definition] = nodes ?? [];
  if (definition?.kind !== Kind.VARIABLE_DEFINITION) return null;
  const name = definition.variable.name.value;
  if (!message.startsWith(`Variable "$${name}" got invalid value `)) return null;
  const why = originalError?.message ?? '';
  // The value stands before the place, whatever it is made of; what stands after it is known.
  const before = why !== '' && message.endsWith(`; ${why}`) ? message.slice(0, -why.length - 2) : '';
  const place = / at "\w+((?:\.\w+|\[\d+\])+)"$/.exec(before)?.[1] ?? '';
  return `The value of the variable $${name}${place} is not of its type. ${withoutValue(why)}`.trimEnd();
}

/** Of what was wrong with a value: names of the schema, and nothing that was given. */
function withoutValue(why: string): string {
  const unknown = why.lastIndexOf(UNKNOWN_VALUE);
  if (why.startsWith('Value ') && unknown >= 0) return `It${why.slice(unknown)}`;
  const scalar = /^(?:Enum )?"?\w+"? cannot represent [\w -]+(?=: )/.exec(why)?.[0];
  if (scalar !== undefined) return `${scalar}.`;
  // The name of a field that there is none of was given, too.
  const undefinedField = why.lastIndexOf(UNDEFINED_FIELD);
  if (why.startsWith('Field ') && undefinedField >= 0) {
    const type = /^\w+/.exec(why.slice(undefinedField + UNDEFINED_FIELD.length))?.[0];
    return `It has a field that "${type}" does not define.`;
  }
  return /^(?:Expected|Field|Exactly) /.test(why) ? why : '';
}

const UNKNOWN_VALUE = ' does not exist in "';
const UNDEFINED_FIELD = '" is not defined by type "';
