import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import { ERRORS, type ErrorCode, extensionsOf, HubError } from '../core/errors.ts';
import { inOwnWords } from './own-words.ts';

/** An error as it leaves the hub; every one has a code of the table and says whether asking again may help. */
export interface OutwardError extends GraphQLFormattedError {
  readonly extensions: { readonly code: ErrorCode; readonly retryable: boolean };
}

export interface FormattedError {
  readonly outward: OutwardError;
  /** What was thrown, for the log alone. */
  readonly origin: unknown;
}

/** Where in the answer an error belongs; absent for what failed before execution. */
export type ErrorPlace = Pick<GraphQLFormattedError, 'locations' | 'path'>;

const MASKED_MESSAGE = 'The hub could not answer this. The request id leads the operator to the cause.';

/**
 * What a client may see of an error. A HubError anywhere in its chain speaks for itself; a GraphQL error with a code of
 * the table is told in the hub's words, or in those of graphql-js where they speak of the document that was sent; anything
 * else is masked, because nobody knows what its message holds.
 *
 * @param error whatever was thrown, a GraphQLError around it, or an Error that a resolver returned
 * @param place given where the executor knows it better than the error does
 */
export function formatGraphqlError(error: unknown, place: ErrorPlace = placeOf(error)): FormattedError {
  const chain = chainOf(error);
  const hubError = chain.find((link) => link instanceof HubError);
  if (hubError !== undefined) {
    const extensions = extensionsOf(hubError) as OutwardError['extensions'];
    return { outward: { message: hubError.message, ...place, extensions }, origin: hubError };
  }
  const [outermost] = chain;
  const code = codeOf(outermost, chain);
  const masked = code === 'INTERNAL';
  const isTold = !masked && outermost instanceof Error;
  const message = isTold ? bare(inOwnWords(code, outermost) ?? outermost.message) : MASKED_MESSAGE;
  return { outward: { message, ...place, extensions: { code, retryable: ERRORS[code].retryable } }, origin: error };
}

/** An answer that is nothing but one error, for what fails before there is an operation. */
export function refusal(code: ErrorCode, message: string): { errors: [OutwardError] } {
  return { errors: [{ message, extensions: { code, retryable: ERRORS[code].retryable } }] };
}

const STATUS_OF_CODE: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  PURPOSE_REQUIRED: 403,
  VISIT_OVER: 403,
  VISIT_FULL: 403,
  TOO_MANY_REQUESTS: 429,
  AUDIT_UNAVAILABLE: 503,
  KEYS_UNAVAILABLE: 503,
  OPERATION_TIMEOUT: 504,
};

/** The HTTP status of an answer that has no data because of this error. */
export function statusOf(code: ErrorCode): number {
  return STATUS_OF_CODE[code] ?? { client: 400, hub: 500, source: 503 }[ERRORS[code].failed];
}

/** What an error itself says of its place. */
export function placeOf(error: unknown): ErrorPlace {
  if (!(error instanceof GraphQLError)) return {};
  const { locations, path } = error;
  return { ...(locations !== undefined && { locations }), ...(path !== undefined && { path }) };
}

function codeOf(error: unknown, chain: readonly unknown[]): ErrorCode {
  // graphql-js copies the extensions of any error it wraps, so those of an error not wrapped yet count as well.
  const extensions = error instanceof Error && 'extensions' in error ? error.extensions : undefined;
  const code = typeof extensions === 'object' && extensions !== null && 'code' in extensions ? extensions.code : null;
  if (typeof code === 'string' && Object.hasOwn(ERRORS, code)) return code as ErrorCode;
  return chain.some(isArgumentError) ? 'BAD_USER_INPUT' : 'INTERNAL';
}

/**
 * Whether graphql-js refused an argument while executing: a variable that may be null, given null, where a value is
 * needed. Only the client can mend that, but graphql-js marks it by nothing but the words and the nodes.
 */
function isArgumentError(error: unknown): boolean {
  if (!(error instanceof GraphQLError) || !error.message.startsWith('Argument "')) return false;
  const kind = error.nodes?.[0]?.kind;
  return kind === Kind.VARIABLE || kind === Kind.FIELD || kind === Kind.DIRECTIVE || (kind?.endsWith('Value') ?? false);
}

/** Most characters of a message of graphql-js that leave: it repeats whole what a client wrote, be that a body long. */
const MOST_CHARACTERS = 500;
const SUGGESTING = 'Did you mean ';

/**
 * Messages of graphql-js repeat the value that was wrong, and a personal number is the value most often asked with. They
 * also name what the schema has instead, which is for those to read who may read the schema. What stands before that may
 * be anything, so it is read once from its beginning and never searched back and forth.
 */
function bare(message: string): string {
  const at = message.indexOf(SUGGESTING);
  const told = at < 0 ? message : message.slice(0, at).trimEnd();
  // Numbers first: of one that is cut, the beginning would be left.
  const withoutNumbers = withoutText(told).replace(/\d{9,}/g, '…');
  return withoutNumbers.length <= MOST_CHARACTERS ? withoutNumbers : `${withoutNumbers.slice(0, MOST_CHARACTERS - 1)}…`;
}

/** Of a syntax error at a text: that it is one, and not what stands in it, which may be a name. */
function withoutText(message: string): string {
  for (const found of ['found String', 'found BlockString']) {
    const at = message.indexOf(`${found} "`);
    if (at >= 0) return `${message.slice(0, at + found.length)}.`;
  }
  return message;
}

/** An error and what it was made from, outermost first. */
function chainOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  let current: unknown = error;
  // GraphQL wraps at most a few times; the bound only guards against a circle.
  while (current !== undefined && current !== null && chain.length < 10) {
    chain.push(current);
    current = current instanceof Error && 'originalError' in current ? current.originalError : undefined;
  }
  return chain;
}
