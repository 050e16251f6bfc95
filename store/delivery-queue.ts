import type { Database, Knex } from '../drivers/database.ts';
import { sharedClock } from './clock.ts';
import { createDeliveryBatch, type DeliveryBatch } from './delivery-batch.ts';
import { DELIVERY, deliveryValues, letGo, lockDeliveries } from './delivery-row.ts';
import { createRounds } from './rounds.ts';
import { inTransaction } from './transaction.ts';

/**
 * Which dossiers have something for the portal, and who is at work on which. A claim lasts a while and is renewed by
 * every write; its fence grows with each new claim of the dossier, so that whoever was paused past the end of theirs
 * writes nothing any more.
 */
export interface DeliveryQueue {
  /** Dossiers that are due, longest waiting first; nobody else gets them while the claims last. */
  claim(limit: number): Promise<Claim[]>;
  /**
   * Acknowledged ones that were last compared with the portal before an instant (UTC milliseconds), longest ago first.
   * What is not acknowledged is passed over: it is compared when its turn to be delivered comes.
   *
   * @returns null when there are no more
   */
  claimUnchecked(limit: number, before: number): Promise<Claim[] | null>;
  /**
   * Does work in one transaction that first proves the claim and renews it, together with what is to be written of
   * other dossiers in the same moment.
   *
   * @throws ClaimLost when another has it by now; nothing of this dossier is then written
   */
  write(claim: Claim, ...works: readonly ClaimedWork[]): Promise<void>;
  /** Lets the dossier go, and does work before that in the same transaction. @throws ClaimLost */
  finish(claim: Claim, outcome: DeliveryOutcome, works?: readonly ClaimedWork[]): Promise<void>;
  /** Whether anything is still to be done, now or later. */
  hasPending(): Promise<boolean>;
}

/**
 * Something to be written while a claim is proven, in one transaction with whatever else is. It may be done more than
 * once, since a transaction that lost against another is done again: it must not keep anything outside of it.
 */
export type ClaimedWork = (batch: DeliveryBatch, claim: Claim) => void | Promise<void>;

export interface Claim {
  readonly code: string;
  readonly fence: number;
  /** What the portal was known to have, and what it ought to have, when it was claimed. */
  readonly knownRevision: number;
  readonly wantedRevision: number;
  readonly attempts: number;
  /** By `performance.now()`: nothing may be sent after it. Moved by every write. */
  until: number;
}

export class ClaimLost extends Error {
  constructor() {
    super('The claim on this dossier has ended and another may have it');
    this.name = 'ClaimLost';
  }
}

/** How a dossier is let go. `revision` is the one that was looked at: a newer one is pending again at once. */
export type DeliveryOutcome =
  | { readonly to: 'acknowledged'; readonly revision: number }
  | { readonly to: 'held'; readonly revision: number; readonly reason: Reason; readonly known?: 0 }
  | { readonly to: 'off' | 'shadow'; readonly revision: number }
  | { readonly to: 'failed'; readonly revision: number; readonly reason: Reason }
  /** Still to be done, from an instant on. `known: 0`: the portal turned out to have nothing. */
  | { readonly to: 'pending'; readonly at: number; readonly attempts: number; readonly known?: 0 };

export interface Reason {
  readonly code: string;
  readonly text: string;
}

export interface DeliveryQueueOptions {
  /** Names this process in its claims. */
  readonly holder: string;
  readonly leaseMs: number;
  /** UTC milliseconds. What others wait for goes by the database's clock, which all processes share. */
  readonly now: () => number;
}

/** Dossiers that one transaction writes of. */
const MOST_TOGETHER = 100;
/** Least between two transactions that write; whoever comes meanwhile goes with the next. */
const GATHER_MS = 25;
/** A part of the lease that is not used, for what comes between looking at the clock and sending. */
const SAFETY = 0.1;

export function createDeliveryQueue(database: Database, options: DeliveryQueueOptions): DeliveryQueue {
  const { holder, leaseMs, now } = options;
  const { knex } = database;

  const claimRows = async (
    pick: (transaction: Knex.Transaction, clock: number) => Promise<Row[]>,
  ): Promise<Claim[]> => {
    const startedAt = performance.now();
    return inTransaction(database, async ({ knex: transaction }) => {
      const clock = await sharedClock(transaction, database);
      const rows = await pick(transaction, clock);
      if (rows.length === 0) return [];
      await transaction('delivery')
        .whereIn(
          'code',
          rows.map(({ code }) => code),
        )
        .update({ claimed_by: holder, claimed_until: clock + leaseMs, fence: transaction.raw('fence + 1') });
      return rows.map((row) => ({
        code: row.code,
        fence: Number(row.fence) + 1,
        knownRevision: Number(row.known_revision),
        wantedRevision: Number(row.wanted_revision),
        attempts: Number(row.attempts),
        until: startedAt + leaseMs * (1 - SAFETY),
      }));
    });
  };
  const locked = (query: Knex.QueryBuilder): Knex.QueryBuilder =>
    database.traits.skipLocked ? query.forUpdate('delivery').skipLocked() : query;
  const commit = (items: readonly ClaimedItem[]): Promise<(null | ClaimLost)[]> =>
    inTransaction(database, async (trx) => {
      const codes = items.map(({ claim }) => claim.code);
      const rows = await lockDeliveries(trx.knex, database, codes);
      const clock = await sharedClock(trx.knex, database);
      const batch = createDeliveryBatch(trx, database, clock);
      const results: (null | ClaimLost)[] = [];
      for (const { claim, outcome, works } of items) {
        const row = rows.get(claim.code);
        const isOurs = row?.fence === claim.fence && row.claimedBy === holder;
        results.push(isOurs ? null : new ClaimLost());
        if (!isOurs) continue;
        const changed =
          outcome === null ? { ...row, claimedUntil: clock + leaseMs } : letGo(row, outcome, { now: now(), clock });
        batch.put(DELIVERY, deliveryValues(changed));
        for (const work of works) await work(batch, claim);
      }
      await batch.flush();
      return results;
    });
  const together = createRounds<ClaimedItem, null>({ run: commit, most: MOST_TOGETHER, restMs: GATHER_MS });

  return {
    claim: (limit) =>
      claimRows((transaction, clock) =>
        locked(
          transaction('delivery')
            .select(COLUMNS)
            .where({ state: 'pending' })
            .andWhere('next_try_at', '<=', clock)
            .andWhere('claimed_until', '<=', clock)
            .orderBy(['next_try_at', 'code'])
            .limit(limit),
        ),
      ),
    claimUnchecked: async (limit, before) => {
      // Not in the claiming statement: it would lock every row it walks past.
      const codes: string[] = await knex('portal_copy')
        .where('checked_at', '<', before)
        .orderBy(['checked_at', 'code'])
        .limit(limit)
        .pluck('code');
      if (codes.length === 0) return null;
      const claims = await claimRows((transaction, clock) =>
        locked(
          transaction('delivery')
            .select(COLUMNS)
            .whereIn('code', codes)
            .andWhere({ state: 'acknowledged' })
            .andWhere('claimed_until', '<=', clock),
        ),
      );
      const passed = codes.filter((code) => !claims.some((claim) => claim.code === code));
      if (passed.length > 0) {
        await inTransaction(database, ({ knex: transaction }) =>
          transaction('portal_copy').whereIn('code', passed).update({ checked_at: now() }),
        );
      }
      return claims;
    },
    write: async (claim, ...works) => {
      const startedAt = performance.now();
      await together({ claim, outcome: null, works });
      claim.until = startedAt + leaseMs * (1 - SAFETY);
    },
    finish: async (claim, outcome, works = []) => {
      await together({ claim, outcome, works });
    },
    hasPending: async () => {
      const rows = await database.query("select 1 as one from delivery where state = 'pending' limit 1");
      return rows.length > 0;
    },
  };
}

interface Row {
  readonly code: string;
  readonly fence: number | string;
  readonly known_revision: number;
  readonly wanted_revision: number;
  readonly attempts: number;
}

/** What is to be written of one dossier. */
interface ClaimedItem {
  readonly claim: Claim;
  /** Null: the claim is renewed. */
  readonly outcome: DeliveryOutcome | null;
  readonly works: readonly ClaimedWork[];
}

const COLUMNS = ['code', 'fence', 'known_revision', 'wanted_revision', 'attempts'];
