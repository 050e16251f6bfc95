import { isPartialDate } from '../core/partial-date.ts';
import type { Line } from './table.ts';

/** A row holds from its first to its last day, both included; `validTo` null means until further notice. */
export interface Validity {
  /** `yyyy-MM-dd` */
  readonly validFrom: string;
  /** `yyyy-MM-dd` */
  readonly validTo: string | null;
}

/** Rows by code, each code with its versions from old to new. The same code may mean another thing later. */
export class Versions<Row extends Validity> {
  readonly #rows = new Map<string, Row[]>();

  /** @returns the version already there that holds on some of the same days, or null when the row was added */
  add(key: string, row: Row): Row | null {
    const versions = this.#rows.get(key) ?? [];
    const clash = versions.find((other) => overlaps(other, row));
    if (clash !== undefined) return clash;
    versions.push(row);
    versions.sort((left, right) => (left.validFrom < right.validFrom ? -1 : 1));
    this.#rows.set(key, versions);
    return null;
  }

  /** @param at `yyyy-MM-dd`; without it the newest version answers, whether or not it has ended */
  find(key: string, at?: string): Row | null {
    const versions = this.#rows.get(key);
    if (at === undefined) return versions?.at(-1) ?? null;
    return versions?.find((row) => holdsAt(row, at)) ?? null;
  }

  has(key: string): boolean {
    return this.#rows.has(key);
  }
}

function holdsAt(row: Validity, at: string): boolean {
  return row.validFrom <= at && (row.validTo === null || at <= row.validTo);
}

function overlaps(left: Validity, right: Validity): boolean {
  return left.validFrom <= (right.validTo ?? '9999') && right.validFrom <= (left.validTo ?? '9999');
}

/** @param date `yyyy-MM-dd` @returns the day after it */
export function dayAfter(date: string): string {
  return new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10);
}

/** The validity of a line; null, and a fault reported, where it cannot be. */
export function validityOf(line: Line<'valid_from' | 'valid_to'>): Validity | null {
  const { valid_from: validFrom, valid_to: validTo } = line.cells;
  if (!isDay(validFrom)) line.fault('valid_from: expected a date as yyyy-MM-dd');
  else if (validTo !== '' && !isDay(validTo)) line.fault('valid_to: expected nothing or a date as yyyy-MM-dd');
  else if (validTo !== '' && validTo < validFrom) line.fault('valid_to is before valid_from');
  else return { validFrom, validTo: validTo === '' ? null : validTo };
  return null;
}

export function isDay(text: string): boolean {
  return text.length === 10 && isPartialDate(text);
}
