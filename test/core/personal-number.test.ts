import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaultyValue } from '../../core/faulty-value.ts';
import {
  isPersonalNumber,
  parsePersonalNumber,
  personalNumberFacts,
  restoreLeadingZeros,
} from '../../core/personal-number.ts';

const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`));
const twelve = fc
  .tuple(fc.integer({ min: 1, max: 96 }), fc.integer({ min: 0, max: 3 }), digits(8))
  .map(([province, century, rest]) => `0${String(province).padStart(2, '0')}${century}${rest}`);
const both = ['twelve', 'nine'] as const;

describe('parsing', () => {
  test.each([
    ['001085004213', 'twelve', '001085004213'],
    [' 001 085 004 213 ', 'twelve', '001085004213'],
    ['001.085.004.213', 'twelve', '001085004213'],
    ["'001085004213", 'twelve', '001085004213'],
    ['012345678', 'nine', '012345678'],
    ['012\u00a0345\u00a0678', 'nine', '012345678'],
  ])('%j is a number of the kind %s', (text, kind, number) => {
    expect(parsePersonalNumber(text)).toEqual({ kind, number });
  });

  test.each([
    '',
    '12345678',
    '1085004213',
    '10850042130.0',
    '12345678.0',
    '101085004213',
    '000085004213',
    '001485004213',
    '000000000',
    '00108500421x',
    '001-085-004-213',
    '001.0850.04213',
  ])('%j is refused', (text) => {
    expect(() => parsePersonalNumber(text)).toThrow(FaultyValue);
    expect(isPersonalNumber(text)).toBe(false);
  });

  test('a refusal does not repeat the number', () => {
    expect(() => parsePersonalNumber('98765432101')).toThrow(/^expected .*, came 11 digits$/);
    expect(() => parsePersonalNumber('998765432101')).toThrow(/^((?!9987).)*$/);
  });

  test('every number that can exist is read, however it is grouped', () => {
    fc.assert(
      fc.property(twelve, (number) => {
        const grouped = number.replace(/(\d{3})(?=\d)/g, '$1.');
        return [number, grouped, ` ${number} `].every((text) => parsePersonalNumber(text).number === number);
      }),
    );
  });
});

test('the twelve digits state province, sex and year of birth', () => {
  expect(personalNumberFacts('001085004213')).toEqual({ province: '001', sex: 'male', birthYear: 1985 });
  expect(personalNumberFacts('096305004213')).toEqual({ province: '096', sex: 'female', birthYear: 2005 });
  expect(() => personalNumberFacts('012345678')).toThrow(FaultyValue);
});

describe('numbers from spreadsheets', () => {
  test.each([
    ['1085004213', '001085004213'],
    ['1085004213.0', '001085004213'],
    ['38085004213', '038085004213'],
    ['12345678', '012345678'],
    ['123456789.00', '123456789'],
    ['001085004213', '001085004213'],
  ])('%j gets back what it lost', (text, number) => {
    expect(restoreLeadingZeros(text, both).number).toBe(number);
  });

  test.each([
    ['1.085004213E9', both],
    ['1085004213.5', both],
    ['0085004213', both],
    ['1485004213', both],
    ['85004213', ['twelve']],
    ['1085004213', ['nine']],
    ['1234567', both],
    ['', both],
  ] as const)('%j is refused for a column of %j', (text, kinds) => {
    expect(() => restoreLeadingZeros(text, kinds)).toThrow(FaultyValue);
  });

  test('a number never comes back as another number', () => {
    fc.assert(
      fc.property(twelve, (number) => {
        const stored = `${Number(number)}.0`;
        return restoreLeadingZeros(stored, ['twelve']).number === number;
      }),
    );
  });
});
