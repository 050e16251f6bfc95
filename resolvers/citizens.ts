import { isTwelve } from '../core/access/bearers.ts';
import { HubError } from '../core/errors.ts';
import { FaultyValue } from '../core/faulty-value.ts';
import { parsePersonalNumber } from '../core/personal-number.ts';
import { type Identity, identify, incomplete, mayMissNumbers, type Statement } from './identity.ts';
import type { Operation } from './operation.ts';
import { forbidden } from './refusals.ts';
import { bearersOf } from './same-person.ts';

/** What `Citizen` resolves from: values that GraphQL reads as they stand, and the identity for the links. */
export interface CitizenNode {
  readonly identity: Identity;
  /** Found by name and nothing else: what hangs on the person is not asked for. */
  readonly isMatch: boolean;
  readonly id: string | HubError;
  readonly personalNumbers: readonly string[] | HubError;
  readonly fullName: unknown;
  readonly birthDate: unknown;
  readonly gender: unknown;
  readonly statements: readonly Statement[] | HubError;
  readonly maskedNumber: string;
  readonly commune: unknown;
}

const ID_PURPOSE = 'citizen';

export function citizenNode(operation: Operation, identity: Identity): CitizenNode {
  const asked = operation.plan.fieldsOf('Citizen');
  const { statements, failures } = identity;
  const firstStated = (field: 'fullName' | 'birthDate' | 'gender' | 'commune') => {
    for (const one of statements) if (typeof one[field] === 'string') return one[field];
    return statements.find((one) => one[field] instanceof Error)?.[field] ?? null;
  };
  return {
    identity,
    isMatch: false,
    // Sealing costs more than all the rest of this; most lists of people do not show the id.
    id: asked.has('id') ? operation.registry.seal.seal(ID_PURPOSE, identity.canonical) : '',
    personalNumbers: mayMissNumbers(identity) ? incomplete(identity) : identity.numbers,
    // Blanks between the parts of a name are typing; `statements` show them as they were typed.
    fullName: withSingleBlanks(firstStated('fullName')),
    birthDate: firstStated('birthDate'),
    gender: firstStated('gender'),
    statements: failures.length > 0 ? incomplete(identity) : statements,
    maskedNumber: masked(identity.canonical),
    commune: firstStated('commune'),
  };
}

/** What a search by name tells of somebody, so that the one who stands at the counter can be told from others. */
export function matchNode(operation: Operation, identity: Identity): CitizenNode {
  const whole = citizenNode(operation, identity);
  const { birthDate } = whole;
  const withheld = forbidden('record');
  return {
    ...whole,
    isMatch: true,
    ...{ id: withheld, personalNumbers: withheld, gender: withheld, statements: withheld },
    birthDate: typeof birthDate === 'string' ? birthDate.slice(0, 4) : birthDate,
  };
}

/** What tells two people of one name, year and commune apart, and leaves too much of the number to be guessed. */
const SHOWN_DIGITS = 2;

function masked(number: string): string {
  return '•'.repeat(Math.max(0, number.length - SHOWN_DIGITS)) + number.slice(-SHOWN_DIGITS);
}

/** @throws HubError FORBIDDEN for what hangs on a person who was only found by name */
export function demandWhole({ isMatch }: CitizenNode): void {
  if (isMatch) throw forbidden('record');
}

function withSingleBlanks(name: unknown): unknown {
  return typeof name === 'string' ? name.replace(/\s+/g, ' ') : name;
}

/** @throws HubError AMBIGUOUS */
export function identityOf(operation: Operation, numbers: readonly string[]): Promise<Identity> {
  return operation.once(`citizen ${numbers.join(' ')}`, () => identify(operation, numbers));
}

/**
 * The person with these numbers, once it is clear that the operation may ask for them.
 *
 * @param how IDENTIFIER: a number that the client gave; LINK: one that a record names
 * @returns null only when every system that knows people said no
 * @throws HubError IDENTIFIERS_INCOMPLETE or AMBIGUOUS; FORBIDDEN and its kind, before any system is asked and the same whether or
 * not there is such a person. Only where the purpose names the number, and that does not decide alone, are the systems asked
 * first: who is refused then learns that somebody bears it, since null has to stay the word that nobody does
 */
export async function findCitizen(
  operation: Operation,
  numbers: readonly string[],
  how: 'IDENTIFIER' | 'LINK',
): Promise<CitizenNode | null> {
  if (numbers.length === 0) return null;
  const identity = await judgedIdentity(operation, { numbers, how }, () => readIdentity(operation, numbers));
  return identity === null ? null : citizenNode(operation, identity);
}

interface AskedPerson {
  readonly numbers: readonly string[];
  /** IDENTIFIER: numbers that the client gave; LINK: those that a record names. */
  readonly how: 'IDENTIFIER' | 'LINK';
  /** Whose change tells of them, where it is one. */
  readonly dossier?: string;
}

/**
 * The one way in which people are asked for: judged by the number, looked up, judged by who they turned out to be, and noted as shown only
 * then. Until then a number that a client gave is noted as looked for: refused, ambiguous or unknown, it stands in the log.
 *
 * @param read who they are; null where nobody is known
 * @throws HubError FORBIDDEN and its kind, and whatever `read` throws
 */
export async function judgedIdentity<Found extends Identity | null>(
  { access, registry }: Operation,
  { numbers, how, dossier }: AskedPerson,
  read: () => Promise<Found>,
): Promise<Found> {
  const given = how === 'IDENTIFIER' ? numbers : [];
  const notes = given.map((number) => access.sought({ what: 'PERSON', subject: registry.audit.hashSubject(number) }));
  const relation = await access.askPerson(numbers, how);
  const identity = await read();
  if (identity === null) return identity;
  // Now it is known who they are, and who else bears an old number of theirs: what seemed to tie them may have meant that one.
  access.judgePerson(bearersOf(identity, access.purpose), how);
  access.shown(identity.canonical, relation, dossier);
  for (const takeBack of notes) takeBack();
  return identity;
}

/**
 * Who the numbers say it is, for whoever has been judged to know.
 *
 * @returns null only when every system that knows people said no
 * @throws HubError IDENTIFIERS_INCOMPLETE or AMBIGUOUS
 */
export async function readIdentity(operation: Operation, numbers: readonly string[]): Promise<Identity | null> {
  const identity = await identityOf(operation, numbers);
  // Asked by an old number alone, the person may yet turn out to be two, or to have another id.
  const isCertain = identity.asked.some(isTwelve) || !mayMissNumbers(identity);
  if (identity.statements.length > 0 && isCertain) {
    operation.admit(1);
    return identity;
  }
  if (identity.failures.length > 0 || identity.statements.length > 0) throw incomplete(identity);
  return null;
}

/** @throws HubError BAD_USER_INPUT for what is neither a personal number nor an id of this hub */
export function numberOfId(operation: Operation, id: string, argument = 'id'): string {
  const sealed = operation.registry.seal.open(ID_PURPOSE, id.trim());
  if (sealed !== null) return sealed;
  try {
    return parsePersonalNumber(id).number;
  } catch (error) {
    const came = error instanceof FaultyValue ? error.came : 'something else';
    throw new HubError(
      'BAD_USER_INPUT',
      `${argument}: expected a personal number of 12 or 9 digits or a Citizen.id, came ${came}`,
    );
  }
}
