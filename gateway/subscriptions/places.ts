import type { Actor } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import { createSeats, personKey } from '../limits/seats.ts';
import type { GatewaySettings } from '../settings.ts';
import { asGraphqlError, SubscriptionRefused } from './document.ts';

/** Places for subscriptions that are open or about to be: of the process, and of each person, so that nobody takes all. */
export interface Places {
  /** @returns gives the place back; may be called twice. @throws SubscriptionRefused TOO_MANY_SUBSCRIPTIONS */
  take(actor: Actor): () => void;
}

export function createPlaces(settings: Pick<GatewaySettings, 'SUBSCRIPTIONS' | 'SUBSCRIPTIONS_PER_PERSON'>): Places {
  const { SUBSCRIPTIONS: most, SUBSCRIPTIONS_PER_PERSON: mostOfOne } = settings;
  const seats = createSeats({ most, mostOfOne });
  return {
    take(actor) {
      const seat = seats.take(personKey(actor));
      if (seat === 'all') throw tooMany('The hub', most);
      if (seat === 'own') throw tooMany('One person', mostOfOne);
      return seat;
    },
  };
}

export function tooMany(place: 'The hub' | 'One person' | 'This connection', most: number): SubscriptionRefused {
  const error = new HubError('TOO_MANY_SUBSCRIPTIONS', `${place} takes at most ${most} subscriptions at once.`);
  return new SubscriptionRefused([asGraphqlError(error)]);
}
