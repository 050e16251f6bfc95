import type { RecordHolder } from '../declaration.ts';
import { foldName } from '../names.ts';
import { compatible, type PartialDate } from '../partial-date.ts';

/**
 * Whether two places speak of the same person. Numbers of 12 digits decide, and codes of enterprises. One of nine digits was given
 * to two people now and then: it speaks only where nothing else that is stated speaks against it.
 */

/** Somebody of whom nothing is known but numbers. */
export function bearerOf(personalNumbers: readonly string[]): RecordHolder {
  return { personalNumbers, birthDate: null, fullName: null };
}

/** Every number of these people, once. */
export function numbersOf(people: readonly RecordHolder[]): readonly string[] {
  return [...new Set(people.flatMap(({ personalNumbers }) => personalNumbers))];
}

export function isTwelve(number: string): boolean {
  return number.length === 12;
}

export function isNine(number: string): boolean {
  return number.length === 9;
}

/**
 * @param isWeak of further numbers: whether it is known by an old number alone
 */
export function isSameBearer(left: RecordHolder, right: RecordHolder, isWeak: (number: string) => boolean): boolean {
  const common = left.personalNumbers.filter((number) => right.personalNumbers.includes(number));
  if (common.some((number) => !isNine(number) && !isWeak(number))) return true;
  if (common.length === 0) return false;
  const haveTwelve = left.personalNumbers.some(isTwelve) && right.personalNumbers.some(isTwelve);
  return (!haveTwelve || common.some(isTwelve)) && !areAtOdds(left, right);
}

/** What is not known contradicts nothing. A birth date says more than a name, which is spelt in many ways. */
function areAtOdds(left: RecordHolder, right: RecordHolder): boolean {
  if (isStated(left.birthDate) && isStated(right.birthDate)) {
    return !compatible(left.birthDate as PartialDate, right.birthDate as PartialDate);
  }
  if (isStated(left.fullName) && isStated(right.fullName)) return foldName(left.fullName) !== foldName(right.fullName);
  return false;
}

/**
 * Under which words somebody may stand in a visit, of which nothing is kept but words: under each number of 12 digits, and under an
 * old one, where there is none of 12, together with what else is stated.
 */
export function wordsInVisit({ personalNumbers, birthDate, fullName }: RecordHolder): readonly string[] {
  const certain = personalNumbers.filter((number) => !isNine(number));
  if (certain.length > 0) return certain;
  if (isStated(birthDate)) return personalNumbers.map((number) => oldWord(number, birthDate));
  if (isStated(fullName)) return personalNumbers.map((number) => oldWord(number, foldName(fullName)));
  return personalNumbers.map((number) => oldWord(number, ''));
}

/**
 * The words for which somebody stands who was asked for in a visit and found.
 *
 * @param numbers of nobody else
 * @param asked which of them were asked for: what bears one of these and says no more is theirs too
 * @param people who they are, as the systems state it
 */
export function wordsOfFound(
  numbers: readonly string[],
  { asked, people }: { readonly asked: readonly string[]; readonly people: readonly RecordHolder[] },
): readonly string[] {
  const words = new Set(numbers);
  for (const number of numbers.filter(isNine)) {
    if (asked.includes(number)) words.add(oldWord(number, ''));
    for (const { birthDate, fullName } of people) {
      if (isStated(fullName)) words.add(oldWord(number, foldName(fullName)));
      for (const date of isStated(birthDate) ? lessPrecise(birthDate) : []) words.add(oldWord(number, date));
    }
  }
  return [...words];
}

/** 1985-07-12, 1985-07 and 1985 of the first. */
function lessPrecise(date: string): readonly string[] {
  const parts = date.split('-');
  return parts.map((_, place) => parts.slice(0, parts.length - place).join('-'));
}

function oldWord(number: string, detail: string): string {
  return `old:${number}:${detail}`;
}

function isStated(value: unknown): value is string {
  return typeof value === 'string';
}
