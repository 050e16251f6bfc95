import { createHash } from 'node:crypto';
import { CompactSign, type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { accounts } from '../../../stand-ins/issuer/accounts.ts';
import { publicKeys, readKeys } from '../../../stand-ins/issuer/keys.ts';
import { AUDIENCE, ISSUER } from '../../../stand-ins/issuer/sign.ts';

type Members = Readonly<Record<string, unknown>>;

const LIFE_S = 1_800;

/** Values for `authorization` that nobody may be recognised by, by what is wrong with them. Made for this moment. */
export async function hostileTokens(directory: string): Promise<ReadonlyMap<string, string>> {
  const [signing] = readKeys(directory) as readonly JWK[];
  const [published] = publicKeys(readKeys(directory));
  if (signing === undefined || published === undefined) throw new Error('The issuer has no key');
  const own = (await importJWK(signing)) as CryptoKey;
  const { privateKey: foreign, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
  const now = Math.floor(Date.now() / 1_000);
  const good: Members = {
    ...{ iss: ISSUER, aud: AUDIENCE, ...accounts.counter, sub: 'asker.hostile' },
    ...{ iat: now, exp: now + LIFE_S, jti: 'hostile' },
  };
  const head: Members = { typ: 'at+jwt', alg: 'EdDSA', kid: signing.kid };
  const signed = (claims: Members, header: Members = {}, key = own) =>
    sign(key, { ...good, ...claims }, { ...head, ...header });
  const forged = (header: Members, signature: string) =>
    `${[{ ...head, ...header }, good].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.${signature}`;
  const ownWord = createHash('sha256').update(JSON.stringify(published)).digest('base64url');
  const tokens: Readonly<Record<string, string | Promise<string>>> = {
    'a token without a signature': forged({ alg: 'none' }, ''),
    'a token signed with the public key as a word': forged({ alg: 'HS256' }, ownWord),
    'a token of a key of its own under the issuer’s name': signed({}, {}, foreign as CryptoKey),
    'a token that brings its key': signed({}, { jwk: await exportJWK(publicKey) }, foreign as CryptoKey),
    'a token whose key is elsewhere': signed({}, { jku: 'http://127.0.0.1:1/jwks' }, foreign as CryptoKey),
    'a token of a key that nobody has': signed({}, { kid: 'nobody' }, foreign as CryptoKey),
    'a token of no key': signed({}, { kid: undefined }),
    'a token that must be understood': signed({}, { crit: ['exp'], exp: now }),
    'a token of another kind': signed({}, { typ: 'JWT' }),
    'a token of another issuer': signed({ iss: 'https://elsewhere.example' }),
    'a token for somebody else': signed({ aud: 'another' }),
    'a token that has run out': signed({ iat: now - 3_600, exp: now - 300 }),
    'a token of tomorrow': signed({ iat: now + 86_400, exp: now + 86_400 + LIFE_S }),
    'a token without an end': signed({ exp: undefined }),
    'a token for a year': signed({ exp: now + 365 * 86_400 }),
    'a token of a role that is none': signed({ role: 'root' }),
    'a token of a role that its client may not have': signed({ role: 'admin' }),
    'a token of a client that nobody knows': signed({ client_id: 'nobody' }),
    'an officer of no agency': signed({ unit: undefined }),
    'a citizen without a number': signed({ role: 'citizen', client_id: 'citizen-app', unit: undefined }),
    'an application that acts for another': signed({ act: { sub: 'another' } }),
    'a bound token without its certificate': signed({ cnf: { 'x5t#S256': ownWord } }),
    'a system without its certificate': signed({ ...accounts.app, unit: undefined }),
  };
  const made = await Promise.all(
    Object.entries(tokens).map(async ([name, token]) => [name, `Bearer ${await token}`] as const),
  );
  return new Map([
    ...made,
    ['another scheme', 'Basic Y291bnRlcjpjb3VudGVy'],
    ['a word for a token', 'Bearer counter'],
    ['a token of five thousand characters', `Bearer ${'a'.repeat(5_000)}`],
  ]);
}

function sign(key: CryptoKey, claims: Members, header: Members): Promise<string> {
  const known = Object.fromEntries(Object.entries(header).filter(([, value]) => value !== undefined));
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader(known as { alg: string })
    .sign(key, { crit: { exp: true } });
}
