import { setTimeout as delay } from 'node:timers/promises';

/**
 * What all calls to the portal go through: the rate it may be called at, and its rest after failures. Kept for the
 * whole portal and not for a dossier, since a portal that fails one fails most.
 */
export interface PortalGate {
  /** Resolves when a call may be made. @throws PortalResting when the portal is being rested */
  enter(signal: AbortSignal): Promise<void>;
  /** It answered, whatever it said. */
  answered(): void;
  /** It could not take the call or nobody knows. @param retryAfterMs what it asked us to wait */
  failed(retryAfterMs: number | null): void;
  /** Milliseconds until it may be called again; 0: now. */
  restMs(): number;
  /** True after a rest until it has answered once: then one dossier at a time finds out. */
  probing(): boolean;
}

export class PortalResting extends Error {
  readonly restMs: number;

  constructor(restMs: number) {
    super('The portal is being rested');
    this.name = 'PortalResting';
    this.restMs = restMs;
  }
}

const FAILURES = 5;
const FIRST_REST_MS = 1_000;
const MOST_REST_MS = 60_000;
/** What a portal asks us to wait is honoured up to here; a day would be a mistake in its answer. */
const MOST_RETRY_AFTER_MS = 3_600_000;
/** Calls that may go at once after a quiet moment, as a share of a second's. */
const BURST = 0.25;

export function createPortalGate({ callsPerSecond }: { readonly callsPerSecond: number }): PortalGate {
  const most = Math.max(1, callsPerSecond * BURST);
  let tokens = most;
  let filledAt = performance.now();
  let failures = 0;
  let rests = 0;
  let restUntil = 0;

  const restMs = (): number => Math.max(0, restUntil - performance.now());
  /** Takes a place in the row of calls and says how long it is until then. */
  const place = (): number => {
    const at = performance.now();
    tokens = Math.min(most, tokens + ((at - filledAt) / 1_000) * callsPerSecond);
    filledAt = at;
    tokens -= 1;
    return tokens >= 0 ? 0 : (-tokens / callsPerSecond) * 1_000;
  };
  return {
    restMs,
    probing: () => failures >= FAILURES,
    enter: async (signal) => {
      signal.throwIfAborted();
      if (restMs() > 0) throw new PortalResting(restMs());
      const waitMs = place();
      if (waitMs > 0) await delay(waitMs, undefined, { signal });
      // While it waited the portal may have asked for a rest.
      if (restMs() > 0) throw new PortalResting(restMs());
    },
    answered: () => {
      failures = 0;
      rests = 0;
    },
    failed: (retryAfterMs) => {
      failures += 1;
      const now = performance.now();
      if (retryAfterMs !== null) restUntil = Math.max(restUntil, now + Math.min(retryAfterMs, MOST_RETRY_AFTER_MS));
      // Calls that were under way when it began to rest do not make the rest longer.
      if (failures < FAILURES || now < restUntil) return;
      const rest = Math.min(MOST_REST_MS, FIRST_REST_MS * 2 ** rests);
      rests += 1;
      restUntil = now + rest * (0.5 + Math.random() / 2);
    },
  };
}
