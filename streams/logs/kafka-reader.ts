import { setTimeout as delay } from 'node:timers/promises';
import {
  LogGap,
  type LogReader,
  type PartitionExtent,
  type ReadOptions,
  type StoredRecord,
} from '../../core/event-log.ts';
import {
  type EachBatchPayload,
  isKafkaCoordinatorSilent,
  type KafkaClient,
  KafkaRejoin,
  kafkaFailure,
  kafkaOffsetGone,
} from '../../drivers/kafka.ts';
import { workAsMember } from './kafka-membership.ts';
import { offsetOf, placeOf } from './place.ts';
import { MOST_RECORDS } from './requests.ts';
import { restAfter, settlesWithin } from './waiting.ts';

export interface KafkaReading {
  readonly kafka: KafkaClient;
  readonly sessionMs: number;
  readonly extent: (topic: string) => Promise<readonly PartitionExtent[]>;
  /** Where the group last committed, by partition. */
  readonly committed: (group: string, topic: string) => Promise<ReadonlyMap<number, number>>;
}

/** What the group has given to this member, until it shares out the partitions anew. */
interface Assignment {
  /** By topic and partition; missing while its place is being looked up. */
  readonly places: Map<string, Place>;
  readonly revoked: AbortController;
}

interface Place {
  next: number;
  /** The reader keeps it itself. */
  readonly isOwn: boolean;
  failures: number;
  /** Batches in a row that did not begin at the place. */
  strays: number;
}

type Message = EachBatchPayload['batch']['messages'][number];

const LEAST_REBALANCE_MS = 10_000;
const MOST_STRAYS = 3;
/** How long closing waits for the batch in hand before it aborts it, and for the abort. */
const CLOSE_MS = 10_000;
const ABORT_MS = 2_000;

/**
 * Reads as a member of a Kafka consumer group. A partition is not fetched before the reader's place in it is known and
 * was held against what the log has, and every batch must begin at that place: kafkajs by itself would begin anywhere.
 *
 * @throws when Kafka cannot be reached
 */
export async function readKafka(reading: KafkaReading, options: ReadOptions): Promise<LogReader> {
  const { kafka, sessionMs, extent, committed } = reading;
  const { topics, group, position, handle, batchSize = MOST_RECORDS, onFailure = () => {} } = options;
  const rebalanceMs = Math.max(LEAST_REBALANCE_MS, 2 * sessionMs);
  const consumer = kafka.consumer({
    ...{ group, sessionMs, rebalanceMs },
    mayRestart: () => !closing,
    onExpelled: () => revoke(),
  });
  const { promise: ended, resolve: finish, reject } = Promise.withResolvers<void>();
  const abandon = new AbortController();
  let assignment: Assignment = { places: new Map(), revoked: new AbortController() };
  /** Starts in a row that found no coordinator. */
  let vainStarts = 0;
  let closing = false;
  let closed: Promise<void> | undefined;
  // Whoever reads may look at it late; until then a gap must not end the process.
  ended.catch(() => {});

  function fail(error: unknown): void {
    if (closing) return;
    onFailure(error);
    reject(error);
    void closeOnce();
  }

  async function placesOf(
    topic: string,
    partitions: readonly number[],
  ): Promise<Map<number, Pick<Place, 'next' | 'isOwn'>>> {
    // The log's end is asked for last: a place that moves on meanwhile must not look as if it were beyond it.
    const kept = await Promise.all(partitions.map(async (each) => (await position?.(topic, each)) ?? null));
    const inLog = kept.includes(null) ? await committed(group, topic) : new Map<number, number>();
    const extents = new Map((await extent(topic)).map((each) => [each.partition, each]));
    return new Map(
      partitions.map((partition, index) => {
        const there = extents.get(partition);
        if (there === undefined) throw new LogGap(topic, partition, 'the partition is gone');
        const own = kept[index] ?? null;
        const next = placeOf(topic, there, own, inLog.get(partition) ?? null);
        return [partition, { next, isOwn: own !== null }];
      }),
    );
  }

  async function begin(mine: Assignment, topic: string, partitions: readonly number[]): Promise<void> {
    for (let failures = 1; !mine.revoked.signal.aborted && !closing; failures += 1) {
      try {
        const places = await placesOf(topic, partitions);
        if (mine.revoked.signal.aborted) return;
        for (const [partition, place] of places) {
          mine.places.set(`${topic}/${partition}`, { ...place, failures: 0, strays: 0 });
          consumer.seek({ topic, partition, offset: String(place.next) });
        }
        consumer.resume([{ topic, partitions: [...partitions] }]);
        return;
      } catch (error) {
        if (error instanceof LogGap) return fail(error);
        if (!closing) onFailure(error);
        await delay(restAfter(failures), undefined, { ref: false });
      }
    }
  }

  function revoke(): void {
    assignment.revoked.abort(new Error('The partition was taken away'));
  }

  consumer.on('consumer.group_join', ({ payload }) => {
    // Stopping does not reach a consumer that is still joining; it would stay a member for ever.
    if (closing) throw new Error('The reader is closed');
    vainStarts = 0;
    revoke();
    const mine: Assignment = { places: new Map(), revoked: new AbortController() };
    assignment = mine;
    const given = Object.entries(payload.memberAssignment as Record<string, number[]>);
    // Told while kafkajs waits, so nothing is fetched before the places are known.
    consumer.pause(given.map(([topic, partitions]) => ({ topic, partitions })));
    for (const [topic, partitions] of given) void begin(mine, topic, partitions);
  });
  consumer.on('consumer.rebalancing', revoke);
  // When it is to join anew and Kafka does not take it in at once (its coordinator loads), kafkajs gives up and fetches
  // what it had before: as a member that has let go of it, or as none any more, which then gives no signs of life.
  consumer.on('consumer.fetch_start', () => {
    if (!closing && assignment.revoked.signal.aborted) throw new KafkaRejoin();
  });
  consumer.on('consumer.crash', ({ payload: { error, restart } }) => {
    revoke();
    const gone = kafkaOffsetGone(error);
    if (gone !== null) fail(new LogGap(gone.topic, gone.partition, gone.message));
    else if (restart) onFailure(kafkaFailure(error));
    else if (isKafkaCoordinatorSilent(error)) startAgain(error);
    else fail(kafkaFailure(error));
  });

  /** Which kafkajs does after every other failure that passes by itself. */
  function startAgain(error: unknown): void {
    if (closing) return;
    onFailure(kafkaFailure(error));
    vainStarts += 1;
    const again = (): void => {
      if (!closing) run().catch((failure: unknown) => fail(kafkaFailure(failure)));
    };
    setTimeout(again, restAfter(vainStarts)).unref();
  }

  function run(): Promise<void> {
    return consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = payload.batch;
    const mine = assignment;
    const place = mine.places.get(`${topic}/${partition}`);
    const stopped = (): boolean => closing || mine.revoked.signal.aborted || payload.isStale() || !payload.isRunning();
    if (place === undefined || stopped()) return;
    const records = messages.map(stored);
    if (!records.every(({ offset }, index) => offset === place.next + index)) return stray(topic, partition, place);
    place.strays = 0;
    for (let from = 0; from < records.length && !stopped(); from += batchSize) {
      const batch = { topic, partition, records: records.slice(from, from + batchSize) };
      const worked = await workAsMember(payload, { sessionMs, rebalanceMs }, (gone) =>
        handle(batch, AbortSignal.any([mine.revoked.signal, gone, abandon.signal])),
      );
      if (worked.expelled) {
        revoke();
        throw worked.rejoin;
      }
      if (worked.failure !== null) rest(payload, place, worked.failure.cause);
      else {
        place.next += batch.records.length;
        place.failures = 0;
        payload.resolveOffset(String(place.next - 1));
        // For a reader with a place of its own the commit only tells people of the lag: one for all of a fetch will do.
        const isLast = from + batchSize >= records.length || stopped() || worked.rejoin !== undefined;
        if (!place.isOwn || isLast) await commit(payload, topic, partition, place);
      }
      if (worked.rejoin !== undefined) {
        // The other batches that kafkajs has at hand would keep the group waiting.
        revoke();
        throw worked.rejoin;
      }
      if (worked.failure !== null) return;
    }
  }

  async function commit(payload: EachBatchPayload, topic: string, partition: number, { next }: Place): Promise<void> {
    const partitions = [{ partition, offset: String(next) }];
    await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions }] });
  }

  /** Leaves a partition alone for a while; the others go on. */
  function rest(payload: EachBatchPayload, place: Place, failure: unknown): void {
    onFailure(failure);
    place.failures += 1;
    const mine = assignment;
    const resume = payload.pause();
    const again = (): void => {
      if (!mine.revoked.signal.aborted && !closing) resume();
    };
    setTimeout(again, restAfter(place.failures)).unref();
  }

  async function stray(topic: string, partition: number, place: Place): Promise<void> {
    place.strays += 1;
    const there = (await extent(topic)).find((each) => each.partition === partition);
    const isWithin = there !== undefined && place.next >= there.first && place.next <= there.next;
    if (isWithin && place.strays <= MOST_STRAYS) consumer.seek({ topic, partition, offset: String(place.next) });
    else fail(new LogGap(topic, partition, `the record at ${place.next} is gone`));
  }

  async function close(): Promise<void> {
    closing = true;
    const left = consumer.disconnect();
    if (!(await settlesWithin(left, CLOSE_MS))) {
      abandon.abort(new Error('The reader is closed'));
      await settlesWithin(left, ABORT_MS);
    }
    revoke();
    finish();
  }

  function closeOnce(): Promise<void> {
    closed ??= close();
    return closed;
  }

  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await run();
  } catch (error) {
    await consumer.disconnect().catch(() => {});
    throw kafkaFailure(error);
  }
  return {
    ended,
    close: closeOnce,
  };
}

function stored({ offset, key, headers, value, timestamp }: Message): StoredRecord {
  const texts: Record<string, string> = {};
  for (const name in headers) texts[name] = String(headers[name] ?? '');
  return {
    offset: offsetOf(offset),
    key: key?.toString() ?? '',
    headers: texts,
    value: value?.toString() ?? '',
    appendedAt: Number(timestamp),
  };
}
