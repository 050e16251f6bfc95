import type { ChangesDeclaration } from '../../core/changes.ts';
import type { EventLog } from '../../core/event-log.ts';
import type { OpenSector } from '../../core/open-sector.ts';
import type { Database } from '../../drivers/database.ts';
import { readCaptureWay } from '../../store/capture-way.ts';
import type { Lease, Leases } from '../../store/leases.ts';
import { createBell } from '../bell.ts';
import { runFeed } from './feed.ts';
import { runFollow } from './follow.ts';
import { runPoll } from './poll.ts';
import { runPush } from './push.ts';
import { createDossierReader } from './reader.ts';
import { createRecorder } from './recorder.ts';
import { createRelay } from './relay.ts';
import { createTurns } from './turns.ts';
import { type CaptureSettings, createPasses, type Passes, type WayContext } from './way.ts';

/** The capture of one sector's changes, by whichever process holds its lease. */
export interface SectorCapture {
  /** Works until the signal aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** The system has called. */
  kick(): void;
  /** Resolves when every change made before the call is in the log, or the signal aborts. */
  caughtUp(signal: AbortSignal): Promise<void>;
}

export interface SectorCaptureOptions {
  readonly sector: OpenSector;
  readonly database: Database;
  readonly log: EventLog;
  readonly leases: Leases;
  readonly settings: CaptureSettings;
  readonly now: () => number;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** How often those who wait look, in milliseconds. */
const LOOK_EVERY_MS = 20;
/** Longest wait between two tries for a lease that another process holds, in milliseconds. */
const MOST_LEASE_WAIT_MS = 5_000;

export function createSectorCapture(options: SectorCaptureOptions): SectorCapture {
  const { sector, database, log, leases, settings, now, warn } = options;
  const relay = createRelay({ database, log, sector: sector.id, warn });
  const recorder = createRecorder({ database, now, onRecorded: relay.kick, warn });
  const reader = createDossierReader(sector);
  const ways = Object.entries(sector.declaration.dossiers?.changes ?? {}).map(([name, declaration]) => ({
    name,
    declaration,
    passes: createPasses(),
  }));
  /** Set while this process holds the lease. */
  let isHeld = false;

  async function work(lease: Lease, closing: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([closing, lease.lost]);
    isHeld = true;
    const inTurn = createTurns();
    const running = ways.map(({ name, declaration, passes }) => {
      const context = { sector, way: name, lease, reader, recorder, database, settings, now, warn, passes, inTurn };
      return runWay(context, declaration, signal);
    });
    try {
      await Promise.all([...running, relay.run(signal)]);
    } finally {
      isHeld = false;
      await lease.release();
    }
  }

  function runWay(context: WayContext, declaration: ChangesDeclaration, signal: AbortSignal): Promise<void> {
    switch (declaration.way) {
      case 'poll':
        return runPoll(context, signal);
      case 'follow':
        return runFollow(context, signal);
      case 'push':
        return runPush(context, declaration, signal);
      default:
        return runFeed(context, { declaration, settings: sector.settings ?? {} }, signal);
    }
  }

  /** For a process that only watches: what the one at work has written down. */
  async function isCurrent(since: number): Promise<boolean> {
    for (const { name } of ways) {
      const { currentUntil } = await readCaptureWay(database, sector.id, name);
      if (currentUntil === null || currentUntil < since) return false;
    }
    return true;
  }

  return {
    async run(signal) {
      const wait = createBell();
      while (!signal.aborted) {
        // A store that does not answer is tried again as a lease that is taken is.
        const lease = await leases.acquire(`capture:${sector.id}`).catch(() => null);
        if (lease !== null) await work(lease, signal);
        if (!signal.aborted) await wait.wait(Math.min(settings.LEASE_MS / 3, MOST_LEASE_WAIT_MS), signal);
      }
    },
    kick() {
      for (const { declaration, passes } of ways) if (declaration.way === 'push') passes.hurry();
    },
    async caughtUp(signal) {
      const since = now();
      const wait = createBell();
      let marks: readonly (() => boolean)[] | null = null;
      while (!signal.aborted) {
        if (!isHeld) marks = null;
        else marks ??= ways.map(({ passes }) => markNow(passes));
        const isDone = marks === null ? isCurrent(since) : marks.every((isSeen) => isSeen());
        if ((await Promise.resolve(isDone).catch(() => false)) && (await relay.isDrained().catch(() => false))) return;
        await wait.wait(LOOK_EVERY_MS, signal);
      }
    },
  };
}

function markNow(passes: Passes): () => boolean {
  const isSeen = passes.mark();
  passes.hurry();
  return isSeen;
}
