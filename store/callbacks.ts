import type { Database } from '../drivers/database.ts';
import { inParts, places, upsertRows } from './many-rows.ts';
import { inTransaction, type Transaction } from './transaction.ts';

/** A call of a sector's system, kept before it was answered. */
export interface WaitingCallback {
  readonly id: number;
  readonly route: string;
  /** JSON, without the secret that came with it. */
  readonly body: string;
  /** UTC milliseconds. */
  readonly receivedAt: number;
}

/** Keeps a call. One that is there already, waiting or done, stays as it is. */
export async function keepCallback(
  database: Database,
  call: { sector: string; way: string; route: string; digest: string; body: string; at: number },
): Promise<void> {
  const { sector, way, route, digest, body, at } = call;
  const shape = {
    table: 'callback',
    columns: ['sector', 'way', 'route', 'digest', 'body', 'received_at'],
    key: ['sector', 'way', 'digest'],
    update: { digest: 'callback.digest' },
  };
  await inTransaction(database, (trx) =>
    upsertRows(trx, database.traits, shape, [[sector, way, route, digest, body, at]]),
  );
}

/** @returns how many calls of a sector wait; no more than `most` are counted */
export async function countWaiting(database: Database, sector: string, most: number): Promise<number> {
  const [row] = await database.query(
    `select count(*) as waiting from (select 1 from callback where sector = ? and done_at is null limit ${most}) counted`,
    [sector],
  );
  return Number(row?.waiting ?? 0);
}

/** Calls that wait, in the order in which they came. @param after id of the last one read */
export async function readWaiting(
  database: Database,
  { sector, way, after, limit }: { sector: string; way: string; after: number; limit: number },
): Promise<readonly WaitingCallback[]> {
  const rows = await database.query(
    `select id, route, body, received_at from callback where sector = ? and done_at is null and id > ? and way = ? order by id limit ${limit}`,
    [sector, after, way],
  );
  return rows.map(({ id, route, body, received_at: receivedAt }) => ({
    id: Number(id),
    route: String(route),
    body: String(body),
    receivedAt: Number(receivedAt),
  }));
}

/** Done within the transaction that records what the calls said. @param at UTC milliseconds */
export async function markDone(
  trx: Transaction,
  database: Database,
  { ids, at }: { ids: readonly number[]; at: number },
): Promise<void> {
  for (const part of inParts(ids, database.traits, 1)) {
    await trx.run(`update callback set done_at = ? where id in (${places(part.length)})`, [at, ...part]);
  }
}

/**
 * Forgets calls that were done before a moment.
 *
 * @returns how many; as many as `limit` means that there may be more
 */
export async function forgetDone(
  database: Database,
  { sector, before, limit }: { sector: string; before: number; limit: number },
): Promise<number> {
  const rows = await database.query(`select id from callback where sector = ? and done_at < ? limit ${limit}`, [
    sector,
    before,
  ]);
  const ids = rows.map(({ id }) => Number(id));
  await inTransaction(database, async ({ run }) => {
    for (const part of inParts(ids, database.traits)) {
      await run(`delete from callback where id in (${places(part.length)})`, part);
    }
  });
  return ids.length;
}
