import { type Claim, ClaimLost, type DeliveryOutcome } from '../../store/delivery-queue.ts';
import { compare, NOTHING_COMPARED, type Reconciliation, sumOf } from './reconcile.ts';
import type { Workshop } from './workshop.ts';

/** Compares delivered dossiers with the portal, those first that were compared longest ago. */
export interface Reconciler {
  /** As much as one interval has room for; resolves at once where one is under way. */
  round(): Promise<void>;
  /** Everything delivered so far, until it has been through or the portal stops answering. */
  all(told?: (soFar: Reconciliation) => void): Promise<Reconciliation>;
  /** Resolves when no round is under way any more. */
  ended(): Promise<unknown>;
}

export interface ReconcilerOptions {
  readonly shop: Workshop;
  readonly callsPerSecond: number;
  /** Between two rounds, milliseconds. */
  readonly intervalMs: number;
  readonly stopping: AbortSignal;
  readonly breaking: AbortSignal;
}

/** Compared one after the other under claims taken together: a claim that waits for its turn goes on ending. */
const CLAIMED = 5;
/** Compared in a round however lately they were. */
const USUAL = 50;
/** What was not compared for so long is compared as fast as its share of the calls allows. */
const DAY_MS = 24 * 60 * 60_000;
const SHARE = 0.1;

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { shop, callsPerSecond, intervalMs, stopping, breaking } = options;
  const { queue, now } = shop;
  const most = Math.max(1, Math.floor((callsPerSecond * SHARE * intervalMs) / 1_000));
  let running: Promise<void> | undefined;

  /** @returns null when nothing was last compared before then; `goOn`: whether there is reason to take more */
  const some = async (before: number, limit: number): Promise<{ sum: Reconciliation; goOn: boolean } | null> => {
    const claims = await queue.claimUnchecked(Math.min(CLAIMED, limit), before);
    if (claims === null) return null;
    let sum = NOTHING_COMPARED;
    let goOn = true;
    for (const claim of claims) {
      goOn &&= !stopping.aborted && sum.unanswered === 0;
      if (!goOn) await queue.finish(claim, asItWas(claim)).catch(() => {});
      else {
        const found = await compare(claim, shop, breaking).catch((error: unknown) => {
          // Others have it by now, or will: what it was to be compared with may be another already.
          if (error instanceof ClaimLost) return null;
          throw error;
        });
        if (found === null) goOn = false;
        else sum = sumOf(sum, found);
      }
    }
    return { sum, goOn: goOn && sum.unanswered === 0 };
  };
  const throughout = async (
    before: number,
    limit: number,
    told: (soFar: Reconciliation) => void = () => {},
  ): Promise<Reconciliation> => {
    let sum = NOTHING_COMPARED;
    for (let left = limit; left > 0 && !stopping.aborted; left -= CLAIMED) {
      const next = await some(before, left);
      if (next === null) break;
      sum = sumOf(sum, next.sum);
      told(sum);
      if (!next.goOn) break;
    }
    return sum;
  };
  const round = async (): Promise<void> => {
    const usual = Math.min(USUAL, most);
    const { unanswered } = await throughout(now(), usual);
    if (unanswered === 0) await throughout(now() - DAY_MS, most - usual);
  };
  return {
    round: () => {
      running ??= round().finally(() => {
        running = undefined;
      });
      return running;
    },
    all: (told) => throughout(now(), Number.POSITIVE_INFINITY, told),
    ended: () => running?.catch(() => {}) ?? Promise.resolve(),
  };
}

function asItWas({ knownRevision }: Claim): DeliveryOutcome {
  return { to: 'acknowledged', revision: knownRevision };
}
