import type { AuditHead } from '../core/audit.ts';
import { openHeadsAddress, openHeadsFolder } from './heads-places.ts';
import { openHeadsQueue } from './heads-queue.ts';

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
  let warnedAt = Number.NEGATIVE_INFINITY;
  const fail = (): void => {
    if (performance.now() - warnedAt < WARN_EVERY_MS) return;
    warnedAt = performance.now();
    warn('Heads of the access log cannot be exported; until they are, what they would prove is unproven');
  };
  const places = [
    ...(directory === '' ? [] : [openHeadsFolder(directory)]),
    ...(url === '' ? [] : [openHeadsAddress(url, token)]),
  ];
  const queues = places.map((place) => openHeadsQueue({ place, fail }));
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
