import { bearerOf, isTwelve } from '../core/access/bearers.ts';
import type { StatedPurpose } from '../core/access.ts';
import type { RecordHolder } from '../core/declaration.ts';
import { HubError } from '../core/errors.ts';
import { foldName } from '../core/names.ts';
import { compatible, type PartialDate } from '../core/partial-date.ts';
import type { Identity, Statement } from './identity.ts';

/** The numbers by which a statement joins. */
function numbersIn({ personalNumbers }: Statement): readonly string[] {
  return personalNumbers instanceof HubError ? [] : personalNumbers;
}

/**
 * Decides which statements are about one and the same person.
 *
 * A 12-digit number is one person's. A 9-digit number may have been two people's: when it brings two 12-digit numbers,
 * or birth dates that cannot both be true, nobody can say who was meant.
 */
export function joinStatements(
  asked: readonly string[],
  statements: readonly Statement[],
  known: {
    readonly failures?: readonly HubError[];
    readonly paired?: readonly string[];
    /** Of those asked for, what somebody else is remembered to have held too. */
    readonly shared?: readonly string[];
  } = {},
): Identity {
  const { failures = [], paired = [] } = known;
  const twelves = new Set(asked.filter(isTwelve));
  if (twelves.size === 0) {
    const stated = [...paired, ...statements.flatMap(numbersIn)];
    for (const number of stated) if (isTwelve(number)) twelves.add(number);
  }
  if (twelves.size > 1) throw ambiguous();

  const { own, others } = sortOut(statements, twelves);
  const shared = new Set([...(known.shared ?? []), ...others.flatMap(numbersIn).filter((number) => !isTwelve(number))]);
  if (shared.size > 0 && !asked.some(isTwelve)) throw ambiguous();

  const numbers = [...new Set([...asked, ...paired, ...own.flatMap(numbersIn)])].sort(
    (left, right) => right.length - left.length || (left < right ? -1 : 1),
  );
  // Numbers that cannot be read may be ones that are not known here.
  const unreadable = own.flatMap(({ personalNumbers }) =>
    personalNumbers instanceof HubError ? [personalNumbers] : [],
  );
  return { asked, numbers, canonical: numbers[0] ?? '', statements: own, failures, unreadable, shared };
}

/** The statements about the person of the 12-digit number, and those that are, or may be, about somebody else. */
function sortOut(
  statements: readonly Statement[],
  twelves: ReadonlySet<string>,
): { own: readonly Statement[]; others: readonly Statement[] } {
  const certain = statements.filter((one) => numbersIn(one).some((number) => twelves.has(number)));
  const open = statements.filter((one) => !numbersIn(one).some(isTwelve));
  const known = preciseDates(certain);
  const possible = preciseDates(open);
  // Without a date that is certainly this person's, the others can only be held against each other.
  const fits = ({ birthDate }: Statement) =>
    known.length > 0 ? known.some((date) => agree(date, birthDate)) : possible.every((date) => agree(date, birthDate));
  const own = statements.filter((one) => certain.includes(one) || (open.includes(one) && fits(one)));
  return { own, others: statements.filter((one) => !own.includes(one)) };
}

/** The dates that are stated, without those that another states more precisely: 1985 says nothing beside 1985-07-12. */
function preciseDates(statements: readonly Statement[]): readonly string[] {
  const dates = statements.flatMap(({ birthDate }) => (typeof birthDate === 'string' ? [birthDate] : []));
  return dates.filter((date) => !dates.some((other) => other.length > date.length && other.startsWith(date)));
}

/** Whose a record is that was found by this person's numbers. */
export function ownerOf(identity: Identity, holders: readonly RecordHolder[]): 'own' | 'other' | 'unknown' {
  // A record that names nobody may be another's, if it was found by a number that two people may have held.
  if (holders.length === 0) return identity.numbers.every(isTwelve) ? 'own' : 'unknown';
  let owner: 'own' | 'other' | 'unknown' = 'other';
  for (const holder of holders) {
    const { personalNumbers } = holder;
    const common = personalNumbers.filter((number) => identity.numbers.includes(number));
    if (common.some(isTwelve)) return 'own';
    if (common.length === 0 || personalNumbers.some(isTwelve)) {
      // Someone else's 12-digit number, unless no 12-digit number of this person is known to compare it with.
      if (common.length === 0 || identity.numbers.some(isTwelve)) continue;
    }
    if (!common.some((number) => identity.shared.has(number)) && isVouchedFor(identity, holder)) return 'own';
    owner = 'unknown';
  }
  return owner;
}

/**
 * The records that are this person's, of those found by the person's numbers.
 *
 * @throws HubError AMBIGUOUS where nobody can tell
 */
export function ownRecords<T>(
  identity: Identity,
  records: readonly T[],
  holdersOf: (record: T) => readonly RecordHolder[],
): readonly T[] {
  const twelves = new Set<string>();
  const hasTwelve = identity.numbers.some(isTwelve);
  const own = records.filter((record) => {
    const holders = holdersOf(record);
    const owner = ownerOf(identity, holders);
    if (owner === 'unknown') throw ambiguous();
    if (owner === 'other') return false;
    for (const { personalNumbers } of hasTwelve ? [] : holders) {
      if (personalNumbers.some((number) => identity.numbers.includes(number))) {
        for (const number of personalNumbers.filter(isTwelve)) twelves.add(number);
      }
    }
    return true;
  });
  // Records of two people under one nine-digit number, of whom the systems that know people did not tell.
  if (twelves.size > 1) throw ambiguous();
  return own;
}

/**
 * A nine-digit number alone proves nothing, since nobody was asked who else held it. So the birth date must agree or,
 * where one of the two is not known, the name: it joins nobody here, it only keeps another's record out.
 */
function isVouchedFor({ statements }: Identity, { birthDate, fullName }: RecordHolder): boolean {
  const known = preciseDates(statements);
  if (known.length > 0 && birthDate !== null) return known.some((date) => agree(date, birthDate));
  if (typeof fullName !== 'string') return false;
  const folded = foldName(fullName);
  return statements.some((one) => typeof one.fullName === 'string' && foldName(one.fullName) === folded);
}

export function ambiguous(): HubError {
  return new HubError(
    'AMBIGUOUS',
    'Two people are known under this nine-digit number; ask by the twelve-digit number or search by name and year of birth',
  );
}

/**
 * The numbers by which somebody is nobody else, as far as the systems tell: none of nine digits that another is known by too, nor
 * what the dossier that is worked on has by such a one alone.
 */
function certainNumbers({ numbers, shared }: Identity, { code, dossier }: StatedPurpose): readonly string[] {
  if (shared.size === 0) return numbers;
  const remembered = code === 'PROCESSING' ? dossier?.remembered : undefined;
  const stated = (number: string) => remembered?.get(number) ?? number;
  return numbers.filter((number) => !shared.has(number) && !shared.has(stated(number)));
}

/** Who this is, as each system that knows them states it, by the numbers that are certainly theirs. */
export function bearersOf(identity: Identity, purpose: StatedPurpose): readonly RecordHolder[] {
  const personalNumbers = certainNumbers(identity, purpose);
  const named = identity.statements.filter(({ fullName }) => typeof fullName === 'string');
  if (named.length === 0) return [bearerOf(personalNumbers)];
  return named.map(({ fullName, birthDate }) => ({
    personalNumbers,
    birthDate: textOf(birthDate),
    fullName: textOf(fullName),
  }));
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Dates that are not known contradict nothing. */
function agree(left: string, right: unknown): boolean {
  if (typeof right !== 'string') return true;
  return compatible(left as PartialDate, right as PartialDate);
}
