import type { IncomingMessage } from 'node:http';
import type { Actor, StatedHeaders } from '../core/access.ts';
import { HubError } from '../core/errors.ts';
import type { Presented, PresentedBy } from './authenticate.ts';
import { formatGraphqlError } from './format-error.ts';
import type { Allowance } from './limits/allowance.ts';
import type { Authenticate, NoteRefusal } from './operation-request.ts';
import { statedBy } from './stated-headers.ts';

/** Somebody who was recognised and may ask one operation now. */
export interface Admitted {
  readonly actor: Actor;
  readonly stated: StatedHeaders;
  /** Gives back the place among those that ask at once; may be called twice. */
  leave(): void;
}

/** Through here everybody enters, whatever they came over. */
export interface Door {
  readonly presentedBy: PresentedBy;
  /** @throws HubError UNAUTHENTICATED, KEYS_UNAVAILABLE, TOO_MANY_REQUESTS */
  recognise(presented: Presented): Promise<Actor>;
  /** Of somebody recognised, once an operation. @throws HubError UNAUTHENTICATED, PURPOSE_REQUIRED, TOO_MANY_REQUESTS */
  enter(asking: { requestId: string; actor: Actor; presented: Presented }): Promise<Admitted>;
  /** Both, for one HTTP request. */
  admit(requestId: string, request: IncomingMessage): Promise<Admitted>;
}

export function createDoor(options: {
  readonly authenticate: Authenticate;
  readonly allowance: Allowance;
  readonly noteRefusal: NoteRefusal;
  readonly presentedBy: PresentedBy;
  /** UTC milliseconds. */
  readonly now: () => number;
}): Door {
  const { authenticate, allowance, noteRefusal, presentedBy, now } = options;

  const door: Door = {
    presentedBy,
    async recognise({ credentials, address }) {
      try {
        return await authenticate(credentials);
      } catch (error) {
        // Where no key is at hand, nobody has failed but the hub.
        if (error instanceof HubError && error.code === 'UNAUTHENTICATED') allowance.noteFailure(address);
        throw error;
      }
    },
    async enter({ requestId, actor, presented }) {
      let stated: StatedHeaders | null = null;
      try {
        // A connection outlives the token that it was opened with.
        if (actor.expiresAt <= now()) throw new HubError('UNAUTHENTICATED', 'The access token has run out.');
        stated = statedBy(actor, presented.statement);
        return { actor, stated, leave: allowance.take(actor) };
      } catch (error) {
        const codes = [formatGraphqlError(error).outward.extensions.code];
        await noteRefusal({ requestId, actor, stated, source: null, operationName: null, codes });
        throw error;
      }
    },
    async admit(requestId, request) {
      const presented = presentedBy(request);
      return door.enter({ requestId, actor: await door.recognise(presented), presented });
    },
  };
  return door;
}
