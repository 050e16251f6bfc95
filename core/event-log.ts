import type { LogRecord } from './event.ts';

/**
 * The port behind which Kafka and the embedded log stand. Records of one key stay in one partition and in their order;
 * a record is handed over at least once; what makes it count once is the reader, who keeps its place together with its
 * effects. test/streams/event-log-contract.ts is what every adapter passes.
 */
export interface EventLog {
  readonly name: 'embedded' | 'kafka';
  /** Creates the topics that are missing, with this log's number of partitions. Changes none that is there. */
  prepare(topics: readonly string[]): Promise<void>;
  /**
   * Resolves when the records are durable, in their order. After an error none, some or all of them may be there, and
   * some may yet arrive: append them again. Rejects at once for a record that is too large and for a topic not prepared.
   */
  append(topic: string, records: readonly LogRecord[]): Promise<void>;
  /**
   * Reads as a member of a group: partitions are shared out among its members, each to one of them. Rejects when the log
   * cannot be reached now, and for a topic not prepared.
   */
  read(options: ReadOptions): Promise<LogReader>;
  /** First offset still there and next offset to be written, by partition; empty for a topic that is not there. */
  extent(topic: string): Promise<readonly PartitionExtent[]>;
  /** Resolves when the log answers. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface ReadOptions {
  readonly topics: readonly string[];
  readonly group: string;
  /**
   * The next offset to read of a partition, as the reader keeps it beside its effects; asked whenever a partition is
   * assigned. Null: where the group last committed in the log, or the beginning.
   */
  readonly position?: ((topic: string, partition: number) => Promise<number | null>) | undefined;
  /**
   * Does the work. When it resolves the batch counts as done and is committed; when it rejects the batch comes again.
   * Batches of one partition come one after another. The signal aborts when the partition is taken away.
   */
  readonly handle: (batch: LogBatch, signal: AbortSignal) => Promise<void>;
  /** Most records in one batch. */
  readonly batchSize?: number | undefined;
  /** Told of every failure, those that are tried again included. */
  readonly onFailure?: ((failure: unknown) => void) | undefined;
}

export interface LogBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly StoredRecord[];
}

export interface StoredRecord extends LogRecord {
  readonly offset: number;
  /** UTC milliseconds. */
  readonly appendedAt: number;
}

export interface LogReader {
  /**
   * Resolves after `close`; rejects when the reader ended for good, with LogGap when records between its place and what
   * the log holds are gone: going on would skip them without a word.
   */
  readonly ended: Promise<void>;
  /** Lets the batch in hand finish, leaves the group. May be called twice. */
  close(): Promise<void>;
}

export interface PartitionExtent {
  readonly partition: number;
  readonly first: number;
  readonly next: number;
}

/** Records are gone that the reader has not read: purged too early, or the topic was made anew. */
export class LogGap extends Error {
  readonly topic: string;
  readonly partition: number;

  constructor(topic: string, partition: number, message: string) {
    super(`${topic}, partition ${partition}: ${message}`);
    this.name = 'LogGap';
    this.topic = topic;
    this.partition = partition;
  }
}
