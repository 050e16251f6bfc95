import type { Database, DatabaseRow, Knex } from '../drivers/database.ts';
import type { DeliveryOutcome } from './delivery-queue.ts';
import type { RowValues, TableShape } from './many-rows.ts';

/** What table `delivery` holds of a dossier. Times are UTC milliseconds. */
export interface DeliveryRow {
  readonly code: string;
  readonly wantedRevision: number;
  readonly wantedAt: number;
  readonly knownRevision: number;
  readonly state: string;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly heldSince: number | null;
  readonly attempts: number;
  readonly nextTryAt: number;
  readonly claimedBy: string | null;
  readonly claimedUntil: number;
  readonly fence: number;
}

const COLUMNS = {
  code: 'code',
  wantedRevision: 'wanted_revision',
  wantedAt: 'wanted_at',
  knownRevision: 'known_revision',
  state: 'state',
  reasonCode: 'reason_code',
  reason: 'reason',
  heldSince: 'held_since',
  attempts: 'attempts',
  nextTryAt: 'next_try_at',
  claimedBy: 'claimed_by',
  claimedUntil: 'claimed_until',
  fence: 'fence',
} as const satisfies Record<keyof DeliveryRow, string>;

export const DELIVERY: TableShape = { table: 'delivery', columns: Object.values(COLUMNS), key: ['code'] };

export function deliveryValues(row: DeliveryRow): RowValues {
  return (Object.keys(COLUMNS) as (keyof DeliveryRow)[]).map((field) => row[field]);
}

/** Locks dossiers until the transaction's end, in the order of their codes so that two who do so wait in one order. */
export async function lockDeliveries(
  transaction: Knex.Transaction,
  { traits }: Database,
  codes: readonly string[],
): Promise<ReadonlyMap<string, DeliveryRow>> {
  const query = transaction('delivery').select(Object.values(COLUMNS)).whereIn('code', codes).orderBy('code');
  const rows: DatabaseRow[] = await (traits.skipLocked ? query.forUpdate() : query);
  return new Map(rows.map((row) => [String(row.code), deliveryRow(row)]));
}

export function deliveryRow(row: DatabaseRow): DeliveryRow {
  const text = (value: unknown): string | null => (value === null ? null : String(value));
  return {
    code: String(row.code),
    wantedRevision: Number(row.wanted_revision),
    wantedAt: Number(row.wanted_at),
    knownRevision: Number(row.known_revision),
    state: String(row.state),
    reasonCode: text(row.reason_code),
    reason: text(row.reason),
    heldSince: row.held_since === null ? null : Number(row.held_since),
    attempts: Number(row.attempts),
    nextTryAt: Number(row.next_try_at),
    claimedBy: text(row.claimed_by),
    claimedUntil: Number(row.claimed_until),
    fence: Number(row.fence),
  };
}

const MOST_REASON = 500;

/**
 * A dossier that is let go.
 *
 * @param times.now by this hub's own clock, by which the outcome's times go
 * @param times.clock the same moment by the clock that all hubs share
 */
export function letGo(
  row: DeliveryRow,
  outcome: DeliveryOutcome,
  { now, clock }: { readonly now: number; readonly clock: number },
): DeliveryRow {
  const free = { ...row, claimedBy: null, claimedUntil: 0 };
  if (outcome.to === 'pending') {
    const { at, attempts, known } = outcome;
    const lost = known === undefined ? {} : { state: 'pending', knownRevision: known };
    return { ...free, ...lost, attempts, nextTryAt: clock + at - now };
  }
  const { to, revision } = outcome;
  // 0, which counts: the portal turned out to have nothing that is ours.
  const { known = row.knownRevision } = to === 'held' ? outcome : {};
  const reason = 'reason' in outcome ? outcome.reason : undefined;
  return {
    ...free,
    knownRevision: to === 'acknowledged' ? revision : known,
    heldSince: reason === undefined ? null : ((reason.code === row.reasonCode ? row.heldSince : null) ?? now),
    reasonCode: reason?.code ?? null,
    reason: reason?.text.slice(0, MOST_REASON) ?? null,
    // A change that came meanwhile was not looked at yet.
    state: row.wantedRevision > revision ? 'pending' : to,
    nextTryAt: clock,
    attempts: 0,
  };
}
