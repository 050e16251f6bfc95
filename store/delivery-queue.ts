import type { Database, Knex } from '../drivers/database.ts';
import { sharedClock, sharedClockPlus } from './clock.ts';
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
   * Does work in one transaction that first proves the claim and renews it.
   *
   * @throws ClaimLost when another has it by now; the transaction then changes nothing
   */
  write(claim: Claim, ...works: readonly ClaimedWork[]): Promise<void>;
  /** Lets the dossier go, and does work before that in the same transaction. @throws ClaimLost */
  finish(claim: Claim, outcome: DeliveryOutcome, works?: readonly ClaimedWork[]): Promise<void>;
  /** Whether anything is still to be done, now or later. */
  hasPending(): Promise<boolean>;
}

/** Something to be written while a claim is proven, in one transaction with whatever else is. */
export type ClaimedWork = (transaction: Knex.Transaction, claim: Claim) => Promise<void>;

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

const MOST_REASON = 500;
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
  const prove = async (transaction: Knex.Transaction, claim: Claim, change: object): Promise<void> => {
    const changed = await transaction('delivery')
      .where({ code: claim.code, fence: claim.fence, claimed_by: holder })
      .update(change);
    if (changed !== 1) throw new ClaimLost();
  };

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
      await inTransaction(database, async ({ knex: transaction }) => {
        await prove(transaction, claim, { claimed_until: sharedClockPlus(transaction, database, leaseMs) });
        for (const work of works) await work(transaction, claim);
      });
      claim.until = startedAt + leaseMs * (1 - SAFETY);
    },
    finish: async (claim, outcome, works = []) => {
      await inTransaction(database, async ({ knex: transaction }) => {
        const { next_try_at: dueAt, ...change } = changeFor(transaction, outcome, now());
        const due = sharedClockPlus(transaction, database, dueAt - now());
        await prove(transaction, claim, { ...change, next_try_at: due });
        for (const work of works) await work(transaction, claim);
      });
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

const COLUMNS = ['code', 'fence', 'known_revision', 'wanted_revision', 'attempts'];

/** Its times go by this hub's own clock. */
function changeFor(knex: Knex.Transaction, outcome: DeliveryOutcome, now: number) {
  const free = { claimed_by: null, claimed_until: 0 };
  if (outcome.to === 'pending') {
    const { at, attempts, known } = outcome;
    const lost = known === undefined ? {} : { state: 'pending', known_revision: known };
    return { ...free, ...lost, attempts, next_try_at: at };
  }
  const { to, revision } = outcome;
  const reason = 'reason' in outcome ? outcome.reason : undefined;
  return {
    ...free,
    ...(to === 'acknowledged' && { known_revision: revision }),
    ...('known' in outcome && { known_revision: outcome.known }),
    ...((to === 'held' || to === 'failed') && {
      held_since: knex.raw('case when reason_code = ? then coalesce(held_since, ?) else ? end', [
        reason?.code ?? '',
        now,
        now,
      ]),
    }),
    ...(to !== 'held' && to !== 'failed' && { held_since: null }),
    reason_code: reason?.code ?? null,
    reason: reason === undefined ? null : reason.text.slice(0, MOST_REASON),
    // A change that came meanwhile was not looked at yet.
    state: knex.raw('case when wanted_revision > ? then ? else ? end', [revision, 'pending', to]),
    next_try_at: now,
    attempts: 0,
  };
}
