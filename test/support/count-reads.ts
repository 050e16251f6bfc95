import type { ReadRequest, SearchRequest, WatchedSource } from '../../core/source.ts';
import type { Hub } from '../../hub.ts';

/** What the hub asked its systems, as it left the resolvers. For SQL one read is one statement. */
export interface Reads {
  /** `sector entity.lookup` → the number of keys of each call. */
  byLookup(): Readonly<Record<string, readonly number[]>>;
  /** The source's own fields that the calls of one lookup named. */
  fieldsOf(place: string): readonly string[];
  /** `sector entity` of each search. */
  searches(): readonly string[];
  forget(): void;
}

export function countReads(hub: Hub): Reads {
  let reads: { place: string; keys: number; fields: readonly string[] }[] = [];
  let searches: string[] = [];
  for (const { id, sources } of hub.registry.sectors) {
    for (const { source } of sources.values()) {
      const counted = source as { -readonly [K in keyof WatchedSource]: WatchedSource[K] };
      const read = source.read.bind(source);
      counted.read = (request: ReadRequest, options) => {
        reads.push({
          place: `${id} ${request.entity}.${request.lookup}`,
          keys: request.keys.length,
          fields: request.fields,
        });
        return read(request, options);
      };
      const search = source.search?.bind(source);
      if (search === undefined) continue;
      counted.search = (request: SearchRequest, options) => {
        searches.push(`${id} ${request.entity}`);
        return search(request, options);
      };
    }
  }
  return {
    byLookup: () =>
      Object.fromEntries(
        [...Map.groupBy(reads, ({ place }) => place)]
          .sort(([left], [right]) => (left < right ? -1 : 1))
          .map(([place, calls]) => [place, calls.map(({ keys }) => keys)]),
      ),
    fieldsOf: (place) =>
      [...new Set(reads.filter((one) => one.place === place).flatMap(({ fields }) => fields))].sort(),
    searches: () => [...searches].sort(),
    forget() {
      reads = [];
      searches = [];
    },
  };
}
