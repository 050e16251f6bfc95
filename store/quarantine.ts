import type { Database } from '../drivers/database.ts';
import { inParts, places, upsertRows } from './many-rows.ts';
import { inTransaction, type Transaction } from './transaction.ts';

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

/** @returns those of places where nothing was in quarantine before */
export async function quarantine(
  trx: Transaction,
  database: Database,
  options: { sector: string; way: string; records: readonly FaultyRecord[]; at: number },
): Promise<readonly FaultyRecord[]> {
  const { sector, way, at } = options;
  // One statement may not meet the same row twice.
  const records = [...new Map(options.records.map((record) => [record.place.slice(0, MOST_PLACE), record]))];
  const known = new Set<string>();
  for (const part of inParts(records, database.traits, 2)) {
    const sql = `select place from quarantine where sector = ? and way = ? and place in (${places(part.length)})`;
    for (const row of await trx.run(sql, [sector, way, ...part.map(([place]) => place)])) known.add(String(row.place));
  }
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
  return records.filter(([place]) => !known.has(place)).map(([place, record]) => ({ ...record, place }));
}

/** A record in quarantine, for people. Times are UTC milliseconds. */
export interface QuarantinedRecord {
  readonly sector: string;
  readonly way: string;
  readonly place: string;
  readonly reason: string;
  readonly lastAt: number;
  readonly times: number;
}

/** The latest ones first. @param sector null: of all */
export async function readQuarantine(
  database: Database,
  { sector, limit }: { sector: string | null; limit: number },
): Promise<readonly QuarantinedRecord[]> {
  const rows = await database.query(
    `select sector, way, place, reason, last_at, times from quarantine
     ${sector === null ? '' : 'where sector = ?'} order by last_at desc, id desc limit ${limit}`,
    sector === null ? [] : [sector],
  );
  return rows.map((row) => ({
    sector: String(row.sector),
    way: String(row.way),
    place: String(row.place),
    reason: String(row.reason),
    lastAt: Number(row.last_at),
    times: Number(row.times),
  }));
}

/** Forgets some of the records that were last met before then. @param before UTC milliseconds */
export async function forgetQuarantine(
  database: Database,
  { sector, before, limit }: { sector: string; before: number; limit: number },
): Promise<void> {
  const rows = await database.query(
    `select id from quarantine where sector = ? and last_at < ? order by id limit ${limit}`,
    [sector, before],
  );
  const ids = rows.map(({ id }) => Number(id));
  if (ids.length === 0) return;
  await inTransaction(database, async ({ run }) => {
    for (const part of inParts(ids, database.traits, 1)) {
      await run(`delete from quarantine where id in (${places(part.length)}) and last_at < ?`, [...part, before]);
    }
  });
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
