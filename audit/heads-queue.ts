import type { AuditHead } from '../core/audit.ts';
import { bounded } from './bounded.ts';
import type { HeadsPlace } from './heads-places.ts';

/** Heads on their way to one place, in their order. */
export interface HeadsQueue {
  /** Resolves when the place has it, has failed, or takes longer than an answer waits for it; at once while it is behind. */
  put(head: AuditHead): Promise<void>;
  /** Sends what the place may have already, and waits for nothing. */
  again(heads: readonly AuditHead[]): void;
  /** Whether the place failed, or something has waited for it longer than an answer does. */
  isBehind(): boolean;
  /** Tries once more. @returns how many are left */
  close(): Promise<number>;
}

export interface HeadsQueueOptions {
  readonly place: HeadsPlace;
  /** Told when the place fails or is too slow, and by which error. */
  readonly fail: (cause: unknown) => void;
  /** Longest an answer waits for its head, in milliseconds. */
  readonly budgetMs?: number;
  /** Longest the end waits for what is left, in milliseconds. */
  readonly closeMs?: number;
}

interface WaitingHead {
  readonly head: AuditHead;
  /** Milliseconds of the process's clock. */
  readonly since: number;
  /** Lets the answer go. */
  leave(): void;
}

/** Beyond these the oldest are dropped from the queue; they stand signed in the log and can be exported from there. */
const MOST_WAITING = 10_000;
const MOST_AT_ONCE = 1_000;
const BUDGET_MS = 500;
const EVERY_MS = 1_000;
const CLOSE_MS = 5_000;

export function openHeadsQueue(options: HeadsQueueOptions): HeadsQueue {
  const { place, fail, budgetMs = BUDGET_MS, closeMs = CLOSE_MS } = options;
  let waiting: WaitingHead[] = [];
  let isSending = false;
  let sending: Promise<void> = Promise.resolve();
  let isBehind = false;
  const closed = new AbortController();

  function fallBehind(cause: unknown): void {
    isBehind = true;
    fail(cause);
  }

  async function sendAll(): Promise<void> {
    try {
      while (waiting.length > 0 && !closed.signal.aborted) {
        const together = waiting.slice(0, MOST_AT_ONCE);
        const heads = together.map(({ head }) => head);
        await place.take(heads, closed.signal);
        // The oldest may have been dropped meanwhile.
        const taken = new Set(together);
        waiting = waiting.filter((one) => !taken.has(one));
        for (const one of together) one.leave();
        isBehind = isLate();
      }
    } catch (error) {
      fallBehind(error);
      for (const one of waiting) one.leave();
    } finally {
      isSending = false;
    }
  }

  function send(): void {
    if (isSending || waiting.length === 0) return;
    isSending = true;
    sending = sendAll();
  }

  function isLate(): boolean {
    const [first] = waiting;
    return first !== undefined && performance.now() - first.since > budgetMs;
  }

  function add(heads: readonly AuditHead[], leave: () => void): void {
    const since = performance.now();
    for (const head of heads) waiting.push({ head, since, leave });
    const tooMany = Math.max(0, waiting.length - MOST_WAITING);
    for (const dropped of waiting.splice(0, tooMany)) dropped.leave();
    // Where it failed, it is tried again every second, not with every answer.
    if (!isBehind) send();
  }

  const timer = setInterval(send, EVERY_MS);
  // Stryker disable next-line CallExpression: it only lets the process end
  timer.unref();
  return {
    async put(head) {
      const { promise, resolve } = Promise.withResolvers<void>();
      add([head], resolve);
      if (!isBehind) await bounded(() => promise, budgetMs).catch(fallBehind);
    },
    again: (heads) => add(heads, () => {}),
    isBehind: () => isBehind || isLate(),
    async close() {
      // Stryker disable next-line CallExpression: nothing is sent once it is closed
      clearInterval(timer);
      const tryAll = async (): Promise<void> => {
        await sending;
        send();
        await sending;
      };
      await bounded(tryAll, closeMs).catch(() => {});
      closed.abort();
      await bounded(() => place.close(), budgetMs).catch(() => {});
      return waiting.length;
    },
  };
}
