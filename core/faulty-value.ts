/**
 * A value that a source or a person gave and that cannot be what it should be. It says what is expected and only the
 * shape of what came ("11 digits"), never the value: messages are logged, values are personal data.
 */
export class FaultyValue extends Error {
  /** What would have been right, such as "a date as dd/MM/yyyy". */
  readonly expected: string;
  /** The shape of what came, such as "11 digits". */
  readonly came: string;

  constructor(expected: string, came: string) {
    super(`expected ${expected}, came ${came}`);
    this.name = 'FaultyValue';
    this.expected = expected;
    this.came = came;
  }
}

/** Describes a value by kind and length only, so that it may be logged. */
export function shapeOf(value: unknown): string {
  if (typeof value !== 'string') return shapeOfOther(value);
  if (value === '') return 'empty text';
  if (value.trim() === '') return 'blank text';
  const digits = value.replace(/\D/g, '').length;
  if (digits === value.length) return count(digits, 'digit');
  const characters = `text of ${count(value.length, 'character')}`;
  return digits === 0 ? characters : `${characters} with ${count(digits, 'digit')}`;
}

function shapeOfOther(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date object';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number that is not finite';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
