import { FaultyValue, shapeOf } from './faulty-value.ts';

/**
 * Personal numbers: `twelve` digits (số định danh cá nhân) and `nine` digits (số chứng minh nhân dân, the older card).
 * People and systems hold either or both; a nine-digit number may have belonged to two people, so they are linked and
 * never overwritten. Neither kind has a check digit, so nothing that lost or gained a digit can be repaired by guessing.
 */
export type PersonalNumberKind = 'twelve' | 'nine';

export interface PersonalNumber {
  readonly kind: PersonalNumberKind;
  /** Digits only, leading zeros kept. */
  readonly number: string;
}

/** What the first six digits of a twelve-digit number state. They tell of the registration of birth, not of today. */
export interface PersonalNumberFacts {
  /** Three digits: the province where the birth was registered. */
  readonly province: string;
  readonly sex: 'male' | 'female';
  readonly birthYear: number;
}

const EXPECTED = {
  twelve: 'a personal number of 12 digits (0, 2 digits of province, 1 of century and sex from 0 to 3, 8 more)',
  nine: 'a personal number of 9 digits that are not all zero',
  either: 'a personal number of 12 or 9 digits',
} as const;

const CENTURIES = [1900, 1900, 2000, 2000] as const;

// Codes of provinces run from 001 to 096; 000 is no province and no digit above 3 stands for a person born before 2100.
const TWELVE = /^0(?!00)\d\d[0-3]\d{8}$/;
const NINE = /^(?!0{9}$)\d{9}$/;

/** Within any text, what may be somebody's number however it is written: nine digits or more, with blanks, dots and dashes between. */
export const NUMBER_ROW = /\p{Nd}(?:[\s.\p{Pd}\p{Cf}]*\p{Nd}){8,}/u;

/** What has as many digits and is nobody's number: codes of procedures, short or with the publishing unit, dates and times. */
const OTHER_NUMBERS = new RegExp(
  [
    String.raw`(?<!\p{Nd}\.?)\d\.\d{6}(?:\.000\.\d{2}\.\d{2}\.[A-Z]\d{2})?(?!\.?\p{Nd})`,
    ...[String.raw`\.`, String.raw`\p{Pd}`].map(datesWith),
    String.raw`(?<![\p{Nd}:.])(?:[01]?\d|2[0-3])[:h][0-5]\d(?::[0-5]\d)?(?![\p{Nd}:])`,
  ].join('|'),
  'gu',
);

/** Whether a text may hold somebody's number: a {@link NUMBER_ROW} that is more than dates, times and codes of procedures. */
export function holdsNumberRow(text: string): boolean {
  return NUMBER_ROW.test(text) && NUMBER_ROW.test(text.replace(OTHER_NUMBERS, '…'));
}

/**
 * Reads a personal number as people write it: spaces anywhere, dots between groups of three, and the apostrophe with
 * which spreadsheets mark text are taken away. A trailing `.0` is not: see {@link restoreLeadingZeros}.
 *
 * @throws FaultyValue for anything that is not certainly a personal number
 */
export function parsePersonalNumber(text: string): PersonalNumber {
  const number = onlyDigits(text);
  if (number.length === 12) {
    if (TWELVE.test(number)) return { kind: 'twelve', number };
    throw new FaultyValue(EXPECTED.twelve, '12 digits of which the first four cannot be');
  }
  if (number.length === 9) {
    if (NINE.test(number)) return { kind: 'nine', number };
    throw new FaultyValue(EXPECTED.nine, '9 zeros');
  }
  throw new FaultyValue(EXPECTED.either, shapeOf(text));
}

export function isPersonalNumber(text: string): boolean {
  const number = onlyDigits(text);
  return TWELVE.test(number) || NINE.test(number);
}

/**
 * @param number the twelve digits, as {@link parsePersonalNumber} returns them
 * @throws FaultyValue for anything else: a nine-digit number states nothing that could be relied on
 */
export function personalNumberFacts(number: string): PersonalNumberFacts {
  if (!TWELVE.test(number)) throw new FaultyValue(EXPECTED.twelve, shapeOf(number));
  const century = number.charCodeAt(3) - 48;
  return {
    province: number.slice(0, 3),
    sex: century % 2 === 0 ? 'male' : 'female',
    birthYear: (CENTURIES[century] ?? 0) + Number(number.slice(4, 6)),
  };
}

/**
 * Gives a number that went through a spreadsheet its leading zeros back ("1085004213.0" → "001085004213").
 *
 * The length alone decides, so nothing is guessed: a twelve-digit number starts with one zero (province 0xx) or two
 * (00x) and never three, as there is no province 000; a nine-digit number starts with at most one. So 11 and 10 digits
 * can only be twelve, 8 only nine, and 9 only nine. The result must then be a number that can exist.
 *
 * @param kinds the kinds the column is declared to hold
 * @throws FaultyValue where that is not certain, such as scientific notation, which may have lost digits
 */
export function restoreLeadingZeros(text: string, kinds: readonly PersonalNumberKind[]): PersonalNumber {
  const digits = onlyDigits(text.trim().replace(/^(\d+)\.0+$/, '$1'));
  const lost = { 11: 1, 10: 2, 8: 1 }[digits.length] ?? 0;
  // A text that still starts with zero lost none: it is too short for another reason.
  if (lost > 0 && digits.startsWith('0')) throw new FaultyValue(EXPECTED.either, shapeOf(text));
  const restored = parsePersonalNumber('0'.repeat(lost) + (digits === '' ? text : digits));
  if (kinds.includes(restored.kind)) return restored;
  throw new FaultyValue(kinds.map((kind) => EXPECTED[kind]).join(' or '), shapeOf(text));
}

/** The digits of a text written as a number in groups, or '' where it is written otherwise. */
function onlyDigits(text: string): string {
  if (/^\d+$/.test(text)) return text;
  const bare = text.replace(/\s+/g, '').replace(/^['’]/, '');
  if (/^\d+$/.test(bare)) return bare;
  // Only whole groups of three: in "12345678.0" the dot is a spreadsheet's and would make nine digits out of eight.
  return /^\d{1,3}(?:\.\d{3})+$/.test(bare) ? bare.replaceAll('.', '') : '';
}

/** Dates of two centuries that stand alone: what goes on behind the same separator is a longer number in groups. */
function datesWith(separator: string): string {
  const [day, month, year] = ['(?:0?[1-9]|[12]\\d|3[01])', '(?:0?[1-9]|1[0-2])', '(?:19|20)\\d\\d'];
  const orders = [
    [day, month, year],
    [year, month, day],
  ].map((order) => order.join(separator));
  return `(?<!\\p{Nd}${separator}?)(?:${orders.join('|')})(?!${separator}?\\p{Nd})`;
}
