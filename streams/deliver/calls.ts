import {
  type Portal,
  type PortalCall,
  type PortalRecord,
  type PortalReply,
  PortalUnanswered,
} from '../../core/portal.ts';
import type { CallAnswer, DeliveryLedger, PortalCallEntry } from '../../store/delivery-ledger.ts';
import { type Claim, type ClaimedWork, ClaimLost, type DeliveryQueue } from '../../store/delivery-queue.ts';
import { nameOf } from '../failure.ts';
import type { PortalGate } from './gate.ts';
import { type DeliveryMode, modeFor, readModes } from './modes.ts';

/** The dossier has to wait: the portal gave no answer that settles anything. */
export class Postponed extends Error {
  /** What the portal asked us to wait, milliseconds. */
  readonly retryAfterMs: number | null;

  constructor(message: string, retryAfterMs: number | null) {
    super(message);
    this.name = 'Postponed';
    this.retryAfterMs = retryAfterMs;
  }
}

/** Sending was stopped for the dossier's agency or procedure while it was worked on. */
export class ModeChanged extends Error {
  readonly mode: DeliveryMode;

  constructor(mode: DeliveryMode) {
    super(`The mode is ${mode} by now`);
    this.name = 'ModeChanged';
    this.mode = mode;
  }
}

export type Settled = Extract<PortalReply, { outcome: 'accepted' | 'refused' }>;

/** Calls of one claimed dossier: within the portal's rate, written before they are sent, never after the claim's end. */
export interface PortalCalls {
  /**
   * Sends once. That it is sent is written before, together with what is owed; that it was accepted is owed. An answer
   * that settles nothing becomes Postponed.
   *
   * @throws Postponed, PortalResting, ModeChanged, ClaimLost
   */
  post(entry: PortalCallEntry, send: (options: PortalCall) => Promise<PortalReply>): Promise<Settled>;
  /** @throws Postponed when it is not answered, PortalResting, ClaimLost */
  lookUp(agency: string): Promise<PortalRecord | null>;
}

export interface PortalCallsOptions {
  readonly claim: Claim;
  readonly portal: Portal;
  readonly gate: PortalGate;
  readonly ledger: DeliveryLedger;
  readonly queue: Pick<DeliveryQueue, 'write'>;
  /**
   * What has become known and is not yet written: it goes with the next call's transaction, or with the one that lets
   * the dossier go. Whatever ends before that leaves a call without an answer, which the next one looks up.
   */
  readonly owed: ClaimedWork[];
  readonly scope: { readonly agency: string; readonly procedure: string };
  readonly standardMode: DeliveryMode;
  readonly timeoutMs: number;
  /** Aborts when the deliverer closes. */
  readonly signal: AbortSignal;
}

export function portalCalls(options: PortalCallsOptions): PortalCalls {
  const { claim, portal, gate, ledger, queue, owed, scope, standardMode, timeoutMs, signal } = options;
  /** @param since performance.now() from which on the call is counted */
  const callSignal = (since: number): AbortSignal => {
    const now = performance.now();
    // Paused past the end of the claim: another may be at it. What was written as submitted they will look up.
    if (claim.until <= now) throw new ClaimLost();
    const leftMs = Math.ceil(Math.min(since + timeoutMs, claim.until) - now);
    return AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, leftMs))]);
  };
  return {
    post: async (entry, send) => {
      await gate.enter(signal);
      // Whoever finds it without an answer counts from when it was written, which may take as long as the store likes.
      const since = performance.now();
      let mode = standardMode;
      await queue.write(claim, ...owed.splice(0), async (batch) => {
        mode = modeFor(await batch.once(readModes), scope, standardMode);
        if (mode === 'send') await ledger.submitted(entry)(batch, claim);
      });
      if (mode !== 'send') throw new ModeChanged(mode);
      const reply = await within(callSignal(since), send).catch(
        (error): PortalReply => ({ outcome: 'unknown', reason: nameOf(error), retryAfterMs: null }),
      );
      const settled = reply.outcome === 'accepted' || reply.outcome === 'refused';
      if (settled) gate.answered();
      else gate.failed(reply.retryAfterMs);
      const written = ledger.settled(entry, answerOf(reply));
      if (reply.outcome === 'accepted') owed.push(written);
      else await queue.write(claim, written);
      if (settled) return reply;
      throw new Postponed(reply.reason, reply.retryAfterMs);
    },
    lookUp: async (agency) => {
      await gate.enter(signal);
      const { code } = claim;
      try {
        const record = await within(callSignal(performance.now()), (options) =>
          portal.lookUp({ agency, code }, options),
        );
        gate.answered();
        return record;
      } catch (error) {
        if (error instanceof ClaimLost) throw error;
        const unanswered = error instanceof PortalUnanswered ? error : null;
        const retryAfterMs = unanswered?.retryAfterMs ?? null;
        if (unanswered?.answered) gate.answered();
        else gate.failed(retryAfterMs);
        throw new Postponed(unanswered?.message ?? nameOf(error), retryAfterMs);
      }
    },
  };
}

function answerOf(reply: PortalReply): CallAnswer {
  if (reply.outcome === 'accepted') return { state: 'accepted', receipt: reply.receipt };
  // The portal's message may quote what was sent; its code says enough for the ledger.
  if (reply.outcome === 'refused') return { state: 'refused', reason: `code ${reply.code}` };
  return { state: reply.outcome, reason: reply.reason };
}

/** Waits no longer than the signal says, also for an adapter that does not listen to it. */
function within<T>(signal: AbortSignal, call: (options: PortalCall) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    call({ signal }).then(resolve, reject);
  });
}
