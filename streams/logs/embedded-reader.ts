import { LogGap, type LogReader, type ReadOptions, type StoredRecord } from '../../core/event-log.ts';
import type { Database } from '../../drivers/database.ts';
import { assertHeld, type Lease, type Leases } from '../../store/leases.ts';
import { upsertRows } from '../../store/many-rows.ts';
import { inTransaction } from '../../store/transaction.ts';
import { committedOf, endsOf, extentOf, type PartitionEnd, recordsFrom } from './embedded-tables.ts';
import { placeOf } from './place.ts';
import { MOST_RECORDS } from './requests.ts';
import { type Bell, restAfter, settlesWithin } from './waiting.ts';

export interface EmbeddedReading {
  readonly database: Database;
  /** Rings when this process has appended. */
  readonly bell: Bell;
  readonly leases: Leases;
}

/** A partition as this reader stands in it. */
interface Place {
  next: number;
  failures: number;
  /** By the monotonic clock: after a failure it is left alone until then. */
  notBefore: number;
}

/** How often the store is asked for what other processes have appended. */
const POLL_MS = 250;
/** How often a group that another process reads is asked for. */
const TAKE_OVER_MS = 500;
/** How long closing waits for the batch in hand before it aborts it, and for the abort. */
const CLOSE_MS = 10_000;
const ABORT_MS = 2_000;

const GROUP = {
  table: 'log_group',
  columns: ['group_name', 'topic', 'part', 'next_offset'],
  key: ['group_name', 'topic', 'part'],
};

/**
 * Reads as the one member of its group: the others wait for the lease. Batches of all partitions are handled one after
 * another, a batch of each in turn.
 */
export function readEmbedded({ database, bell, leases }: EmbeddedReading, options: ReadOptions): LogReader {
  const { topics, group, position, handle, batchSize = MOST_RECORDS, onFailure = () => {} } = options;
  const abandon = new AbortController();
  let closing = false;
  let closed: Promise<void> | undefined;
  /** Of the store, in a row: since it was last read through without one. */
  let failures = 0;

  async function placeIn({ topic, partition }: PartitionEnd): Promise<Place> {
    // The log's end is asked for last: a place that moves on meanwhile must not look as if it were beyond it.
    const kept = (await position?.(topic, partition)) ?? null;
    const committed = kept === null ? await committedOf(database, group, { topic, partition }) : null;
    const extent = (await extentOf(database, topic)).find((each) => each.partition === partition);
    if (extent === undefined) throw new LogGap(topic, partition, 'the partition is gone');
    return { next: placeOf(topic, extent, kept, committed), failures: 0, notBefore: 0 };
  }

  async function commit(lease: Lease, { topic, partition }: PartitionEnd, next: number): Promise<void> {
    await inTransaction(database, async (trx) => {
      // A process that was stopped past its lease would set the group back.
      await assertHeld(trx, lease);
      await upsertRows(trx, database.traits, GROUP, [[group, topic, partition, next]]);
    });
  }

  /** @returns whether a batch was done */
  async function advance(lease: Lease, end: PartitionEnd, place: Place): Promise<boolean> {
    const { topic, partition } = end;
    if (end.next < place.next) throw gap(end, place);
    if (end.next === place.next || performance.now() < place.notBefore) return false;
    const records = await recordsFrom(database, { topic, partition, offset: place.next, limit: batchSize });
    if (!follow(records, place.next)) throw gap(end, place);
    try {
      await handle({ topic, partition, records }, AbortSignal.any([lease.lost, abandon.signal]));
    } catch (error) {
      onFailure(error);
      place.failures += 1;
      place.notBefore = performance.now() + restAfter(place.failures);
      return false;
    }
    const next = place.next + records.length;
    await commit(lease, end, next);
    Object.assign(place, { next, failures: 0 });
    return true;
  }

  async function readWhileHeld(lease: Lease): Promise<void> {
    const places = new Map<string, Place>();
    const stopped = (): boolean => closing || lease.lost.aborted;
    while (!stopped()) {
      const { rings } = bell;
      let worked = false;
      for (const end of await endsOf(database, topics)) {
        if (stopped()) return;
        const name = `${end.topic}/${end.partition}`;
        const place = places.get(name) ?? (await placeIn(end));
        places.set(name, place);
        worked = (await advance(lease, end, place)) || worked;
      }
      failures = 0;
      if (!worked && !stopped()) await bell.wait(rings, POLL_MS);
    }
  }

  async function run(): Promise<void> {
    while (!closing) {
      try {
        const lease = await leases.acquire(`log:${group}`);
        if (lease === null) {
          await restUntilClosing(TAKE_OVER_MS);
          continue;
        }
        await readWhileHeld(lease).finally(() => lease.release());
      } catch (error) {
        if (!abandon.signal.aborted) onFailure(error);
        if (error instanceof LogGap) throw error;
        failures += 1;
        await restUntilClosing(restAfter(failures));
      }
    }
  }

  /** The bell rings at every append too, which says nothing about another process's lease. */
  async function restUntilClosing(timeMs: number): Promise<void> {
    for (const until = performance.now() + timeMs; !closing && performance.now() < until; ) {
      await bell.wait(bell.rings, Math.max(1, until - performance.now()));
    }
  }

  const ended = run();
  // Whoever reads may look at it late; until then a gap must not end the process.
  ended.catch(() => {});
  const close = async (): Promise<void> => {
    closing = true;
    bell.ring();
    if (await settlesWithin(ended, CLOSE_MS)) return;
    abandon.abort(new Error('The reader is closed'));
    await settlesWithin(ended, ABORT_MS);
  };
  return {
    ended,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function follow(records: readonly StoredRecord[], first: number): boolean {
  return records.length > 0 && records.every(({ offset }, index) => offset === first + index);
}

function gap({ topic, partition, next }: PartitionEnd, place: Place): LogGap {
  return new LogGap(topic, partition, `records from ${place.next} on are gone; the log ends before ${next}`);
}
