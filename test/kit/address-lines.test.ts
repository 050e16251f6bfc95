import { describe, expect, it } from 'vitest';
import { kit } from '../../kit/index.ts';
import businessRegistration from '../../sectors/business-registration/sector.ts';

const { address } = businessRegistration(kit).entities.household?.fields ?? {};

describe('The address of a household business, which somebody typed into a cell', () => {
  it.each([
    ['12 Hai Bà Trưng \n\n  Phường 1\r\nĐà Lạt', '12 Hai Bà Trưng, Phường 1, Đà Lạt'],
    ['12  Hai Bà Trưng', '12  Hai Bà Trưng'],
    [null, null],
  ])('%j is one line: %j', (typed, expected) => {
    expect(address?.read(typed)).toBe(expected);
  });

  it('is read in a moment where it is nearly all blanks', () => {
    const blanks = ' '.repeat(200_000);
    expect(address?.read(`12${blanks}Hai Bà Trưng`)).toBe(`12${blanks}Hai Bà Trưng`);
  });
});
