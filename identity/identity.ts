import { HubError } from '../core/errors.ts';
import type { Identity } from '../core/identity.ts';
import type { KnownWorld } from './claims.ts';
import { createDoubtTally, Doubt } from './doubt.ts';
import { createKeySet, type KeySource, type Warn } from './key-set.ts';
import { createTokenCache } from './token-cache.ts';
import { createVerifier, demandCertificate, tokenIn } from './verify.ts';

export interface IdentityOptions extends KnownWorld {
  readonly source: KeySource;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  /** How long keys hold while their source cannot be read, in milliseconds. */
  readonly staleMs: number;
  readonly warn: Warn;
}

/** Recognises people and systems by the tokens of one issuer. */
export function openIdentity(options: IdentityOptions): Identity {
  const { source, staleMs, warn, now } = options;
  const known = createTokenCache(now);
  const keySet = createKeySet({ source, staleMs, warn, onRemoved: () => known.clear() });
  const verify = createVerifier({ ...options, keySet });
  const doubts = createDoubtTally(warn);

  return {
    async authenticate({ authorization, certificate }) {
      try {
        const token = tokenIn(authorization);
        let bearer = known.get(token);
        if (bearer === undefined) {
          bearer = await verify(token);
          known.set(token, bearer);
        }
        demandCertificate(bearer, certificate);
        return bearer.actor;
      } catch (error) {
        if (!(error instanceof Doubt)) throw error;
        doubts.note(error.reason);
        throw new HubError('UNAUTHENTICATED', 'Send `Authorization: Bearer` with a good access token.');
      }
    },
    keys: () => keySet.state(),
    async close() {
      doubts.close();
      await keySet.close();
    },
  };
}
