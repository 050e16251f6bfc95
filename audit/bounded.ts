/** Of one wait; a longer one is counted in more of them. */
const MOST_TURN_MS = 250;
const TURNS = 4;

/** How a wait is counted: in turns that the process has lived through. */
export interface Turns {
  /** Milliseconds of one. */
  readonly everyMs: number;
  readonly most: number;
}

/**
 * A wait is counted in turns of the event loop's clock instead of on the wall. Where the process was too busy to look for
 * seconds, only one turn has gone by: what it waits for may have been there all along, unseen.
 *
 * @param ms milliseconds
 */
export function turnsOf(ms: number): Turns {
  const everyMs = Math.max(1, Math.min(MOST_TURN_MS, Math.floor(ms / TURNS)));
  return { everyMs, most: Math.ceil(ms / everyMs) };
}

/**
 * @param work is told by the signal that nobody waits for it any more
 * @param ms milliseconds, counted in turns
 * @throws Error when the work is not done in time; it may go on
 */
export function bounded<T>(work: (signal: AbortSignal) => Promise<T>, ms: number): Promise<T> {
  const { everyMs, most } = turnsOf(ms);
  const late = new AbortController();
  return new Promise((resolve, reject) => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
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
