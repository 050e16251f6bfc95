import { createHmac } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { accounts } from '../../stand-ins/issuer/accounts.ts';
import { readKeys } from '../../stand-ins/issuer/keys.ts';
import { AUDIENCE, ISSUER } from '../../stand-ins/issuer/sign.ts';

const HOUR_S = 3_600;

/**
 * Values of `authorization` that look like a good one, by what is wrong with each, and the good one. Most are signed by
 * the issuer itself: a signature alone proves nothing.
 *
 * @param directory where the issuer's keys are
 * @param now UTC milliseconds
 */
export async function forgeTokens(
  directory: string,
  now: number,
): Promise<{ readonly good: string; readonly hostile: Readonly<Record<string, string>> }> {
  const [own, next] = readKeys(directory) as [JWK, JWK];
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const foreign = { ...(await exportJWK(privateKey)), alg: 'EdDSA' };
  const seconds = Math.floor(now / 1_000);
  const good: JWTPayload = {
    ...{ iss: ISSUER, aud: AUDIENCE, iat: seconds, exp: seconds + 1_800, jti: 'hostile' },
    ...accounts.counter,
  };
  const sign = async (change: Readonly<Record<string, unknown>>, header: object = {}, key: JWK = own) =>
    new SignJWT({ ...good, ...change })
      .setProtectedHeader({ typ: 'at+jwt', alg: 'EdDSA', kid: own.kid ?? '', ...header })
      .sign((await importJWK(key)) as CryptoKey);
  const unsigned = (header: object) =>
    [header, good].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const whole = await sign({});
  const [head, body, signature] = whole.split('.') as [string, string, string];
  const admin = Buffer.from(JSON.stringify({ ...good, ...accounts.admin })).toString('base64url');
  const byPublicKey = unsigned({ typ: 'at+jwt', alg: 'HS256', kid: own.kid });
  const { d: _, ...published } = own;
  const hmac = createHmac('sha256', JSON.stringify(published)).update(byPublicKey).digest('base64url');
  const citizen = { sub: 'citizen.hoa', client_id: 'citizen-app', role: 'citizen', unit: undefined };
  const told: Readonly<Record<string, string | Promise<string>>> = {
    'that ran out': sign({ iat: seconds - HOUR_S, exp: seconds - 120 }),
    'of a year ago': sign({ iat: seconds - 365 * 24 * HOUR_S, exp: seconds - 364 * 24 * HOUR_S }),
    'that never runs out': sign({ exp: undefined }),
    'that holds for a day': sign({ exp: seconds + 24 * HOUR_S }),
    'of tomorrow': sign({ iat: seconds + 24 * HOUR_S, exp: seconds + 25 * HOUR_S }),
    'that is not good yet': sign({ nbf: seconds + HOUR_S }),
    'of another issuer': sign({ iss: 'urn:evil' }),
    'for another system': sign({ aud: 'province-portal' }),
    'for nobody': sign({ aud: undefined }),
    'of another kind': sign({}, { typ: 'JWT' }),
    'signed by a stranger': sign({}, {}, foreign),
    'signed by a stranger who brings the key': sign({}, { jwk: foreign }, foreign),
    'signed by another key than it names': sign({}, {}, next),
    'that names no key': sign({}, { kid: undefined }),
    'whose claims were changed': `${head}.${admin}.${signature}`,
    'whose signature was cut': `${head}.${body}.${signature.slice(0, 40)}`,
    'without a signature': `${head}.${body}.`,
    'that says it needs none': `${unsigned({ typ: 'at+jwt', alg: 'none' })}.`,
    'signed with the public key as a password': `${byPublicKey}.${hmac}`,
    'of an unknown client': sign({ client_id: 'nobody' }),
    'of a role the client may not have': sign({ role: 'admin', unit: undefined }),
    'of a role that is none': sign({ role: 'root' }),
    'of a role that every object has': sign({ role: '__proto__' }),
    'of no account': sign({ sub: undefined }),
    'of an agency that is none': sign({ unit: 'H41.99.99' }),
    'of an officer who is a citizen besides': sign({ personal_number: '001085004213' }),
    'of a citizen without a number': sign(citizen),
    'of a citizen with a pattern for a number': sign({ ...citizen, personal_number: '%' }),
    'of a system in an officer’s name': sign({ ...accounts.portal, sub: 'counter.hanh', unit: undefined }),
    'of a client that acts for another': sign({ act: { sub: 'citizen-app' } }),
    'of a system without its certificate': sign({ ...accounts.app, unit: undefined }),
    'bound to a certificate nobody showed': sign({ cnf: { 'x5t#S256': 'A'.repeat(43) } }),
    'bound by other means': sign({ cnf: { jkt: 'A'.repeat(43) } }),
  };
  const signed = await Promise.all(
    Object.entries(told).map(async ([name, token]) => [`a token ${name}`, `Bearer ${await token}`] as const),
  );
  const hostile = {
    ...Object.fromEntries(signed),
    'a good token twice': `Bearer ${whole}, Bearer ${whole}`,
    'a good token of another scheme': `DPoP ${whole}`,
    'a good token within another': `Bearer ${whole}.${whole}`,
  };
  return { good: `Bearer ${whole}`, hostile };
}
