import { setTimeout as delay } from 'node:timers/promises';
import type { EventLog } from '../../core/event-log.ts';
import type { Database } from '../../drivers/database.ts';
import { positionsOf } from './positions.ts';

export interface UntilRead {
  readonly database: Database;
  readonly log: EventLog;
  readonly consumer: string;
  readonly topics: readonly string[];
  /** The reader's end, which ends the wait: what is not read by then never will be. */
  readonly until: Promise<void>;
  readonly signal: AbortSignal;
}

const FIRST_LOOK_MS = 5;
const LONGEST_LOOK_MS = 100;

/**
 * Resolves when a consumer's places have passed all that the topics held at the call. The places are looked up in the
 * store, because other processes may be reading some of the partitions.
 *
 * @throws when the reader ends before that; the caller bounds the wait
 */
export async function untilRead({ database, log, consumer, topics, until, signal }: UntilRead): Promise<void> {
  const wanted: { place: string; next: number }[] = [];
  for (const topic of topics) {
    for (const { partition, first, next } of await log.extent(topic)) {
      if (next > first) wanted.push({ place: `${topic}/${partition}`, next });
    }
  }
  let isOver = false;
  const end = until.finally(() => {
    isOver = true;
  });
  end.catch(() => {});
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  for (let wait = FIRST_LOOK_MS; ; wait = Math.min(wait * 2, LONGEST_LOOK_MS)) {
    const reached = await positionsOf(database, consumer);
    if (wanted.every(({ place, next }) => (reached.get(place) ?? 0) >= next)) return;
    // A reader that failed says why.
    if (isOver) await end;
    if (isOver || signal.aborted) throw new Error('Reading ended before all of the log was read');
    await Promise.race([delay(wait), aborted, end.catch(() => {})]);
  }
}
