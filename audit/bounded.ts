/** Of one wait; a longer one is counted in more of them. */
const MOST_TURN_MS = 250;
const TURNS = 4;
/** A turn that came so many times later than it should counts for less. */
const LATE = 1.5;
const LATE_COUNTS = 0.25;

/**
 * How a wait is counted: in turns of the event loop's clock instead of on the wall. Where the process was too busy to look, what
 * it waits for may have been there all along, unseen; and a commit needs several turns for itself.
 */
export interface Turns {
  /** Milliseconds of one. */
  readonly everyMs: number;
  readonly most: number;
  /** Begins a clock: each call tells how much the turn that ends with it counts. */
  begin(): () => number;
}

/** @param ms milliseconds */
export function turnsOf(ms: number): Turns {
  const everyMs = Math.max(1, Math.min(MOST_TURN_MS, Math.floor(ms / TURNS)));
  return {
    everyMs,
    most: Math.ceil(ms / everyMs),
    begin() {
      let last = performance.now();
      return () => {
        const now = performance.now();
        const isLate = now - last > everyMs * LATE;
        last = now;
        return isLate ? LATE_COUNTS : 1;
      };
    },
  };
}

/**
 * @param work is told by the signal that nobody waits for it any more
 * @param ms milliseconds, counted in turns
 * @throws Error when the work is not done in time; it may go on
 */
export function bounded<T>(work: (signal: AbortSignal) => Promise<T>, ms: number): Promise<T> {
  const { everyMs, most, begin } = turnsOf(ms);
  const late = new AbortController();
  return new Promise((resolve, reject) => {
    const counts = begin();
    let turns = 0;
    const timer = setInterval(() => {
      turns += counts();
      if (turns < most) return;
      clearInterval(timer);
      const error = new Error('It took too long');
      reject(error);
      late.abort(error);
    }, everyMs);
    work(late.signal)
      .then(resolve, reject)
      .finally(() => clearInterval(timer));
  });
}
