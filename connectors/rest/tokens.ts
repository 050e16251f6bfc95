import { HubError } from '../../core/errors.ts';

/** One token for all calls to a system. */
export interface Tokens {
  /** @param stale the token that was refused; another one is got unless that has been done already */
  get(signal: AbortSignal, stale?: string): Promise<string>;
}

/** Longest sign-in, in milliseconds: it serves many calls, so no single caller's signal may end it. */
const SIGN_IN_MS = 10_000;
/** For so long refused credentials are not tried again, in milliseconds: repeated, they would lock the account. */
const REFUSAL_REMEMBERED_MS = 5_000;
/** A token is renewed when this part of its life is left. */
const SPARE = 0.1;

/**
 * Keeps the token a system gave. Calls that need a new one at the same time share one sign-in.
 *
 * @param signIn rejects with HubError; one that is not retryable is a refusal
 */
export function keepTokens(
  signIn: (signal: AbortSignal) => Promise<{ readonly token: string; readonly lifetimeMs?: number }>,
): Tokens {
  let current: { readonly token: string; readonly until: number } | undefined;
  let underWay: Promise<string> | undefined;
  let refusal: { readonly error: HubError; readonly until: number } | undefined;

  async function renew(): Promise<string> {
    try {
      const { token, lifetimeMs = Number.POSITIVE_INFINITY } = await signIn(AbortSignal.timeout(SIGN_IN_MS));
      current = { token, until: performance.now() + lifetimeMs * (1 - SPARE) };
      return token;
    } catch (error) {
      const refused = error instanceof HubError && error.code === 'SOURCE_UNAVAILABLE' && !error.retryable;
      if (refused) refusal = { error, until: performance.now() + REFUSAL_REMEMBERED_MS };
      if (error instanceof HubError) throw error;
      throw new HubError('SOURCE_TIMEOUT', 'signing in to the system took too long', { cause: error });
    }
  }

  return {
    async get(signal, stale) {
      signal.throwIfAborted();
      const now = performance.now();
      if (current !== undefined && current.token !== stale && now < current.until) return current.token;
      if (refusal !== undefined && now < refusal.until) throw refusal.error;
      underWay ??= renew().finally(() => {
        underWay = undefined;
      });
      return untilAborted(underWay, signal);
    },
  };
}

/** What several wait for goes on when one of them leaves. */
function untilAborted<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave);
    shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
