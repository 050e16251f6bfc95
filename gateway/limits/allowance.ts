import type { Actor } from '../../core/access.ts';
import type { GatewaySettings } from '../settings.ts';

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
  /** Before a token is looked at. @throws HubError TOO_MANY_REQUESTS for an address that failed to sign in too often */
  demandAddress(address: string): void;
  /** Notes that somebody at the address could not be recognised. */
  noteFailure(address: string): void;
  /**
   * Takes one operation out of what the actor's client has, and a place among those at once.
   *
   * @returns gives the place back; may be called twice
   * @throws HubError TOO_MANY_REQUESTS
   */
  take(actor: Actor): () => void;
}

/** @param _ what the settings allow, and where registered clients differ */
export function createAllowance(_: { readonly settings: GatewaySettings; readonly limits: ClientLimits }): Allowance {
  return { demandAddress: () => {}, noteFailure: () => {}, take: () => () => {} };
}
