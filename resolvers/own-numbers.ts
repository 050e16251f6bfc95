import { isNine, isTwelve, numbersOf } from '../core/access/bearers.ts';
import type { DossierFacts } from '../core/access.ts';
import type { RecordHolder } from '../core/declaration.ts';
import type { NumberPairs } from '../store/number-pairs.ts';
import { identityOf } from './citizens.ts';
import { type Identity, incomplete } from './identity.ts';
import { fromStore } from './index-loaders.ts';
import type { Operation } from './operation.ts';
import { ownerOf } from './same-person.ts';

/**
 * Nine-digit numbers were issued twice. So one is evidence of who somebody is only where nobody else is known by it.
 *
 * @returns for each number the one that is remembered to be the same person's, if the two name each other and no third
 */
export async function certainPairs(
  pairs: Pick<NumberPairs, 'of'>,
  numbers: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const onlyOthers = async (of: readonly string[]) =>
    (await fromStore(pairs.of(of))).map((others) => (new Set(others).size === 1 ? others[0] : undefined));
  const others = await onlyOthers(numbers);
  const paired = others.filter((other) => other !== undefined);
  if (paired.length === 0) return numbers.map(() => []);
  const back = new Map((await onlyOthers(paired)).map((number, place) => [paired[place], number]));
  return others.map((other, place) => (other !== undefined && back.get(other) === numbers[place] ? [other] : []));
}

/**
 * The people of a dossier, with the numbers that make them its subjects: those that it states, and those remembered to be the same
 * person's. One of nine digits that several people of twelve claim, be it in the dossier itself, is none: it would open each of them.
 */
export async function subjectsOf(
  pairs: Pick<NumberPairs, 'of'>,
  people: readonly RecordHolder[],
): Promise<Pick<DossierFacts, 'people' | 'remembered'>> {
  const stated = numbersOf(people);
  if (stated.length === 0) return { people };
  const paired = await certainPairs(pairs, stated);
  const nines = [...new Set([...stated, ...paired.flat()])].filter(isNine);
  const others = nines.length === 0 ? [] : await fromStore(pairs.of(nines));
  const contested = new Set(
    nines.filter((nine, place) => {
      const beside = people.flatMap(({ personalNumbers }) => (personalNumbers.includes(nine) ? personalNumbers : []));
      return new Set([...beside, ...(others[place] ?? [])].filter(isTwelve)).size > 1;
    }),
  );
  const remembered = new Map<string, string>();
  const subjects = people.map((one) => {
    const numbers = new Set(one.personalNumbers.filter((number) => !contested.has(number)));
    for (const number of [...numbers]) {
      for (const other of paired[stated.indexOf(number)] ?? []) {
        if (contested.has(other)) continue;
        numbers.add(other);
        if (!stated.includes(other)) remembered.set(other, number);
      }
    }
    return { ...one, personalNumbers: [...numbers] };
  });
  return { people: subjects, remembered };
}

/**
 * Of whoever asks for themself: whether one of the people named under an old number of theirs is they. A record that bears their
 * number of 12 digits needs no such question, and the systems are asked only where an old number leaves one.
 *
 * @returns the numbers by which it is their own; none where it is another's, or nobody can tell
 */
export async function ownNumbersAmong(
  operation: Operation,
  named: readonly RecordHolder[],
): Promise<readonly string[]> {
  const { ownNumber, ownOldNumbers } = operation.access;
  if (ownNumber === null || ownOldNumbers.size === 0) return [];
  const numbers = named.flatMap(({ personalNumbers }) => personalNumbers);
  if (numbers.includes(ownNumber) || !numbers.some((number) => ownOldNumbers.has(number))) return [];
  return isNamedByOld(operation, await identityOf(operation, [ownNumber]), named) ? [ownNumber, ...ownOldNumbers] : [];
}

/**
 * A person, with what is remembered of others under an old number by which alone something of theirs was found: it counts only
 * where nobody else is known by it.
 *
 * @param named the numbers that each of the things found states
 * @param pairedNumbers of an old number of the person
 * @throws HubError STORE_UNAVAILABLE where nobody can say
 */
export async function withOtherBearers(
  identity: Identity,
  named: readonly (readonly string[])[],
  pairedNumbers: (number: string) => Promise<readonly string[]> | undefined,
): Promise<Identity> {
  const { numbers, shared } = identity;
  if (!numbers.some(isTwelve)) return identity;
  const alone = new Set(named.flatMap((stated) => (stated.some(isTwelve) ? [] : stated)));
  const old = numbers.filter((number) => alone.has(number) && !shared.has(number));
  const paired = await fromStore(Promise.all(old.map(pairedNumbers)));
  const others = old.filter((_, place) => paired[place]?.some((one) => isTwelve(one) && !numbers.includes(one)));
  return others.length === 0 ? identity : { ...identity, shared: new Set([...shared, ...others]) };
}

/** @param identity of whoever asks for themself */
export function isNamedByOld(
  { access }: Pick<Operation, 'access'>,
  identity: Identity,
  named: readonly RecordHolder[],
): boolean {
  const byOld = named.filter(({ personalNumbers }) => personalNumbers.some((one) => access.ownOldNumbers.has(one)));
  return byOld.length > 0 && ownerOf(identity, byOld) === 'own';
}

/**
 * The numbers under which the access log can name nobody but this person.
 *
 * @throws HubError IDENTIFIERS_INCOMPLETE where a system that did not answer may know of somebody else who held one
 */
export async function numbersOfNobodyElse(operation: Operation, identity: Identity): Promise<readonly string[]> {
  const { numbers, shared, failures } = identity;
  const old = numbers.filter((number) => !isTwelve(number));
  if (old.length === 0) return numbers;
  if (failures.length > 0) throw incomplete(identity);
  const paired = await Promise.all(old.map((number) => operation.pairedNumbers(number)));
  const alone = old.filter(
    (number, place) =>
      !shared.has(number) && (paired[place] ?? []).every((other) => !isTwelve(other) || numbers.includes(other)),
  );
  return [...numbers.filter(isTwelve), ...alone];
}
