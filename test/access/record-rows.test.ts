import { describe, expect, it } from 'vitest';
import type { Mapped } from '../../core/mapping.ts';
import type { Entity } from '../../core/open-sector.ts';
import { recordsIn } from '../../resolvers/linked-records.ts';

const parcel = { declaration: { identity: ['map', 'number'] } } as unknown as Entity;

function rowsOfEach(...rows: readonly Mapped[]): readonly (readonly Mapped[])[] {
  const records = recordsIn(parcel, rows);
  for (const { record, rows: own } of records) expect(record).toBe(own[0]);
  return records.map(({ rows: own }) => own);
}

describe('Rows that a system gives', () => {
  const first = { map: '1', number: '23', heldBy: 'Hoà' };

  it('are one record where they agree in all that tells it apart, with everything that each of them states', () => {
    const second = { map: '1', number: '23', heldBy: 'Bình' };
    const other = { map: '12', number: '3', heldBy: 'Hoà' };
    expect(rowsOfEach(first)).toEqual([[first]]);
    expect(rowsOfEach(first, other, second)).toEqual([[first, second], [other]]);
  });

  it('are each their own record where one of these is not known, however alike they look', () => {
    for (const number of [null, undefined, new Error('cannot be read')]) {
      const [one, other] = [
        { map: '1', number },
        { map: '1', number },
      ];
      const rows = rowsOfEach(one, other);
      expect(rows.map(([row]) => row === one || row === other)).toEqual([true, true]);
      expect(rows).toHaveLength(2);
    }
  });

  it('may be none', () => {
    expect(rowsOfEach()).toEqual([]);
  });
});
