import { LogGap, type PartitionExtent } from '../../core/event-log.ts';

/**
 * Where a reader begins. Its own place comes before the log's: it was written together with the effects.
 *
 * @param position as the reader keeps it, null when it keeps none
 * @param committed where the group last committed in the log, null when it never did
 * @throws LogGap when records between that place and what the log holds are gone
 */
export function placeOf(
  topic: string,
  { partition, first, next }: PartitionExtent,
  position: number | null,
  committed: number | null,
): number {
  const place = position ?? committed;
  if (place === null) return first;
  if (place < first)
    throw new LogGap(topic, partition, `the next record to read is ${place}, the first there is ${first}`);
  if (place > next)
    throw new LogGap(topic, partition, `the next record to read is ${place}, but the log ends before ${next}`);
  return place;
}

/** Offsets are counted as numbers, which hold 2^53 of them exactly. */
export function offsetOf(value: unknown): number {
  const offset = Number(value);
  if (!Number.isSafeInteger(offset)) throw new Error(`Expected an offset below 2^53, came ${value}`);
  return offset;
}
