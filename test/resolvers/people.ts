import type { Statement } from '../../resolvers/identity.ts';

export const A12 = '001085004213';
export const B12 = '001190000042';
export const C12 = '002190000043';
export const NINE = '012345678';
export const NINE_2 = '023456789';
export const YOUNG = '001208000001';

export function says(personalNumbers: readonly string[], birthDate: unknown = null, sector = 'one-stop'): Statement {
  return { sector, personalNumbers, birthDate, fullName: 'Nguyễn Văn Ái', gender: null, asOf: 0 };
}

export function permutations<T>(elements: readonly T[]): readonly (readonly T[])[] {
  if (elements.length < 2) return [elements];
  return elements.flatMap((one, place) => permutations(elements.toSpliced(place, 1)).map((others) => [one, ...others]));
}
