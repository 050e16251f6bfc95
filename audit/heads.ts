import type { AuditHead } from '../core/audit.ts';
import { type HeadsPlace, openHeadsAddress, openHeadsFolder } from './heads-places.ts';
import { type HeadsQueue, openHeadsQueue } from './heads-queue.ts';

/** Takes signed heads to places that the hub cannot rewrite. */
export interface HeadsExport {
  /**
   * Resolves when every place has it, or it is clear that one is behind: an export that fails or hangs is told, and refuses
   * nothing.
   */
  put(head: AuditHead): Promise<void>;
  /** Sends what may have left already, and waits for nothing. */
  again(heads: readonly AuditHead[]): void;
  /** `none`: no place was named; `behind`: some heads wait for it. */
  state(): 'none' | 'exported' | 'behind';
  /** Tries once more to take out what waits, for some seconds. */
  close(): Promise<void>;
}

export interface HeadsOptions {
  /** Empty: none. */
  readonly directory: string;
  /** Empty: none. */
  readonly url: string;
  readonly token: string;
  readonly warn: (message: string) => void;
}

const WARN_EVERY_MS = 60_000;

export function openHeads({ directory, url, token, warn }: HeadsOptions): HeadsExport {
  const queueTo = (setting: string, place: HeadsPlace): HeadsQueue => {
    let warnedAt = Number.NEGATIVE_INFINITY;
    const fail = (cause: unknown): void => {
      if (performance.now() - warnedAt < WARN_EVERY_MS) return;
      warnedAt = performance.now();
      const why = `${setting}: ${reasonOf(cause)}`;
      warn(`Heads of the access log cannot be exported (${why}); until they are, what they would prove is unproven`);
    };
    return openHeadsQueue({ place, fail });
  };
  const queues = [
    ...(directory === '' ? [] : [queueTo('AUDIT_HEADS_DIR', openHeadsFolder(directory))]),
    ...(url === '' ? [] : [queueTo('AUDIT_HEADS_URL', openHeadsAddress(url, token))]),
  ];
  return {
    async put(head) {
      await Promise.all(queues.map((queue) => queue.put(head)));
    },
    again(heads) {
      for (const queue of queues) queue.again(heads);
    },
    state() {
      if (queues.length === 0) return 'none';
      return queues.some((queue) => queue.isBehind()) ? 'behind' : 'exported';
    },
    async close() {
      const left = await Promise.all(queues.map((queue) => queue.close()));
      if (left.every((count) => count === 0)) return;
      warn(
        `Heads of the access log have not left: ${Math.max(...left)}. The last ones are sent again at the hub’s next start`,
      );
    },
  };
}

/** A code where there is one: what stands beside it may be a path or an address. */
function reasonOf(cause: unknown): string {
  const { code, message } = Object(cause) as { readonly code?: unknown; readonly message?: unknown };
  return String(code ?? message);
}
