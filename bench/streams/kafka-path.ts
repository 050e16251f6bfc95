import { toLogRecord } from '../../core/event.ts';
import type { EventLog } from '../../core/event-log.ts';
import { openKafka } from '../../drivers/kafka.ts';
import { openKafkaLog } from '../../streams/logs/kafka.ts';
import { ownName } from '../../test/services/kafka.ts';
import { madeUpEvents } from './events.ts';

/** Records a second. */
export interface KafkaSample {
  /** The log's adapter, read as projection does: the reader keeps its place itself. */
  readonly own: number;
  /** The same where the place is kept in Kafka, committed after each batch. */
  readonly committed: number;
  /** A consumer of kafkajs that only counts. */
  readonly bare: number;
}

const SESSION_MS = 30_000;
const PARTITIONS = 6;
const READ_MS = 120_000;
const AT_ONCE = 500;

/** The log's Kafka adapter with a reader that does nothing, beside kafkajs' own loop over the same topic. */
export async function measureKafka(
  brokers: string,
  { events, rounds, told }: { events: number; rounds: number; told: (line: string) => void },
): Promise<readonly KafkaSample[]> {
  const warn = () => {};
  const log = openKafkaLog({ brokers, sessionMs: SESSION_MS, partitions: PARTITIONS, replication: 1, warn });
  try {
    const topic = ownName('bench');
    await log.prepare([topic]);
    for (let from = 0; from < events; from += AT_ONCE) {
      await log.append(topic, [...madeUpEvents(from, Math.min(events, from + AT_ONCE))].map(toLogRecord));
    }
    const readers = {
      own: () => readLog(log, topic, events, true),
      committed: () => readLog(log, topic, events, false),
      bare: () => readBare(brokers, topic, events),
    };
    const names = ['own', 'bare', 'committed'] as const;
    for (const name of names) await readers[name]();
    const samples: KafkaSample[] = [];
    for (let round = 0; round < rounds; round++) {
      const sample = { own: 0, committed: 0, bare: 0 };
      for (const name of round % 2 === 0 ? names : names.toReversed()) sample[name] = await readers[name]();
      samples.push(sample);
      const [own, bare, committed] = names.map((name) => Math.round(sample[name]));
      told(`the log ${own}/s, with its place in Kafka ${committed}/s, bare kafkajs ${bare}/s`);
    }
    return samples;
  } finally {
    await log.close();
  }
}

async function readLog(log: EventLog, topic: string, events: number, isOwn: boolean): Promise<number> {
  const counter = countUntil(events);
  const reader = await log.read({
    topics: [topic],
    group: ownName('bench'),
    position: isOwn ? async () => 0 : undefined,
    handle: async ({ records }) => counter.add(records.length),
    batchSize: AT_ONCE,
  });
  try {
    return await counter.rate;
  } finally {
    await reader.close();
  }
}

async function readBare(brokers: string, topic: string, events: number): Promise<number> {
  const counter = countUntil(events);
  const consumer = openKafka({ brokers, warn: () => {} }).consumer({
    group: ownName('bench'),
    sessionMs: SESSION_MS,
    rebalanceMs: SESSION_MS * 2,
    mayRestart: () => false,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ eachBatch: async ({ batch }) => counter.add(batch.messages.length) });
  try {
    return await counter.rate;
  } finally {
    await consumer.disconnect();
  }
}

/** Counts from the first batch on, which is not counted itself: joining a group is nothing that reading could do faster. */
function countUntil(events: number): { add(records: number): void; readonly rate: Promise<number> } {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const timer = setTimeout(() => reject(new Error(`The topic was not read in ${READ_MS} ms`)), READ_MS);
  let seen = 0;
  let first = 0;
  let startedAt = 0;
  return {
    rate: promise,
    add: (records) => {
      if (seen === 0) [first, startedAt] = [records, performance.now()];
      seen += records;
      if (seen < events) return;
      clearTimeout(timer);
      resolve(((seen - first) / (performance.now() - startedAt)) * 1_000);
    },
  };
}
