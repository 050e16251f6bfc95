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

/** Longest pause after failures in a row, in milliseconds. */
const MOST_MS = 30_000;
const FIRST_MS = 200;

/** How long to wait after so many failures in a row: doubled each time, and spread so that not all come back at once. */
export function pauseAfter(failures: number): number {
  const most = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return most / 2 + (Math.random() * most) / 2;
}
