import type { Actor } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import type { GatewaySettings } from '../settings.ts';
import { asGraphqlError, SubscriptionRefused } from './document.ts';

/** Places for subscriptions that are open or about to be: of the process, and of each person, so that nobody takes all. */
export interface Places {
  /** @returns gives the place back; may be called twice. @throws SubscriptionRefused TOO_MANY_SUBSCRIPTIONS */
  take(actor: Actor): () => void;
}

export function createPlaces(settings: Pick<GatewaySettings, 'SUBSCRIPTIONS' | 'SUBSCRIPTIONS_PER_PERSON'>): Places {
  const { SUBSCRIPTIONS: most, SUBSCRIPTIONS_PER_PERSON: mostOfOne } = settings;
  /** By client and person; of nobody who has none. */
  const taken = new Map<string, number>();
  let all = 0;

  return {
    take({ id, client }) {
      const key = `${client}\n${id}`;
      const own = taken.get(key) ?? 0;
      if (all >= most) throw tooMany('The hub', most);
      if (own >= mostOfOne) throw tooMany('One person', mostOfOne);
      all += 1;
      taken.set(key, own + 1);
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        all -= 1;
        const left = (taken.get(key) ?? 1) - 1;
        if (left === 0) taken.delete(key);
        else taken.set(key, left);
      };
    },
  };
}

export function tooMany(place: 'The hub' | 'One person' | 'This connection', most: number): SubscriptionRefused {
  const error = new HubError('TOO_MANY_SUBSCRIPTIONS', `${place} takes at most ${most} subscriptions at once.`);
  return new SubscriptionRefused([asGraphqlError(error)]);
}
