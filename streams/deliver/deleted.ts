import type { Claim, ClaimedWork, DeliveryOutcome } from '../../store/delivery-queue.ts';
import { portalCalls } from './calls.ts';
import { factsOf, scopeOf } from './facts.ts';
import { portalAgency } from './payload.ts';
import { deletedAtSource } from './portal-holds.ts';
import { lateCalls } from './take-stock.ts';
import { readLastViews } from './views.ts';
import type { Workshop } from './workshop.ts';

/**
 * What becomes of a dossier that every system deleted. The wire knows no way to take one back: what the portal has of it
 * is for a person, and done with once the portal shows nothing any more.
 *
 * @param owed takes what is to be written with the outcome
 * @throws Postponed, PortalResting, TooEarly, ClaimLost: it is not known now what the portal has
 */
export async function settleDeleted(
  claim: Claim,
  shop: Workshop,
  { signal, owed }: { readonly signal: AbortSignal; readonly owed: ClaimedWork[] },
): Promise<DeliveryOutcome> {
  const { database, catalogues, ledger } = shop;
  const { code, wantedRevision: revision } = claim;
  const known = await ledger.knownOf(code);
  // What never reached the portal need not be taken from it.
  if (known.copy === null && known.open.length === 0) return { to: 'acknowledged', revision };
  const held: DeliveryOutcome = { to: 'held', revision, reason: deletedAtSource() };
  const last = factsOf(code, await readLastViews(database, code), shop);
  // Nobody to ask for.
  if (last.agency === null) return held;
  const { agencyCode = null, procedureCode = null } = last.view;
  const scope = scopeOf({ agencyCode, procedureCode }, catalogues);
  if ((await shop.modeFor(scope)) === 'off') return held;
  const late = await lateCalls(known.open, shop);
  const record = await portalCalls({ ...shop, claim, scope, signal, owed }).lookUp(portalAgency(last.agency));
  if (record !== null) return held;
  late.expectDossiers([]);
  owed.push(ledger.forgotten());
  return { to: 'acknowledged', revision };
}
