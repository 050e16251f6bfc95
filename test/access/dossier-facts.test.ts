import { describe, expect, it } from 'vitest';
import { numbersOf } from '../../core/access/bearers.ts';
import type { SeenView } from '../../core/dossier-merge.ts';
import { factsOf } from '../../resolvers/dossier-facts.ts';
import { catalogues } from '../resolvers/small-house.ts';
import { BINH, HOA } from './stage.ts';

const CODE = 'H41.58.01-261119-0007';
const factsWith = (view: object) => {
  const held = [{ sector: 'one-stop', role: 'reception', view, failure: null }] as unknown as readonly SeenView[];
  return factsOf({ sectors: [], catalogues }, CODE, held);
};

describe('Whom a dossier names', () => {
  it('are its applicant and parties, by their numbers however they were typed', () => {
    const parties = [{ role: 'Vợ', name: 'Bình', personalNumbers: [BINH] }];
    expect(numbersOf(factsWith({ applicantNumbers: ['001 085 004 213', '01 0023 3488'], parties }).people)).toEqual([
      ...[HOA, '0100233488'],
      BINH,
    ]);
  });

  it('is nobody by words that stand where a number belongs: they are many people’s', () => {
    for (const word of ['chưa có', '-', '0', '123456', '000000000']) {
      expect(numbersOf(factsWith({ applicantNumbers: [word], parties: [{ personalNumbers: [word] }] }).people)).toEqual(
        [],
      );
    }
  });
});
