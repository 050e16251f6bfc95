import type { FeedContext } from '../../core/changes.ts';
import { HubError } from '../../core/errors.ts';
import type { OpenSector } from '../../core/open-sector.ts';
import type { Database } from '../../drivers/database.ts';
import { noteFailure } from '../../store/capture-way.ts';
import { type Lease, LeaseLost } from '../../store/leases.ts';
import { createBell, pauseAfter, rest } from '../bell.ts';
import { describeFailure } from '../failure.ts';
import { restAfter } from '../logs/waiting.ts';
import type { StreamSettings } from '../settings.ts';
import type { DossierReader } from './reader.ts';
import type { Recorder } from './recorder.ts';
import type { InTurn } from './turns.ts';

/** Everything a way of capture works with while its sector's lease is held. */
export interface WayContext {
  readonly sector: OpenSector;
  /** Its name in the declaration. */
  readonly way: string;
  readonly lease: Lease;
  readonly reader: DossierReader;
  readonly recorder: Recorder;
  readonly database: Database;
  readonly settings: CaptureSettings;
  /** UTC milliseconds. */
  readonly now: () => number;
  readonly warn: FeedContext['warn'];
  readonly passes: Passes;
  /** What reads the system and records what it read, among all ways of the sector. */
  readonly inTurn: InTurn;
}

export type CaptureSettings = Pick<
  StreamSettings,
  'LEASE_MS' | 'POLL_INTERVAL_MS' | 'LOOK_BACK_MS' | 'SWEEP_INTERVAL_MS' | 'MOST_DELETES'
>;

/** Counts full passes, so that one can wait for one that began after a moment, whatever the clock says meanwhile. */
export interface Passes {
  /** A pass begins; calling the answer says that it saw everything. */
  begin(): () => void;
  /** @returns whether a pass that begins from now on has seen everything */
  mark(): () => boolean;
  /** Asks for a pass now. */
  hurry(): void;
  /** Waits for the next pass's time. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createPasses(): Passes {
  const bell = createBell();
  let begun = 0;
  let seen = 0;
  return {
    begin() {
      begun += 1;
      const own = begun;
      return () => {
        seen = Math.max(seen, own);
      };
    },
    mark() {
      const before = begun;
      return () => seen > before;
    },
    hurry: () => bell.ring(),
    wait: (ms, signal) => bell.wait(ms, signal),
  };
}

/**
 * Repeats a way's pass until the signal aborts. What fails is noted with the error's code alone and tried again, ever
 * more rarely. Never rejects.
 *
 * @param pass is given what to call whenever it has got on, of use to one that goes on for ever. Once it has for as long as
 * it was waited for, what fails is the first of a row: one that gets on and breaks off at once is still spared
 * @param everyMs pause between two passes, unless one is asked for; standard: POLL_INTERVAL_MS
 */
export async function repeatPasses(
  context: WayContext,
  signal: AbortSignal,
  pass: (gotOn: () => void) => Promise<void>,
  everyMs = context.settings.POLL_INTERVAL_MS,
): Promise<void> {
  const { passes } = context;
  let failures = 0;
  let restedMs = 0;
  while (!signal.aborted) {
    const begunAt = performance.now();
    try {
      await pass(() => {
        if (performance.now() - begunAt >= restedMs) failures = 0;
      });
      failures = 0;
      await passes.wait(everyMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      // Asking for it once more is what makes everything of the sector stop.
      if (error instanceof LeaseLost && !(await context.lease.renew().catch(() => false))) return;
      failures += 1;
      await tellFailure(context, error, failures === 1);
      restedMs = pauseBeforeNext(error, failures);
      await rest(restedMs, signal);
    }
  }
}

/** Milliseconds. A system is spared the longer it fails; the hub's own store and log need no sparing, and all wait for them. */
export function pauseBeforeNext(error: unknown, failures: number): number {
  return error instanceof HubError ? pauseAfter(failures) : restAfter(failures);
}

/** @param isFirst later ones of a row are not told again */
export async function tellFailure(context: WayContext, error: unknown, isFirst: boolean): Promise<void> {
  const { database, sector, way, now, warn } = context;
  const { code, reason } = describeFailure(error);
  if (isFirst)
    warn('changes of a system cannot be captured; it is tried again', { sector: sector.id, way, code, reason });
  // The hub's own database may be what fails; then nothing can be noted.
  await noteFailure(database, { sector: sector.id, way, failure: code, at: now() }).catch(() => {});
}
