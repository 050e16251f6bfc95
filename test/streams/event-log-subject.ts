import type { LogRecord } from '../../core/event.ts';
import type { EventLog, LogBatch, LogReader, ReadOptions, StoredRecord } from '../../core/event-log.ts';

/** What an adapter brings to be judged: logs on one carrier, and hands that damage what the carrier holds. */
export interface LogSubject {
  /** Another log on the same carrier, as another process would open it. */
  readonly open: () => EventLog;
  /** What `reader-process.ts` opens the same log with. */
  readonly processSettings: Readonly<Record<string, string | number>>;
  /** Time without a sign of life after which a member counts as gone, in milliseconds. */
  readonly sessionMs: number;
  /** Whether several members of a group work at the same time; otherwise one does and the others wait. */
  readonly sharesOut: boolean;
  /** Removes records below an offset, as a retention that is too short does. */
  readonly deleteBelow: (topic: string, partition: number, offset: number) => Promise<void>;
  /** Deletes a topic with its records, and creates it again. */
  readonly makeAnew: (topic: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What a clause is run with. */
export interface Stage {
  readonly subject: LogSubject;
  readonly log: EventLog;
  /** Prepared, and this clause's own. */
  readonly topic: string;
  readonly group: string;
}

export interface Clause {
  readonly id: `LOG-${string}`;
  readonly title: string;
  readonly run: (stage: Stage) => Promise<void>;
}

/** Longest wait for anything, in milliseconds. */
export const PATIENCE_MS = 15_000;

export function recordOf(key: string, value: string, headers: Record<string, string> = {}): LogRecord {
  return { key, headers, value };
}

/** `count` records that go through the keys in turn; the value counts. */
export function recordsOf(count: number, keys: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g']): LogRecord[] {
  return Array.from({ length: count }, (_, index) => recordOf(keys[index % keys.length] as string, String(index)));
}

/** A reader that keeps what it was handed. */
export interface Gathering {
  readonly records: readonly (StoredRecord & { readonly partition: number })[];
  readonly batches: readonly LogBatch[];
  readonly failures: readonly unknown[];
  readonly reader: LogReader;
  /** Resolves when so many records were handed over; throws when that takes too long. */
  until(count: number): Promise<void>;
}

export async function gather(
  log: EventLog,
  options: Omit<ReadOptions, 'handle'> & Partial<ReadOptions>,
): Promise<Gathering> {
  const records: (StoredRecord & { partition: number })[] = [];
  const batches: LogBatch[] = [];
  const failures: unknown[] = [];
  const reader = await log.read({
    onFailure: (failure) => failures.push(failure),
    ...options,
    handle: async (batch, signal) => {
      await options.handle?.(batch, signal);
      batches.push(batch);
      for (const record of batch.records) records.push({ ...record, partition: batch.partition });
    },
  });
  return {
    records,
    batches,
    failures,
    reader,
    until: (count) =>
      eventually(
        () => records.length >= count,
        () => `${records.length} of ${count} records came`,
      ),
  };
}

export async function eventually(met: () => boolean | Promise<boolean>, told: () => string): Promise<void> {
  for (const until = performance.now() + PATIENCE_MS; !(await met()); ) {
    if (performance.now() > until) throw new Error(`Waited ${PATIENCE_MS} ms: ${told()}`);
    await pause(20);
  }
}

export function pause(timeMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, timeMs));
}
