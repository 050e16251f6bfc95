import { setTimeout as delay } from 'node:timers/promises';
import type { LogRecord } from '../../core/event.ts';
import type { EventLog, LogReader, PartitionExtent } from '../../core/event-log.ts';
import { type Admin, kafkaErrorType, kafkaFailure, openKafka, type Producer } from '../../drivers/kafka.ts';
import { readKafka } from './kafka-reader.ts';
import { offsetOf } from './place.ts';
import { requestsOf } from './requests.ts';
import { restAfter, settlesWithin } from './waiting.ts';

export interface KafkaLogOptions {
  /** host:port, separated by commas. */
  readonly brokers: string;
  readonly sessionMs: number;
  /** Partitions and copies of a topic when it is created. */
  readonly partitions: number;
  readonly replication: number;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** Appends that may wait for the one in hand. */
const MOST_WAITING = 1_000;
/** Errors that pass by themselves: leaders are chosen a moment after a topic was created or a broker came back. */
const PASSING = ['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION'];
/** How often a topic is looked for before it is not there. */
const MOST_LOOKS = 4;
/** About half a minute: a broker that is busy shows what was created when it comes to it. */
const MOST_LOOKS_AFTER_CREATION = 12;
const MOST_FAILURES = 5;
const CHECK_MS = 5_000;
const CLOSE_MS = 5_000;

/** Connects at its first use, and again after a failure. */
export function openKafkaLog(options: KafkaLogOptions): EventLog {
  const kafka = openKafka(options);
  const readers = new Set<LogReader>();
  const known = new Set<string>();
  let admin: Promise<Admin> | undefined;
  let producer: Promise<Producer> | undefined;
  let appending: Promise<void> = Promise.resolve();
  let waiting = 0;
  let closing: Promise<void> | undefined;

  /** kafkajs does not always find back after a lost connection, so what has failed is replaced by a new one. */
  async function askOnce<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    expectOpen();
    admin ??= connected(kafka.admin());
    const asked = admin;
    try {
      return await question(await asked);
    } catch (error) {
      if (admin === asked) admin = undefined;
      void asked.then((used) => used.disconnect()).catch(() => {});
      throw error;
    }
  }

  /** Every question may be asked twice. */
  async function ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await askOnce(question);
      } catch (error) {
        const passes = PASSING.includes(kafkaErrorType(error) ?? '');
        if (!passes || failures === MOST_FAILURES) throw kafkaFailure(error);
        await delay(restAfter(failures));
      }
    }
  }

  async function isThere(topic: string): Promise<boolean> {
    if (known.has(topic)) return true;
    for (const name of await ask((each) => each.listTopics())) known.add(name);
    return known.has(topic);
  }

  async function expectTopic(topic: string, mostLooks = MOST_LOOKS): Promise<void> {
    // What another process has just prepared, a broker may not show yet.
    for (let looks = 1; !(await isThere(topic)); looks += 1) {
      if (looks === mostLooks) throw new Error(`The log has no topic ${topic}: prepare it first`);
      await delay(restAfter(looks));
    }
  }

  /**
   * One at a time, and with a new producer after a failure. A broker knows a repetition by the producer's number and a
   * count, and kafkajs counts back when it gives up: what a producer sends after that could be taken for a repetition
   * of what may have arrived, and dropped.
   */
  async function send(topic: string, records: readonly LogRecord[]): Promise<void> {
    expectOpen();
    producer ??= connected(kafka.producer());
    const used = producer;
    try {
      const messages = records.map(({ key, headers, value }) => ({ key, headers: { ...headers }, value }));
      await (await used).send({ topic, acks: -1, messages });
    } catch (error) {
      producer = undefined;
      void used.then((each) => each.disconnect()).catch(() => {});
      throw kafkaFailure(error);
    }
  }

  function expectOpen(): void {
    if (closing !== undefined) throw new Error('The log is closed');
  }

  async function extent(topic: string): Promise<readonly PartitionExtent[]> {
    if (!(await isThere(topic))) return [];
    const offsets = await ask((each) => each.fetchTopicOffsets(topic)).catch((error: Error) => {
      known.delete(topic);
      throw error;
    });
    return offsets
      .map(({ partition, low, high }) => ({ partition, first: offsetOf(low), next: offsetOf(high) }))
      .sort((a, b) => a.partition - b.partition);
  }

  async function committed(group: string, topic: string): Promise<ReadonlyMap<number, number>> {
    const [answer] = await ask((each) => each.fetchOffsets({ groupId: group, topics: [topic] }));
    const places = (answer?.partitions ?? []).map(({ partition, offset }) => [partition, offsetOf(offset)] as const);
    // Kafka says -1 where the group has never committed.
    return new Map(places.filter(([, offset]) => offset >= 0));
  }

  async function close(): Promise<void> {
    await Promise.all([...readers].map((reader) => reader.close()));
    await settlesWithin(appending, CLOSE_MS);
    const open = [producer, admin].map(async (each) => (await each)?.disconnect());
    await settlesWithin(Promise.allSettled(open), CLOSE_MS);
  }

  return {
    name: 'kafka',
    async prepare(topics) {
      expectOpen();
      known.clear();
      const missing: string[] = [];
      for (const topic of topics) if (!(await isThere(topic))) missing.push(topic);
      if (missing.length === 0) return;
      const { partitions: numPartitions, replication: replicationFactor } = options;
      // The index is rebuilt from the log, so nothing in it may grow too old.
      const configEntries = [
        { name: 'retention.ms', value: '-1' },
        { name: 'retention.bytes', value: '-1' },
        { name: 'cleanup.policy', value: 'delete' },
      ];
      const created = missing.map((topic) => ({ topic, numPartitions, replicationFactor, configEntries }));
      await ask((each) => each.createTopics({ topics: created, waitForLeaders: true }));
      for (const topic of missing) await expectTopic(topic, MOST_LOOKS_AFTER_CREATION);
    },
    async append(topic, records) {
      expectOpen();
      const requests = requestsOf(records);
      await expectTopic(topic);
      if (waiting >= MOST_WAITING) throw new Error(`${MOST_WAITING} appends wait for Kafka; no more are taken`);
      waiting += 1;
      const run = appending.then(async () => {
        for (const request of requests) await send(topic, request);
      });
      appending = run.catch(() => {});
      await run.finally(() => {
        waiting -= 1;
      });
    },
    async read(reading) {
      for (const topic of reading.topics) await expectTopic(topic);
      const { sessionMs } = options;
      const reader = await readKafka({ kafka, sessionMs, extent, committed }, reading);
      readers.add(reader);
      return reader;
    },
    extent,
    async check() {
      const answer = ask((each) => each.describeCluster());
      if (!(await settlesWithin(answer, CHECK_MS))) throw new Error(`Kafka did not answer in ${CHECK_MS} ms`);
      await answer;
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

async function connected<T extends { connect(): Promise<void> }>(client: T): Promise<T> {
  await client.connect();
  return client;
}
