import { FaultyValue, shapeOf } from './faulty-value.ts';

declare const decimal: unique symbol;

/**
 * A decimal number as text: `-?digits[.digits]`. Money and areas stay text from the source to the answer, since a float
 * cannot hold what a DECIMAL column or an amount of money states. Digits after the point are kept as given (`1.50` says
 * more than `1.5`); only thousands separators, a plus sign and leading zeros, which say nothing, are taken away.
 */
export type Decimal = string & { readonly [decimal]: true };

/** Which sign separates the fraction: `dot` as in 1,234,567.89, `comma` as in 1.234.567,89. Declared, never guessed. */
export type DecimalConvention = 'dot' | 'comma';

/** No column or form here holds more; longer text is no number but an attack or an accident. */
const MOST_CHARACTERS = 100;
/** More significant digits than this may already have been changed by the float that carried them. */
const SAFE_FLOAT_DIGITS = 15;

const CANONICAL = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/;
/** Groups: sign, whole part, separator of groups, fraction. */
const PATTERNS: Readonly<Record<DecimalConvention, RegExp>> = {
  dot: /^([+-]?)(\d{1,3}(?:([, \u00a0\u202f])\d{3})(?:\3\d{3})*|\d*)(?:\.(\d+))?$/,
  comma: /^([+-]?)(\d{1,3}(?:([. \u00a0\u202f])\d{3})(?:\3\d{3})*|\d*)(?:,(\d+))?$/,
};

/**
 * Reads a decimal. Text follows the declared convention and its thousands must be whole groups of three, so that "1.23"
 * from a comma source is a fault and never 123.
 *
 * @param value text, a bigint, or a number: whole numbers up to 2⁵³ and fractions of at most 15 significant digits
 * @throws FaultyValue for anything else, units and exponents included
 */
export function parseDecimal(value: string | number | bigint, convention: DecimalConvention): Decimal {
  if (typeof value === 'bigint') return value.toString() as Decimal;
  if (typeof value === 'number') return ofNumber(value);
  const text = value.trim();
  const [matched, sign, whole = '', separator, fraction] =
    text.length > MOST_CHARACTERS ? [] : (PATTERNS[convention].exec(text) ?? []);
  if (matched === undefined || (whole === '' && fraction === undefined)) {
    const example = convention === 'dot' ? '1,234.56' : '1.234,56';
    throw new FaultyValue(`a decimal written as ${example}`, shapeOf(value));
  }
  const digits = (separator === undefined ? whole : whole.replaceAll(separator, '')).replace(/^0+(?=\d)/, '') || '0';
  const unsigned = fraction === undefined ? digits : `${digits}.${fraction}`;
  // Minus zero is zero: two texts for one value would not compare equal.
  return (sign === '-' && /[1-9]/.test(unsigned) ? `-${unsigned}` : unsigned) as Decimal;
}

/** Whether a text is a decimal in the form of the house. */
export function isDecimal(text: string): text is Decimal {
  return text.length <= MOST_CHARACTERS && CANONICAL.test(text) && !/^-[0.]+$/.test(text);
}

/** Compares values, not texts: `1.50` and `1.5` are equal. Exact at any length. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const a = partsOf(left);
  const b = partsOf(right);
  if (a.negative !== b.negative) return a.negative ? -1 : 1;
  const places = Math.max(a.fraction.length, b.fraction.length);
  const difference =
    a.whole.length - b.whole.length ||
    order(a.whole + a.fraction.padEnd(places, '0'), b.whole + b.fraction.padEnd(places, '0'));
  return Math.sign(a.negative ? -difference : difference) + 0;
}

function partsOf(value: Decimal): { negative: boolean; whole: string; fraction: string } {
  const [matched, sign, whole = '', fraction = ''] = CANONICAL.exec(value) ?? [];
  if (matched === undefined) throw new FaultyValue('a decimal', shapeOf(value));
  return { negative: sign === '-', whole, fraction };
}

function order(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function ofNumber(value: number): Decimal {
  const text = String(value === 0 ? 0 : value);
  const digits = text.replace(/\D/g, '').replace(/^0+/, '').length;
  const safe = Number.isInteger(value) ? Number.isSafeInteger(value) : digits <= SAFE_FLOAT_DIGITS;
  if (!safe || !CANONICAL.test(text)) {
    throw new FaultyValue('a number that a float holds exactly; send longer ones as text', shapeOf(value));
  }
  return text as Decimal;
}
