import type { Duplex } from 'node:stream';
import type { Actor } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import { addressKey } from '../limits/rate.ts';
import { createSeats, personKey } from '../limits/seats.ts';
import type { EdgeRefusal } from '../raw-answer.ts';
import type { GatewaySettings } from '../settings.ts';

type Limits = Pick<GatewaySettings, 'SUBSCRIPTIONS' | 'SUBSCRIPTIONS_PER_PERSON' | 'UNRECOGNISED_PER_ADDRESS'>;

/**
 * Which WebSocket connections there may be. Those on which nobody has said who they are have places of their own, so that
 * strangers take none of those who were recognised; and neither one address nor one person takes the places of all.
 */
export interface Connections {
  /** One more stranger, until the connection is closed or somebody is recognised on it. @returns null for one who may come */
  come(socket: Duplex, address: string): EdgeRefusal | null;
  /** The stranger has become somebody. @throws HubError TOO_MANY_SUBSCRIPTIONS */
  recognised(socket: Duplex, actor: Actor): void;
}

export function createConnections(limits: Limits): Connections {
  const { SUBSCRIPTIONS: most, SUBSCRIPTIONS_PER_PERSON: mostOfOne, UNRECOGNISED_PER_ADDRESS: mostStrangers } = limits;
  const strangers = createSeats({ most, mostOfOne: mostStrangers });
  const people = createSeats({ most, mostOfOne });
  const leaveStrangers = new WeakMap<Duplex, () => void>();

  return {
    come(socket, address) {
      const seat = strangers.take(addressKey(address));
      if (seat === 'all') return { status: 503, code: 'TOO_MANY_SUBSCRIPTIONS', message: fullOf('The hub', most) };
      if (seat === 'own') return { status: 429, code: 'TOO_MANY_REQUESTS', message: TOO_MANY_STRANGERS };
      leaveStrangers.set(socket, seat);
      untilClosed(socket, seat);
      return null;
    },
    recognised(socket, actor) {
      const seat = people.take(personKey(actor));
      if (seat === 'all') throw new HubError('TOO_MANY_SUBSCRIPTIONS', fullOf('The hub', most));
      if (seat === 'own') throw new HubError('TOO_MANY_SUBSCRIPTIONS', fullOf('One person', mostOfOne));
      leaveStrangers.get(socket)?.();
      untilClosed(socket, seat);
    },
  };
}

function untilClosed(socket: Duplex, leave: () => void): void {
  // Whoever is gone by now is not heard of again.
  if (socket.destroyed) leave();
  else socket.once('close', leave);
}

function fullOf(place: string, most: number): string {
  return `${place} takes at most ${most} connections at once.`;
}

const TOO_MANY_STRANGERS =
  'Too many connections of this address wait for somebody to say who they are. Connect again later.';
