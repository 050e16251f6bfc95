import { FaultyValue } from '../core/faulty-value.ts';
import type { Answer, Key, Row } from '../core/source.ts';

/** One text for a key, the same for all keys that are the same. */
export function canonicalKey(key: Key, normalise: (text: string) => string = (text) => text): string {
  return typeof key === 'string' ? normalise(key) : JSON.stringify(key.map(normalise));
}

export interface DealOptions {
  /** Keys a row says it answers. Throws FaultyValue for a row that says none. */
  readonly keysOf: (row: Row) => readonly string[];
  readonly normalise?: ((text: string) => string) | undefined;
  /** Makes the error for rows that say no key: they might be anyone's. */
  readonly faultOf: (cause: unknown) => Error;
}

/**
 * Hands the rows of one answer to the keys they state: in whatever order they came, one to several keys, none to keys
 * that nobody asked for. Where a row states no key, a key that got no other row is faulty and not empty.
 */
export function dealRows(keys: readonly Key[], rows: readonly Row[], options: DealOptions): readonly Answer[] {
  const wanted = keys.map((key) => canonicalKey(key, options.normalise));
  const rowsByKey = new Map<string, Row[]>(wanted.map((key) => [key, []]));
  let fault: Error | undefined;
  for (const row of rows) {
    try {
      for (const key of new Set(options.keysOf(row))) rowsByKey.get(key)?.push(row);
    } catch (error) {
      if (!(error instanceof FaultyValue)) throw error;
      fault ??= options.faultOf(error);
    }
  }
  return wanted.map((key): Answer => {
    const dealt = rowsByKey.get(key) ?? [];
    return dealt.length === 0 && fault !== undefined ? fault : dealt;
  });
}
