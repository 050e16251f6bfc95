import type { Caller } from '../../core/caller.ts';
import { HubError } from '../../core/errors.ts';
import type { CallOptions } from '../../core/source.ts';

/** The caller went away, or its whole request ran out of time: nothing that the system did. */
export class Abandoned extends HubError {
  constructor(cause: unknown) {
    super('SOURCE_TIMEOUT', 'the request ended before the system answered', { cause });
  }
}

/**
 * One guarded call, from the moment it is asked until its promise settles: its deadline, its caller, and what has to
 * be told when it ends early. Whoever asked hears of the end at once, whether or not the connector heeds the signal.
 */
export class Call {
  /** What the connector gets. */
  readonly options: CallOptions;
  /** Set while the attempt decides whether a rested system is well again: it is not given up when its caller leaves. */
  deciding = false;
  readonly #callerSignal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #startedAt = performance.now();
  readonly #timeoutMs: number;
  readonly #settle: (error: HubError) => void;
  #interrupt: ((error: HubError) => void) | undefined;
  #over: HubError | undefined;

  constructor(caller: Caller, callerSignal: AbortSignal, limits: { timeoutMs: number; settle: (e: HubError) => void }) {
    this.options = { caller, signal: this.#controller.signal };
    this.#callerSignal = callerSignal;
    this.#timeoutMs = limits.timeoutMs;
    this.#settle = limits.settle;
  }

  remainingMs(): number {
    return this.#timeoutMs - (performance.now() - this.#startedAt);
  }

  /** Throws for a call whose promise has settled: nobody waits for it any more, so the system is not asked. */
  demandWaiting(): void {
    if (this.#over !== undefined) throw new Abandoned(this.#over);
  }

  /** Runs one step that ends, at the latest, when the call does. */
  run<T>(step: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.demandWaiting();
      this.#interrupt = reject;
      step().then(resolve, reject);
    });
  }

  /** Waits before the next attempt, in milliseconds. */
  async pause(delayMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await this.run(() => new Promise<void>((resolve) => (timer = setTimeout(resolve, delayMs))));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Called when the deadline has passed. */
  expire(): void {
    const error = new HubError('SOURCE_TIMEOUT', `the system did not finish its answer within ${this.#timeoutMs} ms`);
    this.#over ??= error;
    this.#stop(error);
  }

  /** Called when the caller's signal aborts. */
  abandon(): void {
    const abandoned = new Abandoned(this.#callerSignal.reason);
    this.#over ??= abandoned;
    if (this.deciding) this.#settle(abandoned);
    else this.#stop(abandoned);
  }

  #stop(error: HubError): void {
    // First ours, then the signal: what the connector says about being aborted must not be what counts.
    this.#interrupt?.(error);
    this.#settle(error);
    this.#controller.abort(error);
  }
}

export interface Watch {
  add(call: Call, callerSignal: AbortSignal): void;
  remove(call: Call, callerSignal: AbortSignal): void;
}

/**
 * Ends calls that have run for `timeoutMs` or whose caller has left. All calls get the same time, so the oldest is
 * always the next to end and one timer serves them all; one listener serves all calls of a request. A timer and a
 * listener for each call would cost 1.6 µs. The timer does not keep the process alive.
 */
export function openWatch(timeoutMs: number): Watch {
  const calls = new Set<Call>();
  const bySignal = new WeakMap<AbortSignal, Set<Call>>();
  let timer: NodeJS.Timeout | undefined;

  function arm(delayMs: number): void {
    timer = setTimeout(sweep, Math.max(1, Math.ceil(delayMs)));
    timer.unref();
  }

  function sweep(): void {
    timer = undefined;
    for (const call of calls) {
      const remainingMs = call.remainingMs();
      if (remainingMs > 0) {
        arm(remainingMs);
        return;
      }
      calls.delete(call);
      call.expire();
    }
  }

  function callsOf(signal: AbortSignal): Set<Call> {
    const known = bySignal.get(signal);
    if (known !== undefined) return known;
    const listed = new Set<Call>();
    bySignal.set(signal, listed);
    signal.addEventListener('abort', () => {
      for (const call of listed) call.abandon();
    });
    return listed;
  }

  return {
    add: (call, callerSignal) => {
      calls.add(call);
      callsOf(callerSignal).add(call);
      if (timer === undefined) arm(timeoutMs);
    },
    remove: (call, callerSignal) => {
      calls.delete(call);
      bySignal.get(callerSignal)?.delete(call);
    },
  };
}
