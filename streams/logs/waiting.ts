import { pauseAfter } from '../bell.ts';

const LONGEST_PAUSE_MS = 5_000;

/** Milliseconds to wait before a log is asked again. */
export function restAfter(failures: number): number {
  return pauseAfter(failures, LONGEST_PAUSE_MS);
}

/** Resolves with true when the promise settles in time, with false when it does not. Never rejects. */
export async function settlesWithin(promise: Promise<unknown>, timeMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeMs);
  });
  const settled = promise.then(
    () => true as const,
    () => true as const,
  );
  const inTime = await Promise.race([settled, late]);
  clearTimeout(timer);
  return inTime;
}

/** Wakes those who wait for something to happen in this process. */
export interface Bell {
  /** How often it rang. */
  readonly rings: number;
  ring(): void;
  /** Resolves when it has rung since `rings` was looked at, or after the time. */
  wait(rings: number, timeMs: number): Promise<void>;
}

export function createBell(): Bell {
  const waiting = new Set<() => void>();
  let rings = 0;
  return {
    get rings() {
      return rings;
    },
    ring: () => {
      rings += 1;
      for (const wake of waiting) wake();
    },
    wait: (seen, timeMs) =>
      new Promise((resolve) => {
        if (rings !== seen) return resolve();
        const wake = (): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, timeMs);
        waiting.add(wake);
      }),
  };
}
