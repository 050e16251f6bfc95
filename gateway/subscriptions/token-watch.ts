import { HubError } from '../../core/errors.ts';

/** A token under which something goes on being told: it runs out, and its key may be withdrawn before. */
export interface TokenWatch {
  /** Why nothing is told under it any more; null while it holds. */
  ended(): HubError | null;
  /** Looks at once, beside the looks now and then. @throws HubError where it holds no longer: all that listens is told so */
  look(): Promise<void>;
  /** Calls once, when it holds no longer. @returns forgets the call */
  onEnd(call: () => void): () => void;
  /** Looks no more. */
  close(): void;
}

export interface WatchOptions {
  /** UTC milliseconds. */
  readonly expiresAt: number;
  /** @throws HubError where the token is not good any more, or nobody can say whether it is */
  readonly confirm: () => Promise<void>;
  /** How often it is looked at, in milliseconds. */
  readonly everyMs: number;
  /** UTC milliseconds. */
  readonly now: () => number;
}

/** More than once in the minute within which a withdrawn key ends what runs under it. */
export const LOOK_EVERY_MS = 30_000;

export function watchToken({ expiresAt, confirm, everyMs, now }: WatchOptions): TokenWatch {
  const calls = new Set<() => void>();
  let why: HubError | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function end(reason: HubError): void {
    if (why !== null) return;
    why = reason;
    // Stryker disable next-line CallExpression: a timer that fires later finds that it has ended
    clearTimeout(timer);
    for (const call of calls) call();
    // Stryker disable next-line CallExpression: it ends only once
    calls.clear();
  }

  function ended(): HubError | null {
    if (now() >= expiresAt) end(new HubError('UNAUTHENTICATED', 'The access token has run out.'));
    return why;
  }

  async function look(): Promise<void> {
    if (ended() === null) {
      try {
        await confirm();
      } catch (cause) {
        end(cause instanceof HubError ? cause : new HubError('INTERNAL', UNSURE, { cause }));
      }
    }
    if (why !== null) throw why;
  }

  function wait(): void {
    if (isClosed) return;
    // A timer may fire a moment early.
    const ms = Math.max(1, Math.min(expiresAt - now(), everyMs));
    timer = setTimeout(() => void look().then(wait, () => {}), ms).unref();
  }

  wait();
  return {
    ended,
    look,
    onEnd(call) {
      if (why === null) calls.add(call);
      else call();
      return () => void calls.delete(call);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      calls.clear();
    },
  };
}

const UNSURE = 'Whether the access token still holds could not be found out.';
