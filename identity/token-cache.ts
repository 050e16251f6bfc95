import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Bearer } from './claims.ts';

/** Tokens that were checked a moment ago. A token is known by its digest: what was never kept cannot be read out. */
export interface TokenCache {
  get(token: string): Bearer | undefined;
  set(token: string, bearer: Bearer): void;
  clear(): void;
}

const MOST_TOKENS = 10_000;
/** So long after it was checked, a token is checked again. */
const MOST_AGE_MS = 60_000;

/** @param now UTC milliseconds */
export function createTokenCache(now: () => number): TokenCache {
  const known = new LRUCache<string, { readonly bearer: Bearer; readonly until: number }>({ max: MOST_TOKENS });
  return {
    get(token) {
      const found = known.get(digestOf(token));
      return found !== undefined && now() < found.until ? found.bearer : undefined;
    },
    set(token, bearer) {
      const until = Math.min(bearer.actor.expiresAt, now() + MOST_AGE_MS);
      known.set(digestOf(token), { bearer, until });
    },
    clear: () => known.clear(),
  };
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
