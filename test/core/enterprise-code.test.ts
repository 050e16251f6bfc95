import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isEnterpriseCode, parseEnterpriseCode, restoreEnterpriseCode } from '../../core/enterprise-code.ts';
import { FaultyValue } from '../../core/faulty-value.ts';

test.each([
  ['0100233488', { kind: 'enterprise', code: '0100233488', root: '0100233488' }],
  ['0314409058-002', { kind: 'branch', code: '0314409058-002', root: '0314409058' }],
  ['0314409058002', { kind: 'branch', code: '0314409058-002', root: '0314409058' }],
  [' 0100 233 488 ', { kind: 'enterprise', code: '0100233488', root: '0100233488' }],
  ['41a8000123', { kind: 'household', code: '41A8000123', root: '41A8000123' }],
])('%j is a code', (text, code) => {
  expect(parseEnterpriseCode(text)).toEqual(code);
});

test.each(['', '0100233480', '0314409058-000', '0314409058-02', '0000000000', '0100000000', '41A7000123', '100233488'])(
  '%j is refused',
  (text) => {
    expect(() => parseEnterpriseCode(text)).toThrow(FaultyValue);
    expect(isEnterpriseCode(text)).toBe(false);
  },
);

test('one wrong digit is always found, and so are two neighbours that changed places', () => {
  const place = fc.integer({ min: 0, max: 9 });
  fc.assert(
    fc.property(place, fc.integer({ min: 0, max: 9 }), (at, digit) => {
      const code = '0100233488';
      const changed = code.slice(0, at) + digit + code.slice(at + 1);
      return isEnterpriseCode(changed) === (changed === code);
    }),
  );
  expect(isEnterpriseCode('0102033488')).toBe(false);
});

test('a lost zero comes back only where the check digit proves it', () => {
  expect(restoreEnterpriseCode('100233488').code).toBe('0100233488');
  expect(restoreEnterpriseCode('100233488.0').code).toBe('0100233488');
  expect(restoreEnterpriseCode('0314409058-002').code).toBe('0314409058-002');
  expect(() => restoreEnterpriseCode('100233480')).toThrow(FaultyValue);
  expect(() => restoreEnterpriseCode('10023348')).toThrow(FaultyValue);
});
