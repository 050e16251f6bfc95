import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FaultyValue } from '../../core/faulty-value.ts';
import {
  formatCompactInstant,
  formatInstant,
  formatVietnameseInstant,
  INSTANT_FORMATS,
  parseInstant,
  startOfVietnamDate,
  vietnamDate,
} from '../../core/time.ts';

const AT = Date.UTC(2026, 9, 5, 1, 30, 15);
const instant = fc.integer({ min: Date.UTC(1800, 0, 1), max: Date.UTC(2199, 11, 31) });
const second = instant.map((ms) => Math.floor(ms / 1000) * 1000);

test.each([
  ['05/10/2026 08:30:15', 'dd/MM/yyyy HH:mm:ss', undefined, AT],
  ['5/10/2026 08:30', 'dd/MM/yyyy HH:mm:ss', undefined, AT - 15_000],
  ['20261005083015', 'yyyyMMddHHmmss', undefined, AT],
  ['20261005013015', 'yyyyMMddHHmmss', 'UTC', AT],
  ['2026-10-05 08:30:15', 'yyyy-MM-dd HH:mm:ss', undefined, AT],
  ['2026-10-05 08:30:15.250', 'yyyy-MM-dd HH:mm:ss', undefined, AT + 250],
  ['2026-10-05 08:30:15.9999999', 'yyyy-MM-dd HH:mm:ss', undefined, AT + 999],
  ['2026-10-05T01:30:15Z', 'rfc3339', undefined, AT],
  ['2026-10-05T08:30:15+07:00', 'rfc3339', 'UTC', AT],
  ['2026-10-04T20:30:15.5-05:00', 'rfc3339', undefined, AT + 500],
  ['2026-10-05T08:30:15', 'rfc3339', undefined, AT],
  ['2026-10-05T01:30:15', 'rfc3339', 'UTC', AT],
  ['05/10/2026', 'dd/MM/yyyy HH:mm:ss', undefined, Date.UTC(2026, 9, 4, 17)],
  ['20261005', 'yyyyMMddHHmmss', undefined, Date.UTC(2026, 9, 4, 17)],
  ['2026-10-05', 'rfc3339', 'UTC', Date.UTC(2026, 9, 5)],
] as const)('%j as %s in %s is read', (text, format, zone, ms) => {
  expect(parseInstant(text, { format, zone })).toBe(ms);
});

test.each([
  ['31/02/2026 08:30:15', 'dd/MM/yyyy HH:mm:ss'],
  ['29/02/2100 08:30:15', 'dd/MM/yyyy HH:mm:ss'],
  ['05/10/2026 24:00:00', 'dd/MM/yyyy HH:mm:ss'],
  ['05/10/2026 23:59:60', 'dd/MM/yyyy HH:mm:ss'],
  ['2026100508301', 'yyyyMMddHHmmss'],
  ['00000000000000', 'yyyyMMddHHmmss'],
  ['2026-10-05T08:30:15+25:00', 'rfc3339'],
  ['0000-00-00 00:00:00', 'yyyy-MM-dd HH:mm:ss'],
  ['', 'rfc3339'],
] as const)('%j as %s is refused', (text, format) => {
  expect(() => parseInstant(text, { format })).toThrow(FaultyValue);
});

test('an instant is written in Vietnamese time with its offset', () => {
  expect(formatInstant(AT)).toBe('2026-10-05T08:30:15+07:00');
  expect(formatInstant(AT + 5)).toBe('2026-10-05T08:30:15.005+07:00');
  expect(formatCompactInstant(AT + 5)).toBe('20261005083015');
  expect(formatVietnameseInstant(AT)).toBe('05/10/2026 08:30:15');
});

test('the date in Vietnam turns at 17:00 UTC', () => {
  expect(vietnamDate(Date.UTC(2026, 9, 4, 16, 59, 59, 999))).toBe('2026-10-04');
  expect(vietnamDate(Date.UTC(2026, 9, 4, 17))).toBe('2026-10-05');
  expect(startOfVietnamDate('2026-10-05')).toBe(Date.UTC(2026, 9, 4, 17));
});

test('what is written reads back as the same instant', () => {
  fc.assert(
    fc.property(instant, (ms) => {
      expect(parseInstant(formatInstant(ms), { format: 'rfc3339' })).toBe(ms);
      expect(Date.parse(formatInstant(ms))).toBe(ms);
    }),
  );
  fc.assert(
    fc.property(second, (ms) => {
      expect(parseInstant(formatCompactInstant(ms), { format: 'yyyyMMddHHmmss' })).toBe(ms);
      expect(parseInstant(formatVietnameseInstant(ms), { format: 'dd/MM/yyyy HH:mm:ss' })).toBe(ms);
    }),
  );
});

test('no text makes anything but whole milliseconds or a fault', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\d/:. TZ+-]{0,30}$/), fc.constantFrom(...INSTANT_FORMATS), (text, format) => {
      try {
        expect(parseInstant(text, { format })).toSatisfy(Number.isSafeInteger);
      } catch (error) {
        expect(error).toBeInstanceOf(FaultyValue);
      }
    }),
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 0.5, 1e18])('%d is no instant', (ms) => {
  expect(() => formatInstant(ms)).toThrow(FaultyValue);
});
