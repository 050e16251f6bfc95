import { type Admin, type Consumer, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { brokerList } from '../core/broker-list.ts';

export type { Admin, Consumer, EachBatchPayload, Producer } from 'kafkajs';

/** Kafka as the hub uses it. Nothing connects before `connect()` of what is made here. */
export interface KafkaClient {
  /** Idempotent. Good until its first failure: see ADR 12. */
  producer(): Producer;
  /** A member of a group. It says in its session time that it lives, or loses its partitions. */
  consumer(options: KafkaConsumerOptions): Consumer;
  admin(): Admin;
}

export interface KafkaOptions {
  /** host:port, separated by commas. */
  readonly brokers: string;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

export interface KafkaConsumerOptions {
  readonly group: string;
  readonly sessionMs: number;
  /** How long the others wait for this member when partitions are shared out anew. */
  readonly rebalanceMs: number;
  /** Asked after a failure that repeating can mend, before kafkajs starts the consumer again. */
  readonly mayRestart: () => boolean;
  /** Told when the group does not know this member any more, before it joins again. */
  readonly onExpelled?: () => void;
}

/**
 * The place a reader asks for is not in the log. kafkajs tells of it by a line in its log only and goes on elsewhere,
 * skipping records without a word; here it ends the consumer.
 */
class KafkaOffsetGone extends Error {
  /** Where kafkajs looks to learn whether to go on. */
  readonly retriable = false;
  readonly topic: string;
  readonly partition: number;

  constructor(topic: string, partition: number) {
    super('the place to read from is not in the log');
    this.topic = topic;
    this.partition = partition;
  }
}

/** Thrown at the beginning of a fetch, makes kafkajs join the group anew. */
export class KafkaRejoin extends Error {
  /** Where kafkajs looks to learn whether to join anew. */
  readonly type = 'REBALANCE_IN_PROGRESS';
  readonly retriable = true;

  constructor() {
    super('the member has to join its group anew');
  }
}

/** How long one request may take; a broker that is frozen or far away answers later or never. */
const REQUEST_MS = 10_000;
const CONNECT_MS = 3_000;
/** Together with the requests themselves about a minute: longer than a broker needs to start again. */
const RETRY = { initialRetryTime: 200, maxRetryTime: 5_000, retries: 5 };
/** Longest wait of a fetch for records: what a resumed or closing reader waits at most. */
const FETCH_WAIT_MS = 250;
const FETCH_PARTITION_BYTES = 1_048_576;
const FETCH_BYTES = 8_388_608;

/** @throws Error for an address that cannot be; its message does not repeat it */
export function openKafka({ brokers, warn }: KafkaOptions): KafkaClient {
  const addresses = [...brokerList(brokers)];
  // kafkajs keeps committed offsets by group for all consumers of one client: two members of a group would share them.
  const client = (onExpelled?: () => void): Kafka =>
    new Kafka({
      clientId: 'lienthong',
      brokers: addresses,
      requestTimeout: REQUEST_MS,
      connectionTimeout: CONNECT_MS,
      retry: RETRY,
      logLevel: logLevel.WARN,
      logCreator: () => logTo(warn, onExpelled),
    });
  return {
    producer: () =>
      client().producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        createPartitioner: Partitioners.DefaultPartitioner,
        retry: RETRY,
      }),
    consumer: ({ group, sessionMs, rebalanceMs, mayRestart, onExpelled }) =>
      client(onExpelled).consumer({
        groupId: group,
        sessionTimeout: sessionMs,
        rebalanceTimeout: rebalanceMs,
        heartbeatInterval: Math.ceil(sessionMs / 10),
        allowAutoTopicCreation: false,
        maxWaitTimeInMs: FETCH_WAIT_MS,
        maxBytesPerPartition: FETCH_PARTITION_BYTES,
        maxBytes: FETCH_BYTES,
        retry: { ...RETRY, restartOnFailure: async () => mayRestart() },
      }),
    admin: () => client().admin(),
  };
}

/** The code Kafka gives an error, such as UNKNOWN_MEMBER_ID; kafkajs wraps it when it has tried in vain. */
export function kafkaErrorType(error: unknown): string | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth += 1) {
    if ('type' in each && typeof each.type === 'string') return each.type;
  }
  return undefined;
}

/** @returns null where a consumer ended for another reason */
export function kafkaOffsetGone(error: unknown): KafkaOffsetGone | null {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth += 1) {
    if (each instanceof KafkaOffsetGone) return each;
  }
  return null;
}

/** Whether a consumer ended because nobody said in time who coordinates its group: a broker that is frozen or gone. */
export function isKafkaCoordinatorSilent(error: unknown): boolean {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth += 1) {
    if (each.name === 'KafkaJSGroupCoordinatorNotFound') return true;
  }
  return false;
}

/** What went wrong, without the addresses that kafkajs puts into its messages. */
export function kafkaFailure(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('Kafka: failed without an error');
  return new Error(`Kafka: ${kafkaErrorType(error) ?? error.name}: ${withoutAddresses(error.message)}`);
}

/** Most characters of a message that are read: each of them may begin an address, which is looked for to the end. */
const MOST_CHARACTERS = 1_000;

function withoutAddresses(text: string): string {
  const read = text.slice(0, MOST_CHARACTERS);
  // An address that was cut would not be known for one.
  const whole = read.length === text.length ? read : read.replace(/[^\s,()[\]]*$/, '…');
  return whole.replaceAll(/[^\s,()[\]]+:\d{1,5}\b/g, '…');
}

interface LogEntry {
  readonly level: number;
  readonly log: { readonly message: string; readonly [name: string]: unknown };
}

/** Two things kafkajs tells in its log alone: a place that is gone, and that the group does not know a member. */
function logTo(warn: KafkaOptions['warn'], onExpelled: (() => void) | undefined): (entry: LogEntry) => void {
  return ({ level, log }) => {
    const { message, topic, partition } = log;
    if (message.startsWith('Offset out of range, resetting'))
      throw new KafkaOffsetGone(String(topic), Number(partition));
    if (message.startsWith('The coordinator is not aware of this member')) onExpelled?.();
    if (level > logLevel.WARN) return;
    const { groupId, retryCount, retryTime } = log;
    warn(`Kafka: ${withoutAddresses(message)}`, { groupId, topic, partition, retryCount, retryTime });
  };
}
