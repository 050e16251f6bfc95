import type { Database } from '../drivers/database.ts';
import { inParts, places, upsertRows } from './many-rows.ts';
import type { Transaction } from './transaction.ts';

/** A record that could not be read. */
export interface FaultyRecord {
  /** Code of the dossier, file and line, topic and offset. */
  readonly place: string;
  readonly code: string | null;
  /** What was expected and what came; no value of the record. */
  readonly reason: string;
}

const MOST_PLACE = 190;
const MOST_REASON = 500;

export async function quarantine(
  trx: Transaction,
  database: Database,
  options: { sector: string; way: string; records: readonly FaultyRecord[]; at: number },
): Promise<void> {
  const { sector, way, at } = options;
  // One statement may not meet the same row twice.
  const records = [...new Map(options.records.map((record) => [record.place.slice(0, MOST_PLACE), record]))];
  await upsertRows(
    trx,
    database.traits,
    {
      table: 'quarantine',
      columns: ['sector', 'way', 'place', 'code', 'reason', 'first_at', 'last_at', 'times'],
      key: ['sector', 'way', 'place'],
      update: {
        code: 'new(code)',
        reason: 'new(reason)',
        last_at: 'new(last_at)',
        times: 'quarantine.times + 1',
      },
    },
    records.map(([place, { code, reason }]) => [sector, way, place, code, reason.slice(0, MOST_REASON), at, at, 1]),
  );
}

/** Forgets what was wrong with dossiers that can be read again. */
export async function releaseFromQuarantine(
  trx: Transaction,
  database: Database,
  sector: string,
  codes: readonly string[],
): Promise<void> {
  for (const part of inParts(codes, database.traits, 1)) {
    await trx.run(`delete from quarantine where sector = ? and code in (${places(part.length)})`, [sector, ...part]);
  }
}
