import { setTimeout as delay } from 'node:timers/promises';

const FIRST_MS = 100;

/** A wait that others can cut short. */
export interface Bell {
  ring(): void;
  /** Resolves after so many milliseconds, when the bell rang since the last wait, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async wait(ms, signal) {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(finish, ms);
          function finish(): void {
            clearTimeout(timer);
            signal.removeEventListener('abort', finish);
            wake = undefined;
            resolve();
          }
          wake = finish;
          signal.addEventListener('abort', finish, { once: true });
        });
      }
      rung = false;
    },
  };
}

/** Waits so many milliseconds, or until the signal aborts. Never rejects. */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}

/**
 * How long to wait after so many failures in a row, in milliseconds: doubled each time, and half of it by chance, so that
 * not all come back at once.
 *
 * @param most the longest wait, milliseconds; for a system of somebody else's half a minute
 */
export function pauseAfter(failures: number, most = 30_000): number {
  const pauseMs = Math.min(most, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return pauseMs / 2 + (Math.random() * pauseMs) / 2;
}
