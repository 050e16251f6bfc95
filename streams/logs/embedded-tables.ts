import type { PartitionExtent, StoredRecord } from '../../core/event-log.ts';
import type { Database } from '../../drivers/database.ts';
import { places } from '../../store/many-rows.ts';
import { offsetOf } from './place.ts';

export interface PartitionEnd {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to be written. */
  readonly next: number;
}

/** What the log holds of a topic, by partition. */
export async function extentOf(database: Database, topic: string): Promise<readonly PartitionExtent[]> {
  const first = 'select min(r.record_offset) from log_record r where r.topic = p.topic and r.part = p.part';
  const rows = await database.query(
    `select p.part, p.next_offset, (${first}) as first_offset from log_partition p where p.topic = ? order by p.part`,
    [topic],
  );
  return rows.map((row) => ({
    partition: Number(row.part),
    first: offsetOf(row.first_offset ?? row.next_offset),
    next: offsetOf(row.next_offset),
  }));
}

/** Where the partitions of these topics end, in one question. */
export async function endsOf(database: Database, topics: readonly string[]): Promise<readonly PartitionEnd[]> {
  const rows = await database.query(
    `select topic, part, next_offset from log_partition where topic in (${places(topics.length)}) order by topic, part`,
    topics,
  );
  return rows.map((row) => ({
    topic: String(row.topic),
    partition: Number(row.part),
    next: offsetOf(row.next_offset),
  }));
}

/** Records from an offset on, in their order. */
export async function recordsFrom(
  database: Database,
  { topic, partition, offset, limit }: { topic: string; partition: number; offset: number; limit: number },
): Promise<readonly StoredRecord[]> {
  const rows = await database.query(
    'select record_offset, record_key, headers, value, appended_at from log_record ' +
      'where topic = ? and part = ? and record_offset >= ? order by record_offset limit ?',
    [topic, partition, offset, limit],
  );
  return rows.map((row) => ({
    offset: offsetOf(row.record_offset),
    key: String(row.record_key),
    headers: JSON.parse(String(row.headers)) as Record<string, string>,
    value: String(row.value),
    appendedAt: Number(row.appended_at),
  }));
}

/** Where a group committed last; null where it never did. */
export async function committedOf(
  database: Database,
  group: string,
  { topic, partition }: { topic: string; partition: number },
): Promise<number | null> {
  const [row] = await database.query(
    'select next_offset from log_group where group_name = ? and topic = ? and part = ?',
    [group, topic, partition],
  );
  return row === undefined ? null : offsetOf(row.next_offset);
}
