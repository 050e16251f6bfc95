import DataLoader from 'dataloader';

/** Asks once for a key, together with all the other keys asked for in the same moment. */
export type Loader<K, V> = (key: K) => Promise<V>;

export interface LoaderOptions<K> {
  /** Most keys in one batch; any number when absent. */
  readonly maxBatchSize?: number | undefined;
  /** What makes two keys the same; the key itself when absent. */
  readonly keyOf?: ((key: K) => string) | undefined;
}

/** @param load answers for a batch of distinct keys, in their order; an Error is that key's alone */
export function createLoader<K, V>(
  load: (keys: readonly K[]) => Promise<readonly (V | Error)[]>,
  { maxBatchSize, keyOf }: LoaderOptions<K> = {},
): Loader<K, V> {
  const loader = new DataLoader<K, V, string | K>(load, {
    ...(maxBatchSize !== undefined && { maxBatchSize }),
    ...(keyOf !== undefined && { cacheKeyFn: keyOf }),
  });
  return (key) => loader.load(key);
}
