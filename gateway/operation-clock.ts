import { HubError } from '../core/errors.ts';

/** The time one operation has. Started when the request arrives, stopped when its answer is ready. */
export interface OperationClock {
  /** Aborts when the client is gone, the deadline has passed or the hub is stopping. */
  readonly signal: AbortSignal;
  /** Resolves a little after the signal, with what to answer when a resolver did not heed it. */
  readonly overtime: Promise<HubError>;
  abort(reason: Error): void;
  stop(): void;
}

/** Long enough for sources that heed the signal to hand in their errors, so that the answer is partial, not lost. */
const GRACE_MS = 500;

export function startClock(timeoutMs: number): OperationClock {
  const controller = new AbortController();
  const { promise: overtime, resolve } = Promise.withResolvers<HubError>();
  let graceTimer: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => abort(overtimeError(timeoutMs)), timeoutMs);

  function abort(reason: Error): void {
    if (controller.signal.aborted) return;
    clearTimeout(timer);
    graceTimer = setTimeout(() => resolve(overtimeError(timeoutMs)), GRACE_MS);
    controller.abort(reason);
  }

  return {
    signal: controller.signal,
    overtime,
    abort,
    stop: () => {
      clearTimeout(timer);
      clearTimeout(graceTimer);
    },
  };
}

function overtimeError(timeoutMs: number): HubError {
  return new HubError('OPERATION_TIMEOUT', `The operation did not end within ${timeoutMs} ms.`);
}
