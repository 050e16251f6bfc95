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
  /**
   * Takes the check of one signature, of a token of the address that is not known to be good. Where half as many of the
   * address were not accepted as may be in a minute, not every one is checked. Behind one address there may be a whole
   * office: bad tokens that claim to be one person's have few checks, and those that claim to be people whom nobody has
   * seen share some, so that they leave those of others.
   *
   * @returns gives it back, and remembers who it is: to be called where the token was good
   * @throws HubError TOO_MANY_REQUESTS
   */
  takeCheck(address: string, claimed: () => Claimed | null): () => void;
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
/** Bad tokens of one address that claim to be one person's and are checked, once half of ADDRESS_FAILURES_PER_MINUTE came. */
const OWN_CHECKS = { perMinute: 300, most: 30 };
/** The same of all whom nobody has seen before: some thousandths of a processor's time. */
const SHARED_CHECKS = { perMinute: 1_200, most: 60 };
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
    takeCheck(address, claimed) {
      const shared = addressKey(address);
      const claims = claimed();
      const person = claims === null ? '' : personKey(claims);
      const remember = (): void => void recognised.set(person, true);
      const mostFailures = settings.ADDRESS_FAILURES_PER_MINUTE;
      // Not at the last one: each that comes back in the course of the minute would let in all that come at that moment.
      if (failures.left(shared, mostFailures) >= mostFailures / 2) return remember;
      const own = `${shared}\n${person}`;
      const isNew = !recognised.has(person);
      const ownMs = ownChecks.take(own, OWN_CHECKS.perMinute, OWN_CHECKS.most);
      if (ownMs > 0) throw tooMany(TOO_MANY_FAILURES, ownMs);
      const sharedMs = isNew ? sharedChecks.take(shared, SHARED_CHECKS.perMinute, SHARED_CHECKS.most) : 0;
      if (sharedMs > 0) throw tooMany(TOO_MANY_FAILURES, sharedMs);
      return () => {
        remember();
        ownChecks.giveBack(own);
        if (isNew) sharedChecks.giveBack(shared);
      };
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
