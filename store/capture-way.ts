import type { Binding, Database } from '../drivers/database.ts';
import { upsertRows } from './many-rows.ts';
import { inTransaction, type Transaction } from './transaction.ts';

/** Where a way of capture stands. */
export interface CaptureWay {
  readonly position: string | null;
  readonly sweep: string | null;
  /** UTC milliseconds; null before the first full pass. */
  readonly currentUntil: number | null;
  readonly heldDeletes: number;
  /** A person has said that the deletes that wait are right. */
  readonly deletesConfirmed: boolean;
}

/** What changes of it; what is not named stays. */
export interface CaptureWayChange {
  readonly position?: string | undefined;
  readonly sweep?: string | undefined;
  /** Given when the way has caught up, which ends a failure. */
  readonly currentUntil?: number | undefined;
  readonly heldDeletes?: number | undefined;
  readonly deletesConfirmed?: boolean | undefined;
}

export async function readCaptureWay(database: Database, sector: string, way: string): Promise<CaptureWay> {
  const [row] = await database.query(
    'select position, sweep, current_until, held_deletes, deletes_confirmed from capture_way where sector = ? and way = ?',
    [sector, way],
  );
  return {
    position: textOrNull(row?.position),
    sweep: textOrNull(row?.sweep),
    currentUntil: row?.current_until == null ? null : Number(row.current_until),
    heldDeletes: Number(row?.held_deletes ?? 0),
    deletesConfirmed: Number(row?.deletes_confirmed ?? 0) === 1,
  };
}

export async function saveCaptureWay(
  trx: Transaction,
  database: Database,
  options: { sector: string; way: string; change: CaptureWayChange; at: number },
): Promise<void> {
  const { sector, way, change, at } = options;
  const columns: Record<string, Binding> = {
    ...(change.position !== undefined && { position: change.position }),
    ...(change.sweep !== undefined && { sweep: change.sweep }),
    ...(change.currentUntil !== undefined && {
      current_until: change.currentUntil,
      failing_since: null,
      failure: null,
    }),
    ...(change.heldDeletes !== undefined && { held_deletes: change.heldDeletes }),
    ...(change.deletesConfirmed !== undefined && { deletes_confirmed: change.deletesConfirmed ? 1 : 0 }),
    updated_at: at,
  };
  await upsertRows(
    trx,
    database.traits,
    { table: 'capture_way', columns: ['sector', 'way', ...Object.keys(columns)], key: ['sector', 'way'] },
    [[sector, way, ...Object.values(columns)]],
  );
}

/** Notes that a way fails. Since when stays as it is while it goes on failing. */
export async function noteFailure(
  database: Database,
  { sector, way, failure, at }: { sector: string; way: string; failure: string; at: number },
): Promise<void> {
  const shape = {
    table: 'capture_way',
    columns: ['sector', 'way', 'failing_since', 'failure', 'updated_at'],
    key: ['sector', 'way'],
    update: {
      failing_since: 'coalesce(capture_way.failing_since, new(failing_since))',
      failure: 'new(failure)',
      updated_at: 'new(updated_at)',
    },
  };
  await inTransaction(database, (trx) =>
    upsertRows(trx, database.traits, shape, [[sector, way, at, failure.slice(0, 500), at]]),
  );
}

/**
 * Says that the deletes that wait are right: the next full comparison records as many.
 *
 * @returns how many wait; none: nothing is confirmed. Null: the sector has no such way.
 */
export async function confirmDeletes(database: Database, sector: string, way: string): Promise<number | null> {
  return inTransaction(database, async ({ run }) => {
    const [row] = await run('select held_deletes from capture_way where sector = ? and way = ?', [sector, way]);
    if (row === undefined) return null;
    const held = Number(row.held_deletes);
    if (held > 0) await run('update capture_way set deletes_confirmed = 1 where sector = ? and way = ?', [sector, way]);
    return held;
  });
}

/** Ways by which a sector's system has been read so far. */
export async function knownWays({ query }: Database, sector: string): Promise<readonly string[]> {
  const rows = await query('select way from capture_way where sector = ? order by way', [sector]);
  return rows.map(({ way }) => String(way));
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
