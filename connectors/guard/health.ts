import type { SourceHealth } from '../../core/source.ts';

/** Keeps what happened to a system's calls. Times are those of `performance.now()`, which costs half of a date. */
export interface HealthRecord {
  answered(startedAt: number): void;
  /** It answered, and its declaration does not allow what came. */
  malformed(): void;
  /** @param certain true when this failure alone tells that the system is down, as a failed check does */
  failed(certain: boolean): void;
  read(resting: boolean): SourceHealth;
}

const TROUBLE_REMEMBERED_MS = 60_000;
/** @param now clock of `lastSeenAt`, UTC milliseconds */
export function openHealth(now: () => number): HealthRecord {
  let seenAt: number | null = null;
  let latency: number | null = null;
  let troubleAt: number | null = null;
  let failing = false;
  let down = false;

  function seen(at: number): void {
    seenAt = at;
    failing = false;
    down = false;
  }

  /** DEGRADED: it answers, but failed or talked nonsense within the last minute. */
  function status(resting: boolean): SourceHealth['status'] {
    if (failing) return resting || down || seenAt === null ? 'DOWN' : 'DEGRADED';
    if (seenAt === null) return 'UNKNOWN';
    const troubled = troubleAt !== null && performance.now() - troubleAt < TROUBLE_REMEMBERED_MS;
    return troubled ? 'DEGRADED' : 'UP';
  }

  return {
    answered: (startedAt) => {
      const at = performance.now();
      seen(at);
      latency = at - startedAt;
    },
    malformed: () => {
      troubleAt = performance.now();
      seen(troubleAt);
    },
    failed: (certain) => {
      troubleAt = performance.now();
      failing = true;
      down ||= certain;
    },
    read: (resting) => ({
      status: status(resting),
      lastSeenAt: seenAt === null ? null : Math.round(now() - (performance.now() - seenAt)),
      latencyMs: latency === null ? null : Math.round(latency * 1000) / 1000,
    }),
  };
}
