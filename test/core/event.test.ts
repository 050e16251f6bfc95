import { describe, expect, it } from 'vitest';
import { eventId, isDossierCode, parseEventId } from '../../core/event.ts';

describe('a dossier’s code', () => {
  it.each(['H41.12-261008-0003', '000.01.32.H41-250612-0001', 'HS_7', '1234567', '12345678901234', 'Đ-1'])(
    '%s may be one',
    (code) => {
      expect(isDossierCode(code)).toBe(true);
      expect(parseEventId(eventId('land', code, 7))).toEqual({ sector: 'land', code, version: 7 });
    },
  );

  it.each(['', 'a b', 'a:b', '<a>', "a'b", 'a\u0000', 'a'.repeat(65), 7, null, '001085004213', '011985421'])(
    '%j is none: markup, rubbish, or somebody’s number in the wrong place',
    (code) => {
      expect(isDossierCode(code)).toBe(false);
      expect(parseEventId(eventId('land', String(code), 7)) === null || typeof code !== 'string').toBe(true);
    },
  );
});
