import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';

/** How often something may happen, for each of many that are told apart by a key. */
export interface Rate {
  /**
   * Takes one of what the key has.
   *
   * @param perMinute what comes back in a minute; also the most that is saved up
   * @returns milliseconds to wait until there is one again; 0 where one was taken
   */
  take(key: string, perMinute: number): number;
}

interface Bucket {
  left: number;
  /** Milliseconds of the clock. */
  at: number;
}

/** Keys remembered; whoever was not heard of longest is forgotten first, and has saved up everything by then. */
const MOST_KEYS = 50_000;
const MINUTE_MS = 60_000;

/** @param now milliseconds of a clock that never goes back */
export function createRate(now: () => number = () => performance.now()): Rate {
  const buckets = new LRUCache<string, Bucket>({ max: MOST_KEYS });
  return {
    take(key, perMinute) {
      const at = now();
      const bucket = buckets.get(key) ?? { left: perMinute, at };
      const left = Math.min(perMinute, bucket.left + ((at - bucket.at) * perMinute) / MINUTE_MS);
      const isTaken = left >= 1;
      buckets.set(key, { left: isTaken ? left - 1 : left, at });
      return isTaken ? 0 : Math.ceil(((1 - left) * MINUTE_MS) / perMinute);
    },
  };
}

/**
 * What an address is counted as: an IPv6 address as its network of 64 bits, of which anybody who has one has 2^64 addresses.
 */
export function addressKey(address: string): string {
  const [plain = ''] = address.split('%');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? 0 : tail.split(':').length;
  const zeros = tail === undefined ? 0 : 8 - groups.length - after;
  const whole = [...groups, ...Array<string>(zeros).fill('0'), ...(tail?.split(':') ?? [])];
  return whole
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
