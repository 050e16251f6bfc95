import { decodeLegacy } from '../connectors/text/decode.ts';
import { toNfc } from '../connectors/text/nfc.ts';
import { type DecimalConvention, parseDecimal } from '../core/decimal.ts';
import type { Field } from '../core/declaration.ts';
import type { DossierStatusNumber, StatedStatus } from '../core/dossier.ts';
import { FaultyValue, shapeOf } from '../core/faulty-value.ts';
import { type PartialDateFormat, parsePartialDate } from '../core/partial-date.ts';
import { parsePersonalNumber, restoreLeadingZeros } from '../core/personal-number.ts';
import { type InstantFormat, parseInstant, type SourceZone } from '../core/time.ts';

/**
 * The readers a sector's declaration is made of. Each says from which of the source's own fields a value comes and how
 * it becomes the API's. Empty text, zero dates and absent values are null: not known. What cannot be is a FaultyValue.
 */

/** The legacy encoding of one row's text, where the system notes it row by row. */
export interface LegacyText {
  /** The source's field that names the encoding. */
  readonly encodingFrom: string;
  /** Its value → encoding; a value not listed is a fault. */
  readonly encodings: Readonly<Record<string, 'unicode' | 'tcvn3' | 'vni' | 'viqr'>>;
}

/** Text in NFC, without the blanks around it. */
export function text(from: string, options: { legacy?: LegacyText } = {}): Field<string | null> {
  const { legacy } = options;
  if (legacy === undefined) return { from: [from], read: readText };
  return {
    from: [from, legacy.encodingFrom],
    read: (raw, noted) => {
      const plain = readText(raw);
      if (plain === null) return null;
      const encoding = valueIn(legacy.encodings, String(noted).trim());
      if (encoding === null) throw new FaultyValue('a declared encoding of the row', shapeOf(noted));
      return encoding === 'unicode' ? plain : decodeLegacy(plain, encoding);
    },
  };
}

/** A code or number that is text: digits keep their zeros. A whole number is taken as it stands, as keys of tables are. */
export function code(from: string): Field<string | null> {
  return {
    from: [from],
    read: (raw) => {
      if (typeof raw === 'number' && !Number.isSafeInteger(raw)) throw new FaultyValue('a code', shapeOf(raw));
      return readText(raw);
    },
  };
}

export function integer(from: string): Field<number | null> {
  return {
    from: [from],
    read: (raw) => {
      const plain = readText(raw);
      if (plain === null) return null;
      const value = Number(plain);
      if (!/^-?\d+$/.test(plain) || !Number.isSafeInteger(value)) throw new FaultyValue('a whole number', shapeOf(raw));
      return value;
    },
  };
}

/** A decimal as text, in the convention the source declares. */
export function decimal(from: string, options: { convention?: DecimalConvention } = {}): Field<string | null> {
  return { from: [from], read: (raw) => readDecimal(raw, options.convention) };
}

/** A date as precise as it is known. Formats are tried in their order. */
export function partialDate(from: string, formats: readonly PartialDateFormat[]): Field<string | null> {
  return { from: [from], read: (raw) => readPartialDate(raw, formats) };
}

/** An instant, UTC milliseconds. Zero dates are null. */
export function dateTime(
  from: string,
  format: InstantFormat | readonly InstantFormat[],
  zone: SourceZone = 'Asia/Ho_Chi_Minh',
): Field<number | null> {
  return { from: [from], read: (raw) => readInstant(raw, format, zone) };
}

/** A value of a declared list. A value that is not in the list is a fault, never a guess. */
export function choice<T>(from: string, values: Readonly<Record<string, T>>): Field<T | null> {
  return { from: [from], read: (raw) => readChoice(raw, values) };
}

/** Personal numbers from one or more fields; empty ones are left out, faulty ones are faults. */
export function personalNumbers(
  from: readonly string[],
  options: { restoreZeros?: boolean } = {},
): Field<readonly string[]> {
  return { from, read: (...raws) => readPersonalNumbers(raws, options) };
}

/** A status in the system's own words; `number` is null for a code that nobody mapped, so that it shows. */
export function status(
  from: string,
  numbers: Readonly<Record<string, DossierStatusNumber>>,
  options: { titleFrom?: string; titles?: Readonly<Record<string, string>> } = {},
): Field<StatedStatus | null> {
  const { titleFrom, titles } = options;
  return {
    from: titleFrom === undefined ? [from] : [from, titleFrom],
    read: (raw, title) => {
      const stated = readStatus(raw, numbers, readText(title));
      return stated === null ? null : { ...stated, title: stated.title ?? valueIn(titles ?? {}, stated.code) };
    },
  };
}

/** Any other reading, from any number of the source's fields. */
export function derived<T>(from: readonly string[], read: (...raw: readonly unknown[]) => T): Field<T> {
  return { from, read };
}

/** A list inside the record, one value an element. One object where a list is meant is a list of one. */
export function list<T>(from: string, read: (element: Readonly<Record<string, unknown>>) => T): Field<readonly T[]> {
  return { from: [from], read: (raw) => elementsOf(raw).map(read) };
}

export function isNothing(raw: unknown): raw is null | undefined | '' {
  return raw === null || raw === undefined || (typeof raw === 'string' && raw.trim() === '');
}

export function readDecimal(raw: unknown, convention: DecimalConvention = 'dot'): string | null {
  if (isNothing(raw)) return null;
  if (typeof raw !== 'string' && typeof raw !== 'number' && typeof raw !== 'bigint') {
    throw new FaultyValue('a decimal', shapeOf(raw));
  }
  return parseDecimal(raw, convention);
}

export function readText(raw: unknown): string | null {
  if (typeof raw === 'string') {
    const plain = raw.trim();
    return plain === '' ? null : toNfc(plain);
  }
  if (isNothing(raw)) return null;
  if (typeof raw === 'number' || typeof raw === 'bigint') return String(raw);
  throw new FaultyValue('text', shapeOf(raw));
}

/** Nothing but zeros, however the system writes dates; and the first instant of .NET, which it writes for none. */
const ZERO_DATE = /^(?=0)[0:/.\-TZ ]+$|^0001-01-01(?:[ T]00:00:00(?:\.0+)?Z?)?$/;

export function readPartialDate(raw: unknown, formats: readonly PartialDateFormat[]): string | null {
  const plain = readText(raw);
  return plain === null || ZERO_DATE.test(plain) ? null : parsePartialDate(plain, formats);
}

export function readInstant(
  raw: unknown,
  formats: InstantFormat | readonly InstantFormat[],
  zone: SourceZone = 'Asia/Ho_Chi_Minh',
): number | null {
  const plain = readText(raw);
  if (plain === null || ZERO_DATE.test(plain)) return null;
  if (typeof formats === 'string') return parseInstant(plain, { format: formats, zone });
  let fault: unknown;
  for (const format of formats) {
    try {
      return parseInstant(plain, { format, zone });
    } catch (error) {
      fault = error;
    }
  }
  throw fault;
}

export function readChoice<T>(raw: unknown, values: Readonly<Record<string, T>>): T | null {
  const plain = readText(raw);
  if (plain === null) return null;
  if (!Object.hasOwn(values, plain)) {
    throw new FaultyValue(`one of ${Object.keys(values).join(', ')}`, shapeOf(raw));
  }
  return values[plain] as T;
}

export function readPersonalNumbers(
  raws: readonly unknown[],
  options: { restoreZeros?: boolean } = {},
): readonly string[] {
  const numbers = new Set<string>();
  for (const raw of raws) {
    for (const one of Array.isArray(raw) ? raw : [raw]) {
      const plain = readText(one);
      if (plain === null) continue;
      const parsed = options.restoreZeros ? restoreLeadingZeros(plain, ['twelve', 'nine']) : parsePersonalNumber(plain);
      numbers.add(parsed.number);
    }
  }
  return [...numbers];
}

export function readStatus(
  raw: unknown,
  numbers: Readonly<Record<string, DossierStatusNumber>>,
  title: string | null,
): StatedStatus | null {
  const own = readText(raw);
  if (own === null) return null;
  return { code: own, title, number: valueIn(numbers, own) };
}

/** A declared value; `constructor` and its like are declared nowhere. */
function valueIn<T>(values: Readonly<Record<string, T>>, name: string): T | null {
  return Object.hasOwn(values, name) ? (values[name] as T) : null;
}

export function elementsOf(raw: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (isNothing(raw)) return [];
  const elements: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  for (const element of elements) {
    if (typeof element !== 'object' || element === null || Array.isArray(element))
      throw new FaultyValue('an object or a list of objects', shapeOf(element));
  }
  return elements as readonly Readonly<Record<string, unknown>>[];
}
