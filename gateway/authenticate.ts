import type { IncomingMessage } from 'node:http';
import type { Credentials } from '../core/identity.ts';
import type { Statement } from './stated-headers.ts';

/** What a request brings: by what it is recognised, for what it says it asks, and from where. */
export interface Presented {
  readonly credentials: Credentials;
  readonly statement: Statement;
  /** Of the socket. */
  readonly address: string;
}

/**
 * Reads what a request brings.
 *
 * @param payload of `connection_init`: what stands in it counts before the headers, which a browser cannot set on a
 * WebSocket
 */
export type PresentedBy = (request: IncomingMessage, payload?: unknown) => Presented;

/** @param _ whether a proxy in front says from where requests come */
export function createPresenter(_: { readonly behindProxy: boolean }): PresentedBy {
  return presentedBy;
}

function presentedBy({ headers, socket }: IncomingMessage, payload: unknown = null): Presented {
  const said = typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};
  const authorization = said.authorization ?? headers.authorization;
  return {
    credentials: {
      authorization: typeof authorization === 'string' ? authorization : undefined,
      certificate: undefined,
    },
    statement: {
      purpose: said.purpose ?? headers['x-purpose'],
      dossier: said.dossier ?? headers['x-dossier'],
      visit: said.visit ?? headers['x-visit'],
    },
    address: socket.remoteAddress ?? '',
  };
}
