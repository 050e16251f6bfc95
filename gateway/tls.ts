import type { ServerOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';

/** PEM texts. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
  /** Who signs client certificates: they are asked for where it is given. */
  readonly clientAuthority?: string;
}

/**
 * A client without a certificate, or with one of another authority, is let in as far as the door: it depends on the token
 * whether one is needed.
 */
export function httpsOptions({ cert, key, clientAuthority }: Tls): ServerOptions {
  return {
    ...{ cert, key, minVersion: 'TLSv1.2' },
    ...(clientAuthority !== undefined && { ca: clientAuthority, requestCert: true, rejectUnauthorized: false }),
  };
}

/** SHA-256 of the certificate that a client has shown and its authority has signed, base64url. */
export function thumbprintOf(socket: TLSSocket): string | undefined {
  if (!socket.authorized) return undefined;
  const { fingerprint256 } = socket.getPeerCertificate();
  if (fingerprint256 === undefined) return undefined;
  return Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
}
