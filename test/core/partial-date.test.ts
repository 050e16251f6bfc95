import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FaultyValue } from '../../core/faulty-value.ts';
import {
  comparePartialDates,
  compatible,
  isPartialDate,
  PARTIAL_DATE_FORMATS,
  type PartialDate,
  parsePartialDate,
  partialDateOf,
  precisionOf,
} from '../../core/partial-date.ts';

const partial = fc
  .tuple(fc.integer({ min: 1000, max: 9999 }), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 28 }))
  .map(([year, month, day]) => partialDateOf(year, month, month === 0 ? 0 : day) as PartialDate);

test.each([
  ['1958', 'yyyy', '1958'],
  ['07/1958', 'MM/yyyy', '1958-07'],
  ['12/07/1958', 'dd/MM/yyyy', '1958-07-12'],
  ['1/7/1958', 'dd/MM/yyyy', '1958-07-01'],
  ['12-07-1958', 'dd-MM-yyyy', '1958-07-12'],
  ['1958-07-12', 'yyyy-MM-dd', '1958-07-12'],
  ['19580712', 'yyyyMMdd', '1958-07-12'],
  ['1958-07-12T00:00:00', 'iso', '1958-07-12'],
  ['1958-07-12T17:00:00.000Z', 'iso', '1958-07-12'],
  ['1958-07-12 00:00:00', 'iso', '1958-07-12'],
  ['29/02/2024', 'dd/MM/yyyy', '2024-02-29'],
  ['00/00/1958', 'dd/MM/yyyy', '1958'],
  ['1958-07-00', 'yyyy-MM-dd', '1958-07'],
  ['0000-00-00', 'yyyy-MM-dd', null],
  ['0000-00-00 00:00:00', 'iso', null],
  ['', 'yyyy', null],
] as const)('%j as %s is %j', (text, format, date) => {
  expect(parsePartialDate(text, [format])).toBe(date);
});

test.each([
  ['31/02/1958', 'dd/MM/yyyy'],
  ['29/02/1900', 'dd/MM/yyyy'],
  ['12/13/1958', 'dd/MM/yyyy'],
  ['12/00/1958', 'dd/MM/yyyy'],
  ['12/07/0000', 'dd/MM/yyyy'],
  ['12/07/58', 'dd/MM/yyyy'],
  ['1958-07-12', 'dd/MM/yyyy'],
  ['0208', 'yyyy'],
  ['khoảng 1958', 'yyyy'],
] as const)('%j as %s is refused', (text, format) => {
  expect(() => parsePartialDate(text, [format])).toThrow(FaultyValue);
});

test('the first of several formats that fits is taken', () => {
  expect(parsePartialDate('1958', ['dd/MM/yyyy', 'MM/yyyy', 'yyyy'])).toBe('1958');
});

test('what a date is written as reads back as the same date', () => {
  fc.assert(
    fc.property(partial, (date) => {
      expect(isPartialDate(date)).toBe(true);
      expect(parsePartialDate(date, ['yyyy-MM-dd', 'yyyy-MM', 'yyyy'])).toBe(date);
      const [year, month = '00', day = '00'] = date.split('-');
      expect(parsePartialDate(`${day}/${month}/${year}`, ['dd/MM/yyyy'])).toBe(date);
      expect(parsePartialDate(`${year}${month}${day}`, ['yyyyMMdd'])).toBe(date);
    }),
  );
});

test('no text makes anything but a date, null or a fault', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d/: T-]{0,20}$/)), (text) => {
      try {
        const date = parsePartialDate(text, PARTIAL_DATE_FORMATS);
        expect(date === null || isPartialDate(date)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(FaultyValue);
      }
    }),
  );
});

test('dates agree as far as both are known', () => {
  const of = (text: string) => parsePartialDate(text, ['yyyy-MM-dd', 'yyyy-MM', 'yyyy']) as PartialDate;
  expect(compatible(of('1958'), of('1958-07-12'))).toBe(true);
  expect(compatible(of('1958-07-12'), of('1958-07'))).toBe(true);
  expect(compatible(of('1958-07'), of('1958-08'))).toBe(false);
  expect(compatible(of('1958-07-12'), of('1958-07-13'))).toBe(false);
  expect([of('1958-07-12'), of('1959'), of('1958'), of('1958-07')].sort(comparePartialDates)).toEqual([
    '1958',
    '1958-07',
    '1958-07-12',
    '1959',
  ]);
  expect([of('1958'), of('1958-07'), of('1958-07-12')].map(precisionOf)).toEqual(['year', 'month', 'day']);
});

test.each(['1958-13', '1958-02-30', '1958-7', '58', '1958-00', '0999', ''])('%j is no date of the house', (text) => {
  expect(isPartialDate(text)).toBe(false);
});
