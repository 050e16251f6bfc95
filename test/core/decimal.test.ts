import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareDecimals, type Decimal, isDecimal, parseDecimal } from '../../core/decimal.ts';
import { FaultyValue } from '../../core/faulty-value.ts';

const plain = fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,6})?$/).filter(isDecimal);

test.each([
  ['1.234.567,89', 'comma', '1234567.89'],
  ['1,234,567.89', 'dot', '1234567.89'],
  ['1 234 567,89', 'comma', '1234567.89'],
  ['1.234', 'comma', '1234'],
  ['1.234', 'dot', '1.234'],
  ['1.50', 'dot', '1.50'],
  ['1234,5', 'comma', '1234.5'],
  ['-0012.0', 'dot', '-12.0'],
  ['-0.00', 'dot', '0.00'],
  ['+5', 'dot', '5'],
  ['.5', 'dot', '0.5'],
  ['99999999999999999999.99', 'dot', '99999999999999999999.99'],
  [1.5, 'comma', '1.5'],
  [-0, 'dot', '0'],
  [9007199254740991, 'dot', '9007199254740991'],
] as const)('%j by the %s is %s', (value, convention, decimal) => {
  expect(parseDecimal(value, convention)).toBe(decimal);
});

test.each([
  ['1.23', 'comma'],
  ['1,23', 'dot'],
  ['1.234.56', 'comma'],
  ['1234.567,8', 'comma'],
  ['1.234 567', 'comma'],
  ['', 'dot'],
  ['.', 'dot'],
  ['5.', 'dot'],
  ['1e5', 'dot'],
  ['120 m2', 'dot'],
  ['NaN', 'dot'],
  ['9'.repeat(200), 'dot'],
  [2 ** 53, 'dot'],
  [0.1 + 0.2, 'dot'],
  [1e-7, 'dot'],
  [Number.NaN, 'dot'],
] as const)('%j by the %s is refused', (value, convention) => {
  expect(() => parseDecimal(value, convention)).toThrow(FaultyValue);
});

test('a bigint keeps every digit', () => {
  expect(parseDecimal(-12345678901234567890n, 'dot')).toBe('-12345678901234567890');
});

test('a decimal written by either convention reads back as itself', () => {
  fc.assert(
    fc.property(plain, (decimal) => {
      const [whole = '', fraction] = decimal.split('.');
      const grouped = (separator: string) => whole.replace(/(?<=\d)(?=(\d{3})+$)/g, separator);
      const tail = (point: string) => (fraction === undefined ? '' : point + fraction);
      expect(parseDecimal(decimal, 'dot')).toBe(decimal);
      expect(parseDecimal(grouped(',') + tail('.'), 'dot')).toBe(decimal);
      expect(parseDecimal(grouped('.') + tail(','), 'comma')).toBe(decimal);
    }),
  );
});

test('comparing agrees with exact arithmetic', () => {
  const exact = (decimal: Decimal) => {
    const [whole = '', fraction = ''] = decimal.split('.');
    return BigInt(whole.replace('-', '') + fraction.padEnd(6, '0')) * (decimal.startsWith('-') ? -1n : 1n);
  };
  fc.assert(
    fc.property(plain, plain, (left, right) => {
      const difference = exact(left) - exact(right);
      expect(compareDecimals(left, right)).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0);
    }),
  );
  expect(compareDecimals('1.50' as Decimal, '1.5' as Decimal)).toBe(0);
});
