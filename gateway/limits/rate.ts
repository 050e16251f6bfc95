import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';

/** How often something may happen, for each of many that are told apart by a key. */
export interface Rate {
  /**
   * Takes one of what the key has.
   *
   * @param perMinute what comes back in a minute
   * @param most what is saved up; what comes back in a minute when absent
   * @returns milliseconds to wait until there is one again; 0 where one was taken
   */
  take(key: string, perMinute: number, most?: number): number;
  /** Gives back one that was taken. */
  giveBack(key: string): void;
  /** How many the key has saved up; nothing is taken. */
  left(key: string, perMinute: number): number;
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

  /** What the key has at this moment. */
  function leftOf(key: string, perMinute: number, most: number, at: number): number {
    const bucket = buckets.get(key) ?? { left: most, at };
    return Math.min(most, bucket.left + ((at - bucket.at) * perMinute) / MINUTE_MS);
  }

  return {
    take(key, perMinute, most = perMinute) {
      const at = now();
      const left = leftOf(key, perMinute, most, at);
      buckets.set(key, { left: left >= 1 ? left - 1 : left, at });
      return left >= 1 ? 0 : Math.ceil(((1 - left) * MINUTE_MS) / perMinute);
    },
    giveBack(key) {
      const bucket = buckets.get(key);
      if (bucket !== undefined) bucket.left += 1;
    },
    left: (key, perMinute) => leftOf(key, perMinute, perMinute, now()),
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
  const after = tail?.split(':') ?? [];
  const zeros = Array<string>(8 - groups.length - after.length).fill('0');
  const whole = [...groups, ...zeros, ...after];
  return whole
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
