import { HubError } from '../../core/errors.ts';

/** What a topic's partition holds: the first record still there, and the one to be written next. */
export interface TopicExtent {
  readonly topic: string;
  readonly partition: number;
  readonly first: number;
  readonly next: number;
}

/** The next offset to read of each partition, as `topic/partition`. */
export type TopicPlaces = Map<string, number>;

export function partitionName(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

export function writePlaces(places: TopicPlaces): string {
  return JSON.stringify(Object.fromEntries(places));
}

/** @throws HubError INTERNAL for a text that is no position of topics */
export function readPlaces(text: string | null): TopicPlaces {
  if (text === null) return new Map();
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, unknown>);
    if (entries.every((entry): entry is [string, number] => Number.isSafeInteger(entry[1]))) return new Map(entries);
  } catch {
    // Told below: what came may hold anything.
  }
  throw new HubError('INTERNAL', 'expected a position of topics, came something else');
}

/**
 * Holds places against what the topics have. A partition that is new is read from its beginning.
 *
 * @throws HubError SOURCE_UNAVAILABLE where records between a place and what is there are gone: never skipped
 */
export function placesWithin(places: TopicPlaces, extents: readonly TopicExtent[]): TopicPlaces {
  const found: TopicPlaces = new Map();
  for (const { topic, partition, first, next } of extents) {
    const name = partitionName(topic, partition);
    const place = places.get(name);
    if (place !== undefined && (place < first || place > next)) {
      const why = place < first ? `the first there is ${first}` : `the topic ends before ${next}`;
      throw gap(`${name}: the next record to read is ${place}, but ${why}`);
    }
    // Of a partition that was never read, what was already deleted is gone: a snapshot begins where the topic does.
    found.set(name, place ?? first);
  }
  const missing = [...places.keys()].find((name) => !found.has(name));
  if (missing !== undefined) throw gap(`${missing} is gone`);
  return found;
}

export function gap(why: string): HubError {
  const remedy = 'have the connector write a new snapshot, then forget the position of this way';
  return new HubError('SOURCE_UNAVAILABLE', `${why}; ${remedy}`, { retryable: false });
}
