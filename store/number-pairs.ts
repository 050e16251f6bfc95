import type { Seal } from '../core/seal.ts';
import type { Database } from '../drivers/database.ts';

/**
 * Pairs of an old and a new personal number that a system stated when it was asked for something else. The population
 * service demands number, name and birth date, so it cannot be asked who someone is; what it says of two numbers being
 * one person's is remembered here and joins from then on. Numbers are kept sealed: the table alone names nobody.
 */
export interface NumberPairs {
  /** For each number, in order, the numbers known to be the same person's; itself not among them. */
  of(numbers: readonly string[]): Promise<readonly (readonly string[])[]>;
  remember(numbers: readonly string[], statement: { sector: string; at: number }): Promise<void>;
}

const PURPOSE = 'number pair';

export function createNumberPairs(database: Database, seal: Seal): NumberPairs {
  const { knex } = database;
  return {
    async of(numbers) {
      // MySQL has no empty list to look in.
      if (numbers.length === 0) return [];
      const seals = numbers.map((number) => seal.seal(PURPOSE, number));
      const places = seals.map(() => '?').join(', ');
      const rows = await database.query(
        `select number_seal, other_seal from number_pair where number_seal in (${places})`,
        seals,
      );
      if (rows.length === 0) return numbers.map(() => []);
      return seals.map((sealed) =>
        rows
          .filter((row) => row.number_seal === sealed)
          // A seal of another key opens to nothing: a store that was moved without its key joins nobody.
          .flatMap((row) => seal.open(PURPOSE, String(row.other_seal)) ?? []),
      );
    },
    async remember(numbers, { sector, at }) {
      const pairs = numbers.flatMap((number) =>
        numbers
          .filter((other) => other !== number)
          .map((other) => ({
            number_seal: seal.seal(PURPOSE, number),
            other_seal: seal.seal(PURPOSE, other),
            stated_by: sector,
            stated_at: at,
          })),
      );
      if (pairs.length === 0) return;
      await knex('number_pair')
        .insert(pairs)
        .onConflict(['number_seal', 'other_seal'])
        .merge(['stated_by', 'stated_at']);
    },
  };
}
