import { randomUUID } from 'node:crypto';
import type { LogRecord } from '../../core/event.ts';
import type { EventLog, LogReader } from '../../core/event-log.ts';
import type { Database } from '../../drivers/database.ts';
import { createLeases } from '../../store/leases.ts';
import { insertRows, upsertRows } from '../../store/many-rows.ts';
import { inTransaction } from '../../store/transaction.ts';
import { readEmbedded } from './embedded-reader.ts';
import { extentOf } from './embedded-tables.ts';
import { offsetOf } from './place.ts';
import { requestsOf } from './requests.ts';
import { createBell } from './waiting.ts';

export interface EmbeddedLogOptions {
  readonly database: Database;
  /** Partitions of a topic when it is created. */
  readonly partitions: number;
  readonly leaseMs: number;
  readonly now: () => number;
}

const PARTITION = { table: 'log_partition', columns: ['topic', 'part', 'next_offset'], key: ['topic', 'part'] };
const RECORD = {
  table: 'log_record',
  columns: ['topic', 'part', 'record_offset', 'record_key', 'headers', 'value', 'appended_at'],
  key: ['topic', 'part', 'record_offset'],
};

/** The log in the hub's own store, where there is no Kafka. Its tables are those of migration 002. */
export function openEmbeddedLog({ database, partitions, leaseMs, now }: EmbeddedLogOptions): EventLog {
  const leases = createLeases(database, { holder: randomUUID(), leaseMs });
  const bell = createBell();
  const readers = new Set<LogReader>();
  /** Topic → its number of partitions, which never changes. */
  const known = new Map<string, number>();
  let closing: Promise<unknown> | undefined;

  const partitionsOf = async (topic: string): Promise<number> => {
    const [row] = await database.query('select count(*) as parts from log_partition where topic = ?', [topic]);
    const count = Number(row?.parts);
    if (count > 0) known.set(topic, count);
    return count;
  };
  const expectTopic = async (topic: string): Promise<number> => {
    const count = known.get(topic) ?? (await partitionsOf(topic));
    if (count === 0) throw new Error(`The log has no topic ${topic}: prepare it first`);
    return count;
  };
  const create = async (topic: string): Promise<void> => {
    const rows = Array.from({ length: partitions }, (_, part) => [topic, part, 0]);
    await inTransaction(database, (trx) => insertRows(trx, database.traits, PARTITION, rows)).catch(async (error) => {
      // Another process created it meanwhile, with its own number of partitions.
      if ((await partitionsOf(topic)) === 0) throw error;
    });
  };
  const expectOpen = (): void => {
    if (closing !== undefined) throw new Error('The log is closed');
  };

  return {
    name: 'embedded',
    async prepare(topics) {
      expectOpen();
      for (const topic of topics) if ((await partitionsOf(topic)) === 0) await create(topic);
    },
    async append(topic, records) {
      expectOpen();
      const requests = requestsOf(records);
      if (requests.length === 0) return;
      const count = await expectTopic(topic);
      await inTransaction(database, async (trx) => {
        const parts = [...new Set(records.map(({ key }) => partitionOf(key, count)))];
        // Whoever holds the row appends alone, so that offsets have no gap and become visible in their order.
        const rows = await trx
          .knex('log_partition')
          .select('part', 'next_offset')
          .where({ topic })
          .whereIn('part', parts)
          .orderBy('part')
          .forUpdate();
        const next = new Map(rows.map((row) => [Number(row.part), offsetOf(row.next_offset)]));
        const appendedAt = now();
        const place = ({ key, headers, value }: LogRecord) => {
          const part = partitionOf(key, count);
          const offset = next.get(part);
          if (offset === undefined) throw new Error(`Partition ${part} of ${topic} is gone`);
          next.set(part, offset + 1);
          return [topic, part, offset, key, JSON.stringify(headers), value, appendedAt];
        };
        for (const request of requests) await insertRows(trx, database.traits, RECORD, request.map(place));
        const ends = [...next].map(([part, offset]) => [topic, part, offset]);
        await upsertRows(trx, database.traits, PARTITION, ends);
      });
      bell.ring();
    },
    async read(options) {
      expectOpen();
      for (const topic of options.topics) await expectTopic(topic);
      const reader = readEmbedded({ database, bell, leases }, options);
      readers.add(reader);
      return reader;
    },
    extent: (topic) => extentOf(database, topic),
    check: async () => {
      await database.query(database.traits.ping);
    },
    close: async () => {
      closing ??= Promise.all([...readers].map((reader) => reader.close()));
      await closing;
    },
  };
}

/** FNV-1a over the key's bytes: the same in every process, and kept for ever, or keys would move. */
function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % partitions;
}
