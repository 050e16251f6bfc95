import { wordsOfFound } from '../core/access/bearers.ts';
import type { Identity } from './identity.ts';
import { fromStore } from './index-loaders.ts';
import type { Operation } from './operation.ts';
import { numbersOfNobodyElse } from './own-numbers.ts';
import { bearersOf } from './same-person.ts';

/**
 * Whoever was asked for in a visit has one place in it, under all numbers of theirs. Nothing while a system that did not answer may
 * know of somebody else who held one of them.
 *
 * @param identity whom the number that took the place turned out to be
 */
export async function keepOnePlace(operation: Operation, identity: Identity): Promise<void> {
  const { access } = operation;
  const { statements, failures, unreadable } = identity;
  if (access.purpose.code !== 'RECEPTION' || statements.length === 0) return;
  if (failures.length > 0 || unreadable.length > 0) return;
  const people = bearersOf(identity, access.purpose);
  const numbers = await fromStore(numbersOfNobodyElse(operation, identity));
  await access.foundPerson(wordsOfFound(numbers, { asked: identity.asked, people }));
}
