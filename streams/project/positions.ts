import type { Database } from '../../drivers/database.ts';
import { type TableShape, upsertRows } from '../../store/many-rows.ts';
import type { Transaction } from '../../store/transaction.ts';

/** The place of a reader in one partition: the next offset it has to read. */
export interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly next: number;
}

/** Never backwards: of two processes that hold one partition for a moment, the later has read more. */
const POSITIONS = (greatest: 'max' | 'greatest'): TableShape => ({
  table: 'consumer_position',
  columns: ['consumer', 'topic', 'part', 'next_offset'],
  key: ['consumer', 'topic', 'part'],
  update: { next_offset: `${greatest}(next_offset, new(next_offset))` },
});

export async function savePositions(
  trx: Transaction,
  { traits }: Database,
  consumer: string,
  positions: readonly Position[],
): Promise<void> {
  const shape = POSITIONS(traits.name === 'sqlite' ? 'max' : 'greatest');
  await upsertRows(
    trx,
    traits,
    shape,
    positions.map(({ topic, partition, next }) => [consumer, topic, partition, next]),
  );
}

export async function positionOf(
  database: Database,
  consumer: string,
  topic: string,
  partition: number,
): Promise<number | null> {
  const [row] = await database.query(
    'select next_offset from consumer_position where consumer = ? and topic = ? and part = ?',
    [consumer, topic, partition],
  );
  return row === undefined ? null : Number(row.next_offset);
}

/** All places of a reader, by `topic/partition`. */
export async function positionsOf(database: Database, consumer: string): Promise<ReadonlyMap<string, number>> {
  const rows = await database.query('select topic, part, next_offset from consumer_position where consumer = ?', [
    consumer,
  ]);
  return new Map(rows.map(({ topic, part, next_offset: next }) => [`${topic}/${Number(part)}`, Number(next)]));
}
