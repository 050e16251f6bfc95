import { sharedClock } from '../../store/clock.ts';
import type { OpenCall, PortalKnowledge } from '../../store/delivery-ledger.ts';
import type { ClaimedWork, DeliveryOutcome } from '../../store/delivery-queue.ts';
import type { PortalCalls } from './calls.ts';
import { judge, shownKeys, shownRecord } from './judge.ts';
import { afterLookup, isSame, NOTHING_KNOWN } from './knowledge.ts';
import { otherSender } from './portal-holds.ts';
import type { Wanted, Workshop } from './workshop.ts';

/** A call may still be on its way when the time for its answer is over, or a part of the dossier on its way to the index. */
export class TooEarly extends Error {
  /** UTC milliseconds from which on it may be known. */
  readonly at: number;

  constructor(at: number) {
    super('What has to be known first may still be under way');
    this.name = 'TooEarly';
    this.at = at;
  }
}

/** With what a dossier is looked up, and what is to be written of it. */
export interface Sending {
  readonly shop: Workshop;
  readonly calls: PortalCalls;
  readonly owed: ClaimedWork[];
}

const NONE: ReadonlySet<string> = new Set();

/** Looks the dossier up. @returns what is known by that, or an outcome when nothing may be sent */
export async function takeStock(
  { wanted, known }: { readonly wanted: Wanted; readonly known: PortalKnowledge },
  { shop, calls, owed }: Sending,
): Promise<PortalKnowledge | DeliveryOutcome> {
  const { ledger } = shop;
  const late = await lateCalls(known.open, shop);
  const record = await calls.lookUp(wanted.agency);
  const shown = record === null ? NONE : shownKeys(record);
  late.expectProgress(known, shown);
  if (record === null) {
    late.expectDossiers([wanted.hash]);
    owed.push(ledger.forgotten());
    return NOTHING_KNOWN;
  }
  const verdict = await judge(record, { known, wanted }, (hash) => ledger.wasSent(wanted.code, hash));
  if (verdict.of === 'other') return { to: 'held', revision: wanted.revision, reason: otherSender(), known: 0 };
  late.expectDossiers([wanted.hash, verdict.hash, verdict.acceptedHash]);
  const knownNow = afterLookup(verdict, shown);
  if (!isSame(known, knownNow)) owed.push(ledger.learnt(shownRecord(record, verdict, wanted.revision)));
  return knownNow;
}

/**
 * Calls without an answer, any of which may reach the portal after it was looked into, until their time is over. To be
 * made before the portal is asked: what came before that is shown. By the clock that all hubs share, since another hub
 * may have sent them.
 */
export async function lateCalls(open: readonly OpenCall[], { database, timeoutMs, now }: Workshop) {
  const askedAt = open.length === 0 ? 0 : await sharedClock(database.knex, database);
  const expect = (calls: readonly OpenCall[]): void => {
    const leftMs = Math.max(...calls.map(({ submittedAt }) => submittedAt)) + timeoutMs - askedAt;
    if (leftMs > 0) throw new TooEarly(now() + leftMs);
  };
  return {
    /** A portal stores a step twice when it comes twice. @throws TooEarly */
    expectProgress: ({ uncertain }: PortalKnowledge, shown: ReadonlySet<string>): void => {
      if (!uncertain.isSubsetOf(shown)) expect(open.filter(({ kind }) => kind === 'progress'));
    },
    /**
     * A content that comes late would stand over what is sent meanwhile. What has arrived, or is to be there anyway, does
     * no harm: a second creation is refused, and the same update twice is the same.
     *
     * @param harmless digests of such contents
     * @throws TooEarly
     */
    expectDossiers: (harmless: readonly (string | null)[]): void => {
      expect(open.filter(({ kind, hash }) => kind !== 'progress' && !harmless.includes(hash)));
    },
  };
}
