import { type PortalStep, PROGRESS_CHUNK } from '../../core/portal.ts';
import type { PortalCallEntry, PortalKnowledge } from '../../store/delivery-ledger.ts';
import type { Claim, ClaimedWork, DeliveryOutcome } from '../../store/delivery-queue.ts';
import { nameOf } from '../failure.ts';
import { isHeard, missingReception } from './awaited.ts';
import { portalCalls } from './calls.ts';
import { settleDeleted } from './deleted.ts';
import { digestsOf, hashOf, stepHash } from './digest.ts';
import { type DossierFacts, factsOf, type StoredView, scopeOf } from './facts.ts';
import type { Hold } from './hold-reasons.ts';
import { afterAccepted } from './knowledge.ts';
import { portalAgency, portalDossier } from './payload.ts';
import { refusedByPortal } from './portal-holds.ts';
import { compareInShadow } from './shadow.ts';
import { portalSteps, stepKey } from './steps.ts';
import { type Sending, TooEarly, takeStock } from './take-stock.ts';
import { validate } from './validate.ts';
import type { Wanted, Workshop } from './workshop.ts';

/** How long a dossier waits for a system that has not been heard, milliseconds; spread, so that not all come at once. */
const AWAIT_MS = 5_000;
/** A second refusal of something else can follow a first, as when the portal lost a dossier; more is a fault. */
const MOST_REFUSALS = 4;

/**
 * Brings one claimed dossier to the portal, as far as it goes.
 *
 * @param owed takes what is to be written with the outcome, whether it comes or is thrown
 * @throws Postponed, PortalResting, TooEarly, ModeChanged, ClaimLost: nothing more can be done now
 */
export async function bring(
  claim: Claim,
  shop: Workshop,
  { signal, owed }: { readonly signal: AbortSignal; readonly owed: ClaimedWork[] },
): Promise<DeliveryOutcome> {
  const { catalogues, roles, now, warn } = shop;
  // Views read from now on are of this revision or a later one; of a later one the queue knows.
  const { code, wantedRevision: revision } = claim;
  const stored = await shop.views(code);
  let facts: DossierFacts;
  let holds: readonly Hold[];
  let wanted: Wanted | null;
  try {
    facts = factsOf(code, stored, { roles, catalogues });
    holds = facts.deleted ? [] : validate(facts, now());
    wanted = facts.deleted || holds.length > 0 ? null : wantedOf(facts, revision);
  } catch (error) {
    // The same views would fail again: this dossier waits for its next version, the others go on.
    warn('a dossier could not be put into the portal’s form', { error: nameOf(error) });
    const text = 'Không lập được dữ liệu gửi Cổng từ hồ sơ này. Đề nghị báo quản trị trục liên thông.';
    return { to: 'failed', revision, reason: { code: 'HUB_FAULT', text } };
  }
  if (!facts.deleted) {
    const hold = await awaited(facts, stored, shop);
    if (hold !== null) return { to: 'held', revision, reason: { code: hold.code, text: hold.text } };
  }
  if (facts.deleted) return settleDeleted(claim, shop, { signal, owed });
  const { agencyCode = null, procedureCode = null } = facts.view;
  const scope = scopeOf({ agencyCode, procedureCode }, catalogues);
  const mode = await shop.modeFor(scope);
  if (mode === 'off') return { to: 'off', revision };
  const [first] = holds;
  if (wanted === null || first !== undefined) {
    const text = holds.map((hold) => hold.text).join(' ');
    return { to: 'held', revision, reason: { code: first?.code ?? 'HUB_FAULT', text } };
  }
  const calls = portalCalls({ ...shop, claim, scope, signal, owed });
  if (mode === 'shadow') {
    const record = await calls.lookUp(wanted.agency);
    owed.push(async (batch) => compareInShadow(await batch.statements(), { record, wanted, now: now() }));
    return { to: 'shadow', revision };
  }
  return send(claim, wanted, { shop, calls, owed });
}

function wantedOf(facts: DossierFacts, revision: number): Wanted {
  const { code, agency } = facts;
  if (agency === null) throw new Error('The validator lets no dossier without a known agency pass');
  const dossier = portalDossier(facts);
  const digests = digestsOf(dossier);
  return {
    code,
    revision,
    agency: portalAgency(agency),
    dossier,
    digests,
    hash: hashOf(digests),
    steps: portalSteps(facts),
  };
}

/** @throws TooEarly while a system that ought to hold the dossier has not been heard */
async function awaited(facts: DossierFacts, stored: readonly StoredView[], shop: Workshop): Promise<Hold | null> {
  const progress = await shop.progress();
  const receptions = [...shop.roles].flatMap(([sector, role]) => (role === 'reception' ? [sector] : []));
  const working = facts.procedure?.sector;
  const missing = missingReception(stored, receptions, progress);
  if (missing === 'wait' || !isHeard([...receptions, ...(working == null ? [] : [working])], progress)) {
    throw new TooEarly(shop.now() + Math.round(AWAIT_MS * (1 + Math.random())));
  }
  return missing;
}

async function send(claim: Claim, wanted: Wanted, { shop, calls, owed }: Sending): Promise<DeliveryOutcome> {
  const { portal, ledger } = shop;
  const { code, revision, agency } = wanted;
  let known = await ledger.knownOf(code);
  const look = async (): Promise<DeliveryOutcome | null> => {
    const stock = await takeStock({ wanted, known }, { shop, calls, owed });
    if ('to' in stock) return stock;
    known = stock;
    return null;
  };
  if (mustLook(claim, known, wanted)) {
    const other = await look();
    if (other !== null) return other;
  }
  for (let refusals = 0; refusals < MOST_REFUSALS; ) {
    const entry = nextCall(wanted, known);
    if (entry === null) return { to: 'acknowledged', revision };
    const reply = await calls.post(entry, (options) =>
      entry.kind === 'progress'
        ? portal.sendProgress({ agency, steps: stepsOf(wanted, entry) }, options)
        : portal.sendDossiers({ agency, update: entry.kind === 'update', dossiers: [wanted.dossier] }, options),
    );
    if (reply.outcome === 'accepted') {
      known = afterAccepted(known, entry);
      continue;
    }
    // Its words are no evidence: what it has decides. Where that asks for the same again, no was meant.
    const other = await look();
    if (other !== null) return other;
    refusals += 1;
    const next = nextCall(wanted, known);
    if (next !== null && next.kind === entry.kind && next.hash === entry.hash) {
      return { to: 'held', revision, reason: refusedByPortal(reply, wanted.dossier) };
    }
  }
  throw new Error('The portal takes and loses the same dossier again and again');
}

/** Never again what may have been taken, and never over what another wrote, without looking first. */
function mustLook(claim: Claim, { open, copy }: PortalKnowledge, wanted: Wanted): boolean {
  if (open.length > 0) return true;
  return copy !== null && (copy.hash !== wanted.hash || claim.knownRevision === 0);
}

/** What is to be sent next: the dossier before its progress, progress in order. Null: the portal has it all. */
function nextCall(wanted: Wanted, { copy, taken }: PortalKnowledge): PortalCallEntry | null {
  const { code, revision, hash, digests, steps } = wanted;
  if (copy?.hash !== hash) {
    const kind = copy === null ? 'create' : 'update';
    return { key: `${code}:${revision}`, code, kind, revision, hash, digests, steps: [] };
  }
  const first = steps.findIndex((step) => !taken.has(stepKey(step)));
  if (first === -1) return null;
  const missing = steps.slice(first).filter((step) => !taken.has(stepKey(step)));
  const entries = missing.slice(0, PROGRESS_CHUNK).map((step) => ({ key: stepKey(step), hash: stepHash(step) }));
  const key = `${code}:${revision}#${first}`;
  const progressHash = hashOf(Object.fromEntries(entries.map((entry) => [entry.key, entry.hash])));
  return { key, code, kind: 'progress', revision, hash: progressHash, digests: null, steps: entries };
}

function stepsOf(wanted: Wanted, { steps }: PortalCallEntry): readonly PortalStep[] {
  const keys = new Set(steps.map(({ key }) => key));
  return wanted.steps.filter((step) => keys.has(stepKey(step)));
}
