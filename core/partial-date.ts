import { FaultyValue, shapeOf } from './faulty-value.ts';

declare const partialDate: unique symbol;

/**
 * A date as precise as it is known: `1958`, `1958-07` or `1958-07-12`. Old papers often know only the year; a made-up
 * first of January would be an invented fact. As text, so no time zone can move it.
 */
export type PartialDate = string & { readonly [partialDate]: true };

export type DatePrecision = 'year' | 'month' | 'day';

/**
 * How a source writes dates. `iso` is `yyyy-MM-dd` with or without a time behind it: the date as written is taken and
 * the zone is ignored. A source that writes dates as instants in UTC needs parseInstant and vietnamDate instead.
 */
export const PARTIAL_DATE_FORMATS = [
  'yyyy-MM-dd',
  'dd/MM/yyyy',
  'dd-MM-yyyy',
  'MM/yyyy',
  'yyyy-MM',
  'yyyy',
  'yyyyMMdd',
  'iso',
] as const;
export type PartialDateFormat = (typeof PARTIAL_DATE_FORMATS)[number];

// One digit for day or month is common in what people type and cannot be read in two ways.
const PATTERNS: Readonly<Record<PartialDateFormat, RegExp>> = {
  'yyyy-MM-dd': /^(?<year>\d{4})-(?<month>\d{1,2})-(?<day>\d{1,2})$/,
  'dd/MM/yyyy': /^(?<day>\d{1,2})\/(?<month>\d{1,2})\/(?<year>\d{4})$/,
  'dd-MM-yyyy': /^(?<day>\d{1,2})-(?<month>\d{1,2})-(?<year>\d{4})$/,
  'MM/yyyy': /^(?<month>\d{1,2})\/(?<year>\d{4})$/,
  'yyyy-MM': /^(?<year>\d{4})-(?<month>\d{1,2})$/,
  yyyy: /^(?<year>\d{4})$/,
  yyyyMMdd: /^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})$/,
  iso: /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/i,
};
const CANONICAL = /^\d{4}(?:-\d{2}(?:-\d{2})?)?$/;
const EARLIEST_YEAR = 1000;

/**
 * Reads a date in one of the formats a source declares; formats are tried in their order.
 *
 * Zeros mean "not known": `0000-00-00` and empty text are null, `00/00/1958` is 1958, `1958-07-00` is 1958-07.
 *
 * @throws FaultyValue for another format, a day that does not exist (31/02), a year before 1000, or a known day of an
 * unknown month, which cannot be kept without losing it
 */
export function parsePartialDate(text: string, formats: readonly PartialDateFormat[]): PartialDate | null {
  const bare = text.trim();
  if (bare === '') return null;
  for (const format of formats) {
    const parts = PATTERNS[format].exec(bare)?.groups;
    if (parts) return fromParts(Number(parts.year), Number(parts.month ?? 0), Number(parts.day ?? 0), text);
  }
  throw new FaultyValue(`a date as ${formats.join(' or ')}`, shapeOf(text));
}

/**
 * Makes a partial date of numbers; 0 stands for what is not known.
 *
 * @throws FaultyValue for a date that does not exist
 */
export function partialDateOf(year: number, month = 0, day = 0): PartialDate | null {
  return fromParts(year, month, day, 'numbers');
}

/** Whether a text is a date in the form of the house: `1958`, `1958-07`, `1958-07-12`. */
export function isPartialDate(text: string): text is PartialDate {
  if (!CANONICAL.test(text)) return false;
  const [year, month, day] = text.split('-').map(Number);
  return month === 0 || day === 0 ? false : exists(year ?? 0, month ?? 0, day ?? 0);
}

export function precisionOf(date: PartialDate): DatePrecision {
  return date.length === 4 ? 'year' : date.length === 7 ? 'month' : 'day';
}

/** Whether two dates may be the same day: equal as far as both are known. */
export function compatible(left: PartialDate, right: PartialDate): boolean {
  return left.length <= right.length ? right.startsWith(left) : left.startsWith(right);
}

/** Earlier first; where one is the beginning of the other, the less precise comes first. */
export function comparePartialDates(left: PartialDate, right: PartialDate): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function fromParts(year: number, month: number, day: number, came: string): PartialDate | null {
  if (year === 0 && month === 0 && day === 0) return null;
  if (!exists(year, month, day)) throw new FaultyValue('a date that exists', shapeOf(came));
  const months = month === 0 ? '' : `-${String(month).padStart(2, '0')}`;
  const days = day === 0 ? '' : `-${String(day).padStart(2, '0')}`;
  return `${year}${months}${days}` as PartialDate;
}

/** Zero month or day: not known. */
function exists(year: number, month: number, day: number): boolean {
  if (!Number.isInteger(year) || !Number.isInteger(month) || !Number.isInteger(day)) return false;
  if (year < EARLIEST_YEAR || year > 9999 || month < 0 || month > 12 || day < 0) return false;
  return month === 0 ? day === 0 : day <= daysInMonth(year, month);
}
