import { type Claim, type ClaimedWork, ClaimLost, type DeliveryOutcome } from '../../store/delivery-queue.ts';
import { nameOf } from '../failure.ts';
import { Postponed, portalCalls } from './calls.ts';
import { factsOf } from './facts.ts';
import { PortalResting } from './gate.ts';
import { doubledSteps, judge, shownRecord } from './judge.ts';
import { portalAgency } from './payload.ts';
import { otherSender } from './portal-holds.ts';
import type { Workshop } from './workshop.ts';

/** What a comparison of delivered dossiers with the portal found. */
export interface Reconciliation {
  readonly compared: number;
  /** The portal has nothing, or an earlier content of the hub's: delivered again. */
  readonly repaired: number;
  /** Steps that the portal lost: delivered again. */
  readonly missingSteps: number;
  /** Steps the portal holds more than once: told, since the wire knows no way to take one back. */
  readonly doubledSteps: number;
  /** Changed by another sender: held. */
  readonly otherSender: number;
  /** Not compared, since the portal did not answer. */
  readonly unanswered: number;
}

export const NOTHING_COMPARED: Reconciliation = {
  compared: 0,
  repaired: 0,
  missingSteps: 0,
  doubledSteps: 0,
  otherSender: 0,
  unanswered: 0,
};

export function sumOf(left: Reconciliation, right: Reconciliation): Reconciliation {
  const sum = { ...left };
  for (const name of Object.keys(sum) as (keyof Reconciliation)[])
    Object.assign(sum, { [name]: left[name] + right[name] });
  return sum;
}

/**
 * Compares one delivered dossier with what the portal has. The claim keeps deliveries of the same dossier away.
 *
 * @throws ClaimLost
 */
export async function compare(claim: Claim, shop: Workshop, signal: AbortSignal): Promise<Reconciliation> {
  const { queue } = shop;
  const asItWas: DeliveryOutcome = { to: 'acknowledged', revision: claim.knownRevision };
  try {
    const owed: ClaimedWork[] = [];
    const { outcome, ...found } = await look(claim, shop, { signal, owed });
    await queue.finish(claim, outcome ?? asItWas, owed);
    return { ...NOTHING_COMPARED, ...found, compared: 1 };
  } catch (error) {
    if (error instanceof ClaimLost) throw error;
    await queue.finish(claim, asItWas).catch(() => {});
    if (signal.aborted) return NOTHING_COMPARED;
    // Its message is the hub's own; a stranger's may hold an address.
    const reason = error instanceof Postponed || error instanceof PortalResting ? error.message : nameOf(error);
    shop.warn('a delivered dossier could not be compared', { reason });
    return { ...NOTHING_COMPARED, unanswered: 1 };
  }
}

async function look(
  claim: Claim,
  shop: Workshop,
  { signal, owed }: { readonly signal: AbortSignal; readonly owed: ClaimedWork[] },
): Promise<Partial<Reconciliation> & { readonly outcome?: DeliveryOutcome }> {
  const { ledger, now, warn } = shop;
  const { code } = claim;
  const known = await ledger.knownOf(code);
  const facts = factsOf(code, await shop.views(code), shop);
  // Sent long ago on behalf of an agency that no catalogue has any more: nobody to ask for.
  if (facts.agency === null) return { repaired: 1, outcome: pendingAgain(now()) };
  const calls = portalCalls({ ...shop, claim, signal, owed, scope: { agency: '', procedure: '' } });
  const record = await calls.lookUp(portalAgency(facts.agency));
  if (record === null) {
    owed.push(ledger.forgotten());
    return { repaired: 1, outcome: pendingAgain(now()) };
  }
  const doubled = doubledSteps(record).length;
  if (doubled > 0) warn('the portal holds steps of a dossier more than once', { steps: doubled });
  const verdict = await judge(record, { known, wanted: null }, (hash) => ledger.wasSent(code, hash));
  if (verdict.of === 'other') {
    const outcome: DeliveryOutcome = { to: 'held', revision: claim.knownRevision, reason: otherSender(), known: 0 };
    return { doubledSteps: doubled, otherSender: 1, outcome };
  }
  const shown = shownRecord(record, verdict, claim.knownRevision);
  owed.push(ledger.learnt(shown));
  const missing = known.taken.difference(new Set(shown.steps.map(({ key }) => key))).size;
  const older = verdict.hash !== known.copy?.hash;
  const found = { doubledSteps: doubled, missingSteps: missing, repaired: older ? 1 : 0 };
  return missing > 0 || older ? { ...found, outcome: pendingAgain(now()) } : found;
}

function pendingAgain(at: number): DeliveryOutcome {
  return { to: 'pending', at, attempts: 0, known: 0 };
}
