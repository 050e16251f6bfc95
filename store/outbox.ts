import type { DossierEvent } from '../core/event.ts';
import type { Database } from '../drivers/database.ts';
import { inParts, insertRows, places } from './many-rows.ts';
import { inTransaction, type Transaction } from './transaction.ts';

/** Events between the transaction that made them and the log. Ids of one sector grow in the order of commits. */
export interface OutboxEntry {
  readonly id: string;
  readonly event: DossierEvent;
}

export async function addToOutbox(
  trx: Transaction,
  database: Database,
  events: readonly DossierEvent[],
): Promise<void> {
  const shape = { table: 'outbox', columns: ['sector', 'event', 'recorded_at'], key: ['id'] };
  await insertRows(
    trx,
    database.traits,
    shape,
    events.map((event) => [event.sector, JSON.stringify(event), event.recordedAt]),
  );
}

export async function readOutbox(database: Database, sector: string, limit: number): Promise<readonly OutboxEntry[]> {
  const rows = await database.query(`select id, event from outbox where sector = ? order by id limit ${limit}`, [
    sector,
  ]);
  return rows.map(({ id, event }) => ({ id: String(id), event: JSON.parse(String(event)) as DossierEvent }));
}

export async function removeFromOutbox(database: Database, ids: readonly string[]): Promise<void> {
  await inTransaction(database, async ({ run }) => {
    for (const part of inParts(ids, database.traits)) {
      await run(`delete from outbox where id in (${places(part.length)})`, part);
    }
  });
}

export async function outboxIsEmpty(database: Database, sector: string): Promise<boolean> {
  return (await database.query('select id from outbox where sector = ? limit 1', [sector])).length === 0;
}
