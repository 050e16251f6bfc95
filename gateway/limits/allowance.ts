import { LRUCache } from 'lru-cache';
import type { Actor } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import type { Claimed } from '../../core/identity.ts';
import type { GatewaySettings } from '../settings.ts';
import { addressKey, createRate } from './rate.ts';
import { personKey } from './seats.ts';

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
   * Notes that somebody at the address could not be recognised.
   *
   * @throws HubError TOO_MANY_REQUESTS where that happened too often
   */
  noteFailure(address: string): void;
  /** Remembers somebody for `demandCheck`, as long as this process lasts. */
  noteRecognised(actor: Actor): void;
  /**
   * Of a token of the address that is not known to be good, before its signature is checked. Where half as many of the
   * address were not accepted as may be in a minute, not every one is. Behind one address there may be a whole office:
   * tokens that claim to be one person's get a few checks, those of all whom nobody has seen before share some, and whoever
   * was recognised before needs none of these.
   *
   * @throws HubError TOO_MANY_REQUESTS
   */
  demandCheck(address: string, claimed: () => Claimed | null): void;
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
/** Of one address and person, once half of ADDRESS_FAILURES_PER_MINUTE is spent; one signs in anew a few times an hour. */
const OWN_CHECKS_PER_MINUTE = 10;
/** The same of one address and all whom nobody has seen before: some thousandths of a processor's time. */
const SHARED_CHECKS_PER_MINUTE = 600;
const SHARED_CHECKS_AT_ONCE = 20;
/** People whose places are remembered; beyond them, whoever asked longest ago is counted anew. */
const MOST_PEOPLE = 50_000;

export function createAllowance({ settings, limits, now }: AllowanceOptions): Allowance {
  const failures = createRate(now);
  const operations = createRate(now);
  const ownChecks = createRate(now);
  const sharedChecks = createRate(now);
  const recognised = new LRUCache<string, true>({ max: MOST_PEOPLE });
  const places = new LRUCache<string, { taken: number }>({ max: MOST_PEOPLE });

  return {
    noteFailure(address) {
      const waitMs = failures.take(addressKey(address), settings.ADDRESS_FAILURES_PER_MINUTE);
      if (waitMs > 0) throw tooMany(TOO_MANY_FAILURES, waitMs);
    },
    noteRecognised(actor) {
      recognised.set(personKey(actor), true);
    },
    demandCheck(address, claimed) {
      const key = addressKey(address);
      const mostFailures = settings.ADDRESS_FAILURES_PER_MINUTE;
      // Not at the last one: each that comes back in the course of the minute would let in all that come at that moment.
      if (failures.left(key, mostFailures) >= mostFailures / 2) return;
      const claims = claimed();
      const person = claims === null ? '' : personKey(claims);
      const ownMs = ownChecks.take(`${key}\n${person}`, OWN_CHECKS_PER_MINUTE);
      if (ownMs > 0) throw tooMany(TOO_MANY_FAILURES, ownMs);
      const sharedMs = recognised.has(person)
        ? 0
        : sharedChecks.take(key, SHARED_CHECKS_PER_MINUTE, SHARED_CHECKS_AT_ONCE);
      if (sharedMs > 0) throw tooMany(TOO_MANY_FAILURES, sharedMs);
    },
    take(actor) {
      const own = limits.of(actor.client);
      const key = personKey(actor);
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

const TOO_MANY_FAILURES = 'Too many tokens of this address were not accepted.';

function tooMany(message: string, retryAfterMs: number): HubError {
  return new HubError('TOO_MANY_REQUESTS', `${message} Ask again later.`, { retryAfterMs });
}
