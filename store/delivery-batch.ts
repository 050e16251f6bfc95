import type { Database, Knex } from '../drivers/database.ts';
import { type RowValues, type TableShape, upsertRows } from './many-rows.ts';
import type { Transaction } from './transaction.ts';

/**
 * What one transaction writes of several dossiers under their claims. Rows of the same kind are gathered and written in
 * one statement at its end.
 */
export interface DeliveryBatch {
  /** UTC milliseconds by the clock that all hubs share, read after the dossiers were locked. */
  readonly clock: number;
  /** Adds a row; a later one of the same key stands over it. */
  put(shape: TableShape, row: RowValues): void;
  /** For statements of one's own, once everything put so far is written. */
  statements(): Promise<Knex.Transaction>;
  /** What all works of this transaction need to know: read once. */
  once<Value>(read: (transaction: Knex.Transaction) => Promise<Value>): Promise<Value>;
}

export interface WritableBatch extends DeliveryBatch {
  /** Writes everything put so far. */
  flush(): Promise<void>;
}

export function createDeliveryBatch(trx: Transaction, { traits }: Database, clock: number): WritableBatch {
  const gathered = new Map<TableShape, RowValues[]>();
  const known = new Map<unknown, Promise<unknown>>();
  const flush = async (): Promise<void> => {
    for (const [shape, rows] of gathered) await upsertRows(trx, traits, shape, rows);
    gathered.clear();
  };
  return {
    clock,
    put: (shape, row) => {
      const rows = gathered.get(shape);
      if (rows === undefined) gathered.set(shape, [row]);
      else rows.push(row);
    },
    statements: async () => {
      await flush();
      return trx.knex;
    },
    once: <Value>(read: (transaction: Knex.Transaction) => Promise<Value>) => {
      const value = (known.get(read) as Promise<Value> | undefined) ?? read(trx.knex);
      known.set(read, value);
      return value;
    },
    flush,
  };
}
