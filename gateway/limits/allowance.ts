import { LRUCache } from 'lru-cache';
import type { Actor } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import type { GatewaySettings } from '../settings.ts';
import { addressKey, createRate } from './rate.ts';

/** What one registered client may ask for, where it differs from the settings. */
export interface ClientLimits {
  of(client: string): {
    /** Operations a minute of one person. */
    readonly perMinute?: number | undefined;
    /** Operations at once of one person. */
    readonly atOnce?: number | undefined;
    readonly registeredOnly?: boolean | undefined;
  };
}

/** How often, and how many at once, may be asked. One per process. */
export interface Allowance {
  /**
   * Notes that somebody at the address could not be recognised. Whoever has a good token is let in all the same: behind
   * one address there may be a whole office.
   *
   * @throws HubError TOO_MANY_REQUESTS where that happened too often
   */
  noteFailure(address: string): void;
  /**
   * Takes one operation out of what the actor's client has, and a place among those at once.
   *
   * @returns gives the place back; may be called twice
   * @throws HubError TOO_MANY_REQUESTS
   */
  take(actor: Actor): () => void;
}

interface AllowanceOptions {
  readonly settings: Pick<GatewaySettings, 'RATE_PER_MINUTE' | 'AT_ONCE' | 'ADDRESS_FAILURES_PER_MINUTE'>;
  readonly limits: ClientLimits;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** Until one of those at once has ended nobody knows; a second is longer than most take. */
const PLACE_RETRY_MS = 1_000;
/** People whose places are remembered; beyond them, whoever asked longest ago is counted anew. */
const MOST_PEOPLE = 50_000;

export function createAllowance({ settings, limits, now }: AllowanceOptions): Allowance {
  const failures = createRate(now);
  const operations = createRate(now);
  const places = new LRUCache<string, { taken: number }>({ max: MOST_PEOPLE });

  return {
    noteFailure(address) {
      const waitMs = failures.take(addressKey(address), settings.ADDRESS_FAILURES_PER_MINUTE);
      if (waitMs > 0) throw tooMany('Too many tokens of this address were not accepted.', waitMs);
    },
    take({ id, client }) {
      const own = limits.of(client);
      const key = `${client}\n${id}`;
      const waitMs = operations.take(key, own.perMinute ?? settings.RATE_PER_MINUTE);
      if (waitMs > 0) throw tooMany('More operations a minute came than you may ask.', waitMs);
      const place = places.get(key) ?? { taken: 0 };
      if (place.taken >= (own.atOnce ?? settings.AT_ONCE)) {
        throw tooMany('More operations came at once than you may ask.', PLACE_RETRY_MS);
      }
      place.taken += 1;
      places.set(key, place);
      let isTaken = true;
      return () => {
        if (isTaken) place.taken -= 1;
        isTaken = false;
      };
    },
  };
}

function tooMany(message: string, retryAfterMs: number): HubError {
  return new HubError('TOO_MANY_REQUESTS', `${message} Ask again later.`, { retryAfterMs });
}
