import { describe, expect, it } from 'vitest';
import { isVisitId, newVisitId, visitIdOf } from '../../core/visit-id.ts';

describe('The id of a visit', () => {
  it('is another each time', () => {
    const ids = Array.from({ length: 100 }, newVisitId);
    expect(new Set(ids).size).toBe(100);
    expect(ids.filter((id) => !isVisitId(id))).toEqual([]);
  });

  it.each([
    ['012345678901234567890w', '01234567_90123456_890w'],
    ['CCCD-001085004213-abcw', 'CCCD-00108500_213-abcw'],
    ['AAAA12345678AAAAAAAAAA', 'AAAA12345678AAAAAAAAAA'],
  ])('holds nobody’s number: of %s it is %s', (random, id) => {
    expect(visitIdOf(Buffer.from(random, 'base64url'))).toBe(id);
    expect(isVisitId(id)).toBe(true);
  });

  it.each([
    '',
    'nothing',
    'AAAAAAAAAAAAAAAAAAAAA',
    'AAAAAAAAAAAAAAAAAAAAAAA',
    'AAAAAAAAAA.AAAAAAAAAAA',
    'CCCD-001085004213-abcw',
  ])('is not %j', (text) => {
    expect(isVisitId(text)).toBe(false);
  });
});
