/** Signs access tokens as RFC 9068 has them. */

import { randomUUID } from 'node:crypto';
import { type CryptoKey, importJWK, SignJWT } from 'jose';
import { readKeys } from './keys.ts';

export const ISSUER = 'urn:lienthong:demo-issuer';
export const AUDIENCE = 'lienthong';

/** What an account's tokens say besides who issued them and when. */
export interface Account {
  readonly sub: string;
  readonly client_id: string;
  readonly role: string;
  readonly unit?: string | undefined;
  readonly personal_number?: string | undefined;
  readonly act?: { readonly sub: string } | undefined;
  readonly cnf?: { readonly 'x5t#S256': string } | undefined;
}

/** @param now UTC milliseconds */
export async function signToken(
  directory: string,
  account: Account,
  options: { minutes?: number; now?: number } = {},
): Promise<string> {
  const { minutes = 30, now = Date.now() } = options;
  const [signing] = readKeys(directory);
  if (signing?.kid === undefined) throw new Error('The file of the issuer’s keys holds no key that signs.');
  const issuedAt = Math.floor(now / 1000);
  const claims = {
    ...{ iss: ISSUER, aud: AUDIENCE, ...account },
    ...{ iat: issuedAt, exp: issuedAt + Math.round(minutes * 60), jti: randomUUID() },
  };
  return new SignJWT(claims)
    .setProtectedHeader({ typ: 'at+jwt', alg: 'EdDSA', kid: signing.kid })
    .sign((await importJWK(signing)) as CryptoKey);
}
