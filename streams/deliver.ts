import type { Catalogues } from '../catalogues/catalogue.ts';
import type { Portal } from '../core/portal.ts';
import type { Database } from '../drivers/database.ts';
import { createDeliveryLedger } from '../store/delivery-ledger.ts';
import {
  type Claim,
  type ClaimedWork,
  ClaimLost,
  createDeliveryQueue,
  type DeliveryOutcome,
} from '../store/delivery-queue.ts';
import { createDossierIndex } from '../store/dossier-index.ts';
import { createBell, rest } from './bell.ts';
import { isHeard } from './deliver/awaited.ts';
import { bring } from './deliver/bring.ts';
import { ModeChanged, Postponed } from './deliver/calls.ts';
import { scopeOf } from './deliver/facts.ts';
import { createPortalGate, PortalResting } from './deliver/gate.ts';
import { createModeReader, noteStandardMode, wakeSome } from './deliver/modes.ts';
import type { Reconciliation } from './deliver/reconcile.ts';
import { createReconciler } from './deliver/reconciler.ts';
import { TooEarly } from './deliver/take-stock.ts';
import { createViewReader } from './deliver/views.ts';
import type { Workshop } from './deliver/workshop.ts';
import { nameOf } from './failure.ts';
import type { StreamSettings } from './settings.ts';

/** Brings dossiers to the portal. Several may run on one database: each dossier is one's at a time. */
export interface Deliverer {
  start(): void;
  /** Something may be due now. */
  kick(): void;
  /** Resolves when nothing is pending, also not for later; or when closed. Bounded by its caller. */
  idle(): Promise<void>;
  /** Compares everything delivered with the portal, until it has been through or the portal stops answering. */
  reconcileAll(told?: (soFar: Reconciliation) => void): Promise<Reconciliation>;
  /** Begins nothing new, gives what is under way a few seconds, then breaks it off. */
  close(): Promise<void>;
}

export interface DelivererOptions {
  readonly database: Database;
  readonly portal: Portal;
  readonly catalogues: Catalogues;
  /** Sectors whose systems hold dossiers. */
  readonly sectors: readonly { readonly id: string; readonly role: 'reception' | 'course' }[];
  readonly settings: Pick<
    StreamSettings,
    | 'LEASE_MS'
    | 'PORTAL_MODE'
    | 'PORTAL_TIMEOUT_MS'
    | 'PORTAL_CALLS_PER_SECOND'
    | 'PORTAL_CONCURRENCY'
    | 'RECONCILE_INTERVAL_MS'
  >;
  /** Names this process in its claims. */
  readonly holder: string;
  /** UTC milliseconds. */
  readonly now: () => number;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** How long it sleeps where nobody kicks it: what another process wrote is seen then. */
const SLEEP_MS = 250;
/** Least between two claims. */
const GATHER_MS = 25;
const WAKE_EVERY_MS = 1_000;
const FAULT_PAUSE_MS = 1_000;
const FIRST_BACKOFF_MS = 500;
const MOST_BACKOFF_MS = 300_000;
const CLOSE_MS = 5_000;

export function createDeliverer(options: DelivererOptions): Deliverer {
  const { database, portal, catalogues, settings, holder, now, warn } = options;
  const queue = createDeliveryQueue(database, { holder, leaseMs: settings.LEASE_MS, now });
  const gate = createPortalGate({ callsPerSecond: settings.PORTAL_CALLS_PER_SECOND });
  const shop: Workshop = {
    ...{ database, queue, portal, gate, catalogues, now, warn },
    ledger: createDeliveryLedger(database, { now }),
    roles: new Map(options.sectors.map(({ id, role }) => [id, role])),
    progress: createDossierIndex(database).progress,
    views: createViewReader(database),
    modeFor: createModeReader(database, settings.PORTAL_MODE),
    standardMode: settings.PORTAL_MODE,
    timeoutMs: settings.PORTAL_TIMEOUT_MS,
  };
  const receptions = options.sectors.flatMap(({ id, role }) => (role === 'reception' ? [id] : []));
  const stopping = new AbortController();
  const breaking = new AbortController();
  const bell = createBell();
  const reconciler = createReconciler({
    ...{ shop, callsPerSecond: settings.PORTAL_CALLS_PER_SECOND, intervalMs: settings.RECONCILE_INTERVAL_MS },
    ...{ stopping: stopping.signal, breaking: breaking.signal },
  });
  const running = new Set<Promise<void>>();
  let loop: Promise<unknown> | undefined;
  let wokenAt = Number.NEGATIVE_INFINITY;
  let reconciledAt = performance.now();

  /** Dossiers that may be begun now. */
  const places = (): number => {
    if (gate.restMs() > 0) return 0;
    if (gate.probing()) return running.size === 0 ? 1 : 0;
    return settings.PORTAL_CONCURRENCY - running.size;
  };
  const work = async (claim: Claim): Promise<void> => {
    const owed: ClaimedWork[] = [];
    try {
      const outcome = await bring(claim, shop, { signal: breaking.signal, owed }).catch((error) =>
        outcomeOf(error, claim, now()),
      );
      if (outcome === null) return;
      if (outcome instanceof Error) {
        warn('a dossier could not be delivered; it is tried again', { error: outcome.name });
        await queue.finish(claim, laterBy(claim, now(), 0), owed);
      } else await queue.finish(claim, outcome, owed);
    } catch (error) {
      // Its claim ends by itself, and whoever has it then finds in the ledger how far it came.
      if (!(error instanceof ClaimLost)) warn('a delivery could not be written down', { error: nameOf(error) });
    }
  };
  const begin = (claim: Claim): void => {
    const task = work(claim).finally(() => {
      running.delete(task);
      bell.ring();
    });
    running.add(task);
  };
  const turn = async (): Promise<number> => {
    if (performance.now() - wokenAt > WAKE_EVERY_MS) {
      const more = await wakeSome(database, (row) => scopeOf(row, catalogues));
      if (!more) wokenAt = performance.now();
    }
    if (performance.now() - reconciledAt > settings.RECONCILE_INTERVAL_MS && gate.restMs() === 0) {
      reconciledAt = performance.now();
      reconciler
        .round()
        .then(() => bell.ring())
        .catch(reportFault);
    }
    // Before the counters have been read in nothing can be said of any dossier.
    const free = isHeard(receptions, await shop.progress()) ? places() : 0;
    const claims = free > 0 ? await queue.claim(free) : [];
    for (const claim of claims) begin(claim);
    // Places become free one by one; claims taken together cost one transaction.
    if (claims.length > 0) await rest(GATHER_MS, stopping.signal);
    // A place that becomes free rings, as does a kick.
    return Math.max(SLEEP_MS, Math.min(gate.restMs(), WAKE_EVERY_MS));
  };
  const reportFault = (error: unknown): void => {
    if (!stopping.signal.aborted) warn('deliveries cannot be read or written', { error: nameOf(error) });
  };
  const run = async (): Promise<void> => {
    let standardNoted = false;
    while (!stopping.signal.aborted) {
      try {
        if (!standardNoted) await noteStandardMode(database, settings.PORTAL_MODE, now());
        standardNoted = true;
        await bell.wait(await turn(), stopping.signal);
      } catch (error) {
        reportFault(error);
        await bell.wait(FAULT_PAUSE_MS, stopping.signal);
      }
    }
  };

  return {
    start: () => {
      loop ??= run();
    },
    kick: () => bell.ring(),
    idle: async () => {
      while (!stopping.signal.aborted) {
        if (running.size === 0 && !(await queue.hasPending())) return;
        await rest(SLEEP_MS / 5, stopping.signal);
      }
    },
    reconcileAll: async (told) => {
      const sum = await reconciler.all(told);
      bell.ring();
      return sum;
    },
    close: async () => {
      stopping.abort();
      const timer = setTimeout(() => breaking.abort(), CLOSE_MS);
      await loop;
      await reconciler.ended();
      await Promise.all(running);
      clearTimeout(timer);
    },
  };
}

/** What to do with a dossier of which nothing more can be done now. Null: nothing, it is another's; an error: unforeseen. */
function outcomeOf(error: unknown, claim: Claim, now: number): DeliveryOutcome | Error | null {
  if (error instanceof ClaimLost) return null;
  const { attempts } = claim;
  // Full jitter: dossiers that met the same rest do not come back in the same moment.
  if (error instanceof PortalResting) {
    return { to: 'pending', at: Math.round(now + error.restMs + Math.random() * FIRST_BACKOFF_MS), attempts };
  }
  if (error instanceof TooEarly) return { to: 'pending', at: error.at, attempts };
  if (error instanceof ModeChanged) return { to: 'pending', at: now, attempts };
  if (error instanceof Postponed) return laterBy(claim, now, error.retryAfterMs ?? 0);
  return error instanceof Error ? error : new Error('failed');
}

function laterBy({ attempts }: Claim, now: number, leastMs: number): DeliveryOutcome {
  const backoffMs = Math.random() * Math.min(MOST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempts, 20));
  return { to: 'pending', at: Math.round(now + Math.max(backoffMs, leastMs)), attempts: attempts + 1 };
}
