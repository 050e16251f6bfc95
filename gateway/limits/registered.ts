import { createHash } from 'node:crypto';
import type { Actor } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import type { ClientLimits } from './allowance.ts';

/** Operations that were written down beforehand, by `sha256:` and 64 hexadecimal digits. */
export type RegisteredOperations = ReadonlyMap<string, string>;

/** Puts the text of a registered operation in the place of its `documentId`. */
export type ReadRegistered = <Asked>(asked: Asked, actor: Actor) => Asked;

/** The id under which an operation of this text is registered. */
export function documentId(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/**
 * @param options.only whether nobody may ask anything else; clients may be bound to it one by one
 * @returns a function that throws HubError OPERATION_NOT_REGISTERED
 */
export function createRegisteredReader(options: {
  readonly registered: RegisteredOperations | null;
  readonly limits: ClientLimits;
  readonly only: boolean;
}): ReadRegistered {
  const { registered, limits, only } = options;
  return (asked, actor) => {
    const id = typeof asked === 'object' && asked !== null && 'documentId' in asked ? asked.documentId : undefined;
    if (id === undefined || id === null) {
      if (only || limits.of(actor.client).registeredOnly) throw notRegistered('Only registered operations are taken');
      return asked;
    }
    const query = typeof id === 'string' ? registered?.get(id) : undefined;
    if (query === undefined) throw notRegistered('No operation is registered under this id');
    // A text beside it would be another operation than the one that was registered.
    if ('query' in (asked as object) && (asked as { query: unknown }).query) {
      throw notRegistered('`query` and `documentId` came together');
    }
    return { ...asked, query };
  };
}

function notRegistered(what: string): HubError {
  return new HubError('OPERATION_NOT_REGISTERED', `${what}: expected \`documentId\`, sha256: and 64 digits, alone.`);
}
