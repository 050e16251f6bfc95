import type { Catalogues } from '../../catalogues/catalogue.ts';
import { type Portal, type PortalDossier, type PortalStep, PROGRESS_CHUNK } from '../../core/portal.ts';
import type { Database } from '../../drivers/database.ts';
import type { DeliveryLedger, PortalCallEntry, PortalKnowledge } from '../../store/delivery-ledger.ts';
import type { Claim, ClaimedWork, DeliveryOutcome, DeliveryQueue } from '../../store/delivery-queue.ts';
import type { CaptureProgress } from '../../store/dossier-index.ts';
import { isHeard, missingReception } from './awaited.ts';
import { type PortalCalls, portalCalls } from './calls.ts';
import { digestsOf, hashOf, stepHash } from './digest.ts';
import { type DossierFacts, factsOf, type SectorRoles, type StoredView, scopeOf } from './facts.ts';
import type { PortalGate } from './gate.ts';
import type { Hold } from './hold-reasons.ts';
import { judge, shownRecord, shownSteps, type WantedContent } from './judge.ts';
import { afterAccepted, afterLookup, isSame, NOTHING_KNOWN } from './knowledge.ts';
import { type DeliveryMode, modeFor } from './modes.ts';
import { portalAgency, portalDossier } from './payload.ts';
import { otherSender, refusedByPortal } from './portal-holds.ts';
import { compareInShadow } from './shadow.ts';
import { portalSteps, stepKey } from './steps.ts';
import { validate } from './validate.ts';
import { readViews } from './views.ts';

/** What bringing one dossier to the portal needs. */
export interface Workshop {
  readonly database: Database;
  readonly queue: DeliveryQueue;
  readonly ledger: DeliveryLedger;
  readonly portal: Portal;
  readonly gate: PortalGate;
  readonly catalogues: Catalogues;
  readonly roles: SectorRoles;
  /** How far each sector's capture has come. */
  readonly progress: () => Promise<ReadonlyMap<string, CaptureProgress>>;
  readonly standardMode: DeliveryMode;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** A dossier as it ought to be at the portal. */
export interface Wanted extends WantedContent {
  readonly code: string;
  readonly revision: number;
  /** On whose behalf it is sent, in the portal's order of identifier. */
  readonly agency: string;
  readonly dossier: PortalDossier;
  readonly steps: readonly PortalStep[];
}

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
  const { database, catalogues, roles, ledger, standardMode, now, warn } = shop;
  // Views read from now on are of this revision or a later one; of a later one the queue knows.
  const { code, wantedRevision: revision } = claim;
  const stored = await readViews(database, code);
  let facts: DossierFacts;
  let holds: readonly Hold[];
  let wanted: Wanted | null;
  try {
    facts = factsOf(code, stored, { roles, catalogues });
    holds = facts.deleted ? [] : validate(facts, now());
    wanted = facts.deleted || holds.length > 0 ? null : wantedOf(facts, revision);
  } catch (error) {
    // The same views would fail again: this dossier waits for its next version, the others go on.
    warn('a dossier could not be put into the portal’s form', { error: error instanceof Error ? error.name : 'error' });
    const text = 'Không lập được dữ liệu gửi Cổng từ hồ sơ này. Đề nghị báo quản trị trục liên thông.';
    return { to: 'failed', revision, reason: { code: 'HUB_FAULT', text } };
  }
  if (!facts.deleted) {
    const hold = await awaited(facts, stored, shop);
    if (hold !== null) return { to: 'held', revision, reason: { code: hold.code, text: hold.text } };
  }
  if (facts.deleted) return deletedOutcome(await ledger.knownOf(code), revision);
  const { agencyCode = null, procedureCode = null } = facts.view;
  const scope = scopeOf({ agencyCode, procedureCode }, catalogues);
  const mode = await modeFor(database.knex, scope, standardMode);
  if (mode === 'off') return { to: 'off', revision };
  const [first] = holds;
  if (wanted === null || first !== undefined) {
    const text = holds.map((hold) => hold.text).join(' ');
    return { to: 'held', revision, reason: { code: first?.code ?? 'HUB_FAULT', text } };
  }
  const calls = portalCalls({ ...shop, claim, scope, signal, owed });
  if (mode === 'shadow') {
    const record = await calls.lookUp(wanted.agency);
    owed.push((transaction) => compareInShadow(transaction, { record, wanted, now: now() }));
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

function deletedOutcome(known: PortalKnowledge, revision: number): DeliveryOutcome {
  const text =
    'Hồ sơ đã bị xóa ở hệ thống nguồn nhưng Cổng vẫn còn. Đề nghị đơn vị xác nhận và xử lý bản ghi trên Cổng, hoặc khôi phục hồ sơ ở hệ thống nguồn.';
  const reason = { code: 'DELETED_AT_SOURCE', text };
  // What never reached the portal need not be taken from it.
  return known.copy === null && known.open.length === 0
    ? { to: 'acknowledged', revision }
    : { to: 'held', revision, reason };
}

interface Sending {
  readonly shop: Workshop;
  readonly calls: PortalCalls;
  readonly owed: ClaimedWork[];
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

/** Looks the dossier up. @returns what is known by that, or an outcome when nothing may be sent */
async function takeStock(
  { wanted, known }: { readonly wanted: Wanted; readonly known: PortalKnowledge },
  { shop, calls, owed }: Sending,
): Promise<PortalKnowledge | DeliveryOutcome> {
  const { ledger, timeoutMs, now } = shop;
  const record = await calls.lookUp(wanted.agency);
  const shown = new Set(record === null ? [] : shownSteps(record).map(({ key }) => key));
  if (!known.uncertain.isSubsetOf(shown)) {
    // A portal stores a step twice when it comes twice: what timed out may arrive after the lookup. A dossier may not:
    // it refuses a second creation, and the same update twice is the same.
    const sentAt = known.open.filter(({ kind }) => kind === 'progress').map(({ submittedAt }) => submittedAt);
    const certainAt = Math.max(...sentAt, 0) + timeoutMs;
    if (certainAt > now()) throw new TooEarly(certainAt);
  }
  if (record === null) {
    owed.push(ledger.forgotten());
    return NOTHING_KNOWN;
  }
  const verdict = await judge(record, { known, wanted }, (hash) => ledger.wasSent(wanted.code, hash));
  if (verdict.of === 'other') return { to: 'held', revision: wanted.revision, reason: otherSender(), known: 0 };
  const found = shownRecord(record, verdict, wanted.revision);
  const knownNow = afterLookup(found);
  if (!isSame(known, knownNow)) owed.push(ledger.learnt(found));
  return knownNow;
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
