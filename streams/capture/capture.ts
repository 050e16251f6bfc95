import { setTimeout as delay } from 'node:timers/promises';
import type { EventLog } from '../../core/event-log.ts';
import type { OpenSector } from '../../core/open-sector.ts';
import type { Database } from '../../drivers/database.ts';
import { createLeases } from '../../store/leases.ts';
import { createSectorCapture } from './sector.ts';
import type { CaptureSettings } from './way.ts';

/** Brings what changes in the sectors' systems into the log. A system that fails disturbs no other. */
export interface Capture {
  /** Begins; whatever cannot be reached is tried again. */
  start(): void;
  /**
   * Resolves when every change that the systems held at the call is in the log. Never rejects; whoever waits bounds it,
   * since a system may be down.
   */
  caughtUp(): Promise<void>;
  /** A system has called, so that nobody need wait until it is looked for. */
  kick(sector: string): void;
  /** Gives the leases up, so that another process goes on at once. May be called twice. */
  close(): Promise<void>;
}

export interface CaptureOptions {
  readonly sectors: readonly OpenSector[];
  readonly database: Database;
  readonly log: EventLog;
  readonly settings: CaptureSettings;
  /** Names this process in leases. */
  readonly holder: string;
  /** UTC milliseconds. */
  readonly now: () => number;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** Longest wait for what is under way when it ends, in milliseconds. */
const CLOSE_MS = 5_000;

export function createCapture(options: CaptureOptions): Capture {
  const { database, log, settings, holder, now, warn } = options;
  const leases = createLeases(database, { holder, leaseMs: settings.LEASE_MS });
  const captures = options.sectors
    .filter(({ declaration }) => Object.keys(declaration.dossiers?.changes ?? {}).length > 0)
    .map((sector) => ({
      id: sector.id,
      ...createSectorCapture({ sector, database, log, leases, settings, now, warn }),
    }));
  const closing = new AbortController();
  let running: Promise<unknown> | undefined;

  return {
    start() {
      running ??= Promise.all(captures.map((one) => one.run(closing.signal)));
    },
    async caughtUp() {
      await Promise.all(captures.map((one) => one.caughtUp(closing.signal)));
    },
    kick(sector) {
      captures.find(({ id }) => id === sector)?.kick();
    },
    async close() {
      closing.abort(new Error('capture is closed'));
      await Promise.race([running, delay(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}
