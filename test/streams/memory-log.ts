import { setTimeout as delay } from 'node:timers/promises';
import type { LogRecord } from '../../core/event.ts';
import type { EventLog, StoredRecord } from '../../core/event-log.ts';

/** A log in memory that hands over what a test puts in, doubled and late as it likes. */
export interface MemoryLog extends EventLog {
  readonly topics: ReadonlyMap<string, readonly (readonly StoredRecord[])[]>;
  /** Puts records into one partition, whatever their keys. */
  put(topic: string, partition: number, records: readonly LogRecord[]): void;
}

/** Members of a group share out partitions by their number: the second of two reads every odd one. */
export function createMemoryLog(partitions = 2): MemoryLog {
  const topics = new Map<string, StoredRecord[][]>();
  const members = new Map<string, object[]>();
  const of = (topic: string): StoredRecord[][] => {
    let own = topics.get(topic);
    if (own === undefined) {
      own = Array.from({ length: partitions }, () => []);
      topics.set(topic, own);
    }
    return own;
  };
  const put: MemoryLog['put'] = (topic, partition, records) => {
    const own = of(topic)[partition] as StoredRecord[];
    for (const record of records) own.push({ ...record, offset: own.length, appendedAt: 0 });
  };
  return {
    name: 'embedded',
    topics,
    put,
    prepare: async (names) => names.forEach(of),
    append: async (topic, records) => {
      for (const record of records) {
        const sum = [...record.key].reduce((total, letter) => total * 31 + (letter.codePointAt(0) ?? 0), 7);
        put(topic, sum % partitions, [record]);
      }
    },
    read: async ({ topics: names, group, position, handle, batchSize = 500, onFailure }) => {
      const me = {};
      members.set(group, [...(members.get(group) ?? []), me]);
      const closing = new AbortController();
      const follow = async (topic: string, partition: number): Promise<void> => {
        let place: number | null = null;
        while (!closing.signal.aborted) {
          const present = members.get(group) ?? [];
          if (partition % present.length !== present.indexOf(me)) {
            place = null;
            await delay(2);
            continue;
          }
          place ??= (await position?.(topic, partition)) ?? 0;
          const records = of(topic)[partition]?.slice(place, place + batchSize) ?? [];
          if (records.length === 0) {
            await delay(2);
            continue;
          }
          try {
            await handle({ topic, partition, records }, closing.signal);
            place += records.length;
          } catch (failure) {
            onFailure?.(failure);
            place = null;
            await delay(10);
          }
        }
      };
      const ended = Promise.all(
        names.flatMap((topic) => Array.from({ length: partitions }, (_, partition) => follow(topic, partition))),
      ).then(() => {});
      return {
        ended,
        close: async () => {
          closing.abort();
          await ended;
          members.set(
            group,
            (members.get(group) ?? []).filter((member) => member !== me),
          );
        },
      };
    },
    extent: async (topic) =>
      (topics.get(topic) ?? []).map((records, partition) => ({ partition, first: 0, next: records.length })),
    check: async () => {},
    close: async () => {},
  };
}
