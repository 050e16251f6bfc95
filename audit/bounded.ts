/** Of one wait; a longer one is counted in more of them. */
const MOST_TURN_MS = 250;
const TURNS = 4;
/** A turn that came so many times later than it should counts for less. */
const LATE = 1.5;
const LATE_COUNTS = 0.25;
/** However late turns come, this many times the wait has to do on the clock. */
const MOST_TIMES = 2;

/**
 * How a wait is counted: in turns of the event loop's clock instead of on the wall. Where the process was too busy to look, what
 * it waits for may have been there all along, unseen; and a commit needs several turns for itself. So a wait is over after its
 * turns, or after twice its time, but not before four turns: a process that stood still gives up nothing at once.
 */
export interface Patience {
  /** Milliseconds of a turn. */
  readonly everyMs: number;
  /** To be called at the end of each turn. */
  turn(): void;
  /** Begins a wait. @returns whether it is over */
  begin(): () => boolean;
}

/** @param ms milliseconds that a wait may take */
export function createPatience(ms: number): Patience {
  const everyMs = Math.max(1, Math.min(MOST_TURN_MS, Math.floor(ms / TURNS)));
  const most = Math.ceil(ms / everyMs);
  let last = performance.now();
  let seen = 0;
  let counted = 0;
  return {
    everyMs,
    turn() {
      const now = performance.now();
      counted += now - last > everyMs * LATE ? LATE_COUNTS : 1;
      seen += 1;
      last = now;
    },
    begin() {
      const since = performance.now();
      const lastSeen = seen + TURNS;
      const lastCounted = counted + most;
      return () => counted >= lastCounted || (seen >= lastSeen && last - since >= ms * MOST_TIMES);
    },
  };
}

/**
 * @param work is told by the signal that nobody waits for it any more
 * @param ms milliseconds, counted as patience is
 * @throws Error when the work is not done in time; it may go on
 */
export function bounded<T>(work: (signal: AbortSignal) => Promise<T>, ms: number): Promise<T> {
  const patience = createPatience(ms);
  const late = new AbortController();
  return new Promise((resolve, reject) => {
    const isOver = patience.begin();
    const timer = setInterval(() => {
      patience.turn();
      if (!isOver()) return;
      clearInterval(timer);
      const error = new Error('It took too long');
      reject(error);
      late.abort(error);
    }, patience.everyMs);
    work(late.signal)
      .then(resolve, reject)
      .finally(() => clearInterval(timer));
  });
}
