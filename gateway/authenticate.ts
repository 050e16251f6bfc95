import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Credentials } from '../core/identity.ts';
import type { Statement } from './stated-headers.ts';
import { thumbprintOf } from './tls.ts';

/** What a request brings: by what it is recognised, for what it says it asks, and from where. */
export interface Presented {
  readonly credentials: Credentials;
  readonly statement: Statement;
  /** Of the socket, or the one that the proxy in front names. */
  readonly address: string;
}

/**
 * Reads what a request brings.
 *
 * @param payload of `connection_init`: what stands in it counts before the headers, which a browser cannot set on a
 * WebSocket
 */
export type PresentedBy = (request: IncomingMessage, payload?: unknown) => Presented;

/** @param options.behindProxy whether a proxy in front says from where requests come */
export function createPresenter(options: { readonly behindProxy: boolean }): PresentedBy {
  const addressOf = options.behindProxy ? addressFromProxy : addressOfSocket;

  return (request, payload = null) => {
    const { headers, socket } = request;
    const said = typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};
    const authorization = said.authorization ?? authorizationOf(request);
    return {
      credentials: {
        authorization: typeof authorization === 'string' ? authorization : undefined,
        certificate: certificateOf(socket),
      },
      statement: {
        purpose: said.purpose ?? headers['x-purpose'],
        dossier: said.dossier ?? headers['x-dossier'],
        visit: said.visit ?? headers['x-visit'],
      },
      address: addressOf(request),
    };
  };
}

const AUTHORIZATION = 'authorization';

/** Of two, Node keeps the first and a proxy may have looked at the second: then there is none. */
function authorizationOf({ headers, rawHeaders }: IncomingMessage): string | undefined {
  let seen = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (String(rawHeaders[i]).toLowerCase() === AUTHORIZATION) seen += 1;
  }
  return seen === 1 ? headers.authorization : undefined;
}

/** A connection shows one certificate, or none, for as long as it lasts. */
const certificates = new WeakMap<Socket, string | undefined>();

function certificateOf(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  if (!certificates.has(socket)) certificates.set(socket, thumbprintOf(socket));
  return certificates.get(socket);
}

function addressOfSocket({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? '';
}

/** The last one is the proxy's own word; those before it are whatever the client wrote. */
function addressFromProxy(request: IncomingMessage): string {
  const forwarded = request.headers['x-forwarded-for'];
  // Stryker disable next-line OptionalChaining: every text has a last part
  const last = String(forwarded ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  return last || addressOfSocket(request);
}
