import type { AccessPolicy } from '../core/access.ts';
import type { Identity } from '../core/identity.ts';
import { ANYBODY } from '../resolvers/open-access.ts';
import type { PartOptions } from './access-parts.ts';

/** Opens what recognises whoever asks, as the settings say. */
export async function openHubIdentity(_: PartOptions & { readonly policy: AccessPolicy }): Promise<Identity> {
  return { authenticate: async () => ANYBODY, keys: () => 'fresh', close: async () => {} };
}
