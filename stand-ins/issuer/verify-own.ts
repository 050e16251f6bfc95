import { createLocalJWKSet, jwtVerify } from 'jose';
import { publicKeys, readKeys } from './keys.ts';
import { AUDIENCE, ISSUER } from './sign.ts';

/** Whether this issuer has signed it and it still holds. */
export async function isOwnToken(directory: string, token: string): Promise<boolean> {
  const keys = createLocalJWKSet({ keys: [...publicKeys(readKeys(directory))] });
  return jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt' }).then(
    () => true,
    () => false,
  );
}
