import { createHmac } from 'node:crypto';
import { CompactEncrypt, exportSPKI, importJWK, type JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Verify } from '../../identity/verify.ts';
import {
  CITIZEN,
  COUNTER,
  digest,
  doubtOf,
  forge,
  NOW,
  newKey,
  SECONDS,
  sign,
  type TestKey,
  verifierOf,
} from './tokens.ts';

let key: TestKey;
let stranger: TestKey;
let verify: Verify;

beforeAll(async () => {
  [key, stranger] = [await newKey('first'), await newKey('first')];
  verify = verifierOf([key.jwk]);
});

type Change = Readonly<Record<string, unknown>>;

const THUMBPRINT = digest('a certificate');
const APP: Change = { client_id: 'statistics', sub: 'statistics', role: 'app', unit: undefined };
const BOUND: Change = { ...APP, cnf: { 'x5t#S256': THUMBPRINT } };

describe('a good token', () => {
  it.each<[string, Change, object]>([
    ['a counter', {}, { role: 'counter', unit: 'H41.58.01', personalNumber: null, delegated: false }],
    ['a counter whose agency stands in the older order', { unit: '000.01.58.H41' }, { unit: 'H41.58.01' }],
    ['a leader', { role: 'leader', unit: 'H41' }, { role: 'leader', unit: 'H41' }],
    ['an auditor', { role: 'auditor', client_id: 'audit-desk', unit: undefined }, { role: 'auditor', unit: null }],
    ['an admin', { role: 'admin', client_id: 'operations', unit: undefined }, { role: 'admin', unit: null }],
    ['a citizen', CITIZEN, { role: 'citizen', personalNumber: '001085004213', unit: null }],
    [
      'the portal',
      { role: 'portal', client_id: 'province-portal', sub: 'province-portal', unit: undefined },
      { role: 'portal', id: 'province-portal' },
    ],
    ['a system with a certificate', BOUND, { role: 'app', id: 'statistics', client: 'statistics' }],
    [
      'an application that acts for an officer',
      { client_id: 'citizen-app', act: { sub: 'citizen-app' } },
      { id: 'can-bo.hanh', client: 'citizen-app', delegated: true },
    ],
    ['several audiences, the hub among them', { aud: ['portal', 'lienthong'] }, { role: 'counter' }],
    ['a name that is not ASCII', { sub: 'Hạnh Nguyễn' }, { id: 'Hạnh Nguyễn' }],
    ['a life of an hour', { iat: SECONDS, exp: SECONDS + 3_600 }, { role: 'counter' }],
    ['a clock that is a minute ahead', { iat: SECONDS + 60, nbf: SECONDS + 60 }, { role: 'counter' }],
  ])('of %s is believed', async (_, change, expected) => {
    const { actor } = await verify(await sign(key, { ...COUNTER, ...change }));
    expect(actor).toMatchObject(expected);
  });

  it('ends a minute after it says, since clocks differ, and not later', async () => {
    const justOver = { ...COUNTER, iat: SECONDS - 1_800, exp: SECONDS - 59 };
    const { actor } = await verify(await sign(key, justOver));
    expect(actor.expiresAt).toBe(NOW + 1_000);
    expect(await doubtOf(verify(await sign(key, { ...justOver, exp: SECONDS - 60 })))).toBe('EXPIRED');
  });

  it('may be of the type’s long name, and signed by any of the algorithms', async () => {
    await verify(await sign(key, COUNTER, { typ: 'application/at+jwt' }));
    for (const alg of ['ES256', 'PS256']) {
      const other = await newKey(alg, alg);
      await verifierOf([other.jwk])(await sign(other));
    }
  });

  it('names the certificate to which it is bound', async () => {
    expect((await verify(await sign(key, { ...COUNTER, ...BOUND }))).certificate).toBe(THUMBPRINT);
    expect((await verify(await sign(key))).certificate).toBeNull();
  });
});

describe('a token is not believed', () => {
  it.each<[string, Change, string]>([
    ['another issuer', { iss: 'https://dinh-danh.example.evil' }, 'CLAIMS'],
    ['no issuer', { iss: undefined }, 'CLAIMS'],
    ['another audience', { aud: 'portal' }, 'CLAIMS'],
    ['a list of other audiences', { aud: ['portal', 'lienthong2'] }, 'CLAIMS'],
    ['no audience', { aud: undefined }, 'CLAIMS'],
    ['no end', { exp: undefined }, 'CLAIMS'],
    ['an end that is no number', { exp: '2026' }, 'CLAIMS'],
    ['an end in the middle of a second', { exp: SECONDS + 0.5 }, 'CLAIMS'],
    ['no beginning', { iat: undefined }, 'CLAIMS'],
    ['a beginning in the middle of a second', { iat: SECONDS - 0.5 }, 'CLAIMS'],
    ['a longer life than may be', { iat: SECONDS, exp: SECONDS + 3_601 }, 'LIFE'],
    ['an end before its beginning', { iat: SECONDS + 30, exp: SECONDS + 30 }, 'LIFE'],
    ['a beginning in the future', { iat: SECONDS + 61, exp: SECONDS + 600 }, 'LIFE'],
    ['a later `nbf`', { nbf: SECONDS + 61 }, 'CLAIMS'],
    ['being over', { iat: SECONDS - 600, exp: SECONDS - 61 }, 'EXPIRED'],
    ['no account', { sub: undefined }, 'CLAIMS'],
    ['an empty account', { sub: '' }, 'CLAIMS'],
    ['an account of several lines', { sub: 'a\nb' }, 'CLAIMS'],
    ['an account that is too long', { sub: 'a'.repeat(201) }, 'CLAIMS'],
    ['an account that is no text', { sub: { name: 'a' } }, 'CLAIMS'],
    ['no name of its own', { jti: undefined }, 'CLAIMS'],
    ['no application', { client_id: undefined }, 'CLAIMS'],
    ['an unknown application', { client_id: 'anybody' }, 'CLIENT'],
    ['an application that is a word of JavaScript', { client_id: '__proto__' }, 'CLIENT'],
    ['no role', { role: undefined }, 'ROLE'],
    ['an unknown role', { role: 'root' }, 'ROLE'],
    ['several roles', { role: ['counter'] }, 'ROLE'],
    ['a role that may not come through its application', { role: 'auditor', unit: undefined }, 'ROLE'],
    ['a counter without an agency', { unit: undefined }, 'UNIT'],
    ['a leader without an agency', { role: 'leader', unit: undefined }, 'UNIT'],
    ['an agency that there is none of', { unit: 'H99' }, 'UNIT'],
    ['several agencies', { unit: ['H41'] }, 'UNIT'],
    ['a citizen with an agency', { ...CITIZEN, unit: 'H41' }, 'UNIT'],
    ['a citizen without a number', { ...CITIZEN, personal_number: undefined }, 'NUMBER'],
    ['a citizen with a number that cannot be', { ...CITIZEN, personal_number: '991085004213' }, 'NUMBER'],
    ['a citizen with an old number', { ...CITIZEN, personal_number: '011985421' }, 'NUMBER'],
    ['a citizen with a number in groups', { ...CITIZEN, personal_number: '001 085 004 213' }, 'NUMBER'],
    ['a citizen whose number is a number', { ...CITIZEN, personal_number: 1085004213 }, 'NUMBER'],
    ['an officer with a number', { personal_number: '001085004213' }, 'NUMBER'],
    ['another acting than asking', { act: { sub: 'citizen-app' } }, 'DELEGATION'],
    ['somebody acting who has no name', { act: {} }, 'DELEGATION'],
    ['nobody acting', { act: null }, 'DELEGATION'],
    ['acting as a word', { act: 'counter-desk' }, 'DELEGATION'],
    ['acting through another', { act: { sub: 'counter-desk', act: { sub: 'citizen-app' } } }, 'DELEGATION'],
    ['a system for which another acts', { ...BOUND, act: { sub: 'statistics' } }, 'DELEGATION'],
    ['a system under another name', { ...BOUND, sub: 'statistics-2' }, 'CLIENT'],
    ['a system that needs a certificate and is bound to none', APP, 'CERTIFICATE'],
    ['a bond that is none', { cnf: null }, 'CERTIFICATE'],
    ['a bond that is a word', { cnf: THUMBPRINT }, 'CERTIFICATE'],
    ['a bond without a certificate', { cnf: {} }, 'CERTIFICATE'],
    ['a bond to something else', { cnf: { jkt: THUMBPRINT } }, 'CERTIFICATE'],
    ['a bond to something else besides', { cnf: { 'x5t#S256': THUMBPRINT, jkt: THUMBPRINT } }, 'CERTIFICATE'],
    ['a bond to several certificates', { cnf: { 'x5t#S256': [THUMBPRINT] } }, 'CERTIFICATE'],
    ['a bond to less than a certificate', { cnf: { 'x5t#S256': 'AAAA' } }, 'CERTIFICATE'],
  ])('for %s', async (_, change, reason) => {
    expect(await doubtOf(verify(await sign(key, { ...COUNTER, ...change })))).toBe(reason);
  });

  it.each<[string, Change, string]>([
    ['another type', { typ: 'JWT' }, 'HEADER'],
    ['a type of proofs', { typ: 'dpop+jwt' }, 'HEADER'],
    ['no type', { typ: undefined }, 'HEADER'],
    ['no key named', { kid: undefined }, 'HEADER'],
    ['a key of no name', { kid: '' }, 'HEADER'],
    ['a key of too long a name', { kid: 'a'.repeat(201) }, 'HEADER'],
    ['a key that nobody has', { kid: 'second' }, 'KEY_UNKNOWN'],
    ['members that must be understood', { crit: ['exp'], exp: SECONDS + 600 }, 'HEADER'],
    ['a key that it brings along', { jwk: { kty: 'OKP' } }, 'HEADER'],
    ['a place where its key is', { jku: 'https://evil.example/jwks' }, 'HEADER'],
    ['a certificate that it brings along', { x5c: ['AAAA'] }, 'HEADER'],
    ['a place where its certificate is', { x5u: 'https://evil.example/cert' }, 'HEADER'],
    ['something inside', { cty: 'JWT' }, 'HEADER'],
  ])('whose header has %s', async (_, header, reason) => {
    expect(await doubtOf(verify(await sign(key, COUNTER, header)))).toBe(reason);
  });

  it('that another key has signed', async () => {
    expect(await doubtOf(verify(await sign(stranger)))).toBe('SIGNATURE');
  });

  it('of which a letter was changed', async () => {
    const [header, , signature] = (await sign(key)).split('.');
    const [, claims] = (await sign(key, { ...COUNTER, role: 'admin', client_id: 'operations' })).split('.');
    expect(await doubtOf(verify(`${header}.${claims}.${signature}`))).toBe('SIGNATURE');
  });

  it('that nobody has signed', async () => {
    const header = { typ: 'at+jwt', alg: 'none', kid: 'first' };
    expect(await doubtOf(verify(forge(header, COUNTER)))).toBe('HEADER');
    expect(await doubtOf(verify(forge(header, COUNTER, '')))).toBe('FORM');
    expect(await doubtOf(verify(forge({ ...header, alg: ['EdDSA'] }, COUNTER)))).toBe('HEADER');
  });

  it('that is signed with the public key, as if it were a secret', async () => {
    const { jwk } = key;
    const spki = await exportSPKI((await importJWK(jwk)) as Parameters<typeof exportSPKI>[0]);
    for (const secret of [spki, JSON.stringify(jwk), jwk.x ?? '']) {
      const unsigned = forge({ typ: 'at+jwt', alg: 'HS256', kid: 'first' }, COUNTER, '').slice(0, -1);
      const signature = createHmac('sha256', secret).update(unsigned).digest('base64url');
      expect(await doubtOf(verify(`${unsigned}.${signature}`))).toBe('HEADER');
    }
  });

  it('whose algorithm is not that of its key', async () => {
    const other = await newKey('first', 'ES256');
    expect(await doubtOf(verify(await sign(other)))).toBe('KEY_UNKNOWN');
    const rsa = await newKey('rsa', 'RS256');
    expect(await doubtOf(verifierOf([rsa.jwk])(await sign(rsa)))).toBe('HEADER');
  });

  it('whose key is not for signatures, or is not public', async () => {
    const uses: readonly JWK[] = [
      { ...key.jwk, use: 'enc' },
      { ...key.jwk, key_ops: ['sign'] },
      { ...key.jwk, alg: 'ES256' },
      { ...key.jwk, d: key.jwk.x ?? '' },
    ];
    for (const jwk of uses) {
      expect(await doubtOf(verifierOf([stranger.jwk, jwk].slice(1))(await sign(key)))).not.toBeNull();
    }
  });

  it('that is encrypted', async () => {
    const sealed = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(COUNTER)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(new Uint8Array(32));
    expect(await doubtOf(verify(sealed))).toBe('FORM');
  });

  it('whose key has a longer name than a key has', async () => {
    for (const [length, believed] of [
      [200, null],
      [201, 'HEADER'],
    ] as const) {
      const named = await newKey('k'.repeat(length));
      expect(await doubtOf(verifierOf([named.jwk])(await sign(named)))).toBe(believed);
    }
  });

  it('that has one character more than a token may have', async () => {
    const lengths = new Map<number, string | null>();
    for (const name of ['first', 'first-2']) {
      const named = await newKey(name);
      // Three bytes of claims are four characters of a token.
      const least = Math.floor(((4_096 - (await sign(named, { ...COUNTER, more: '' })).length) * 3) / 4) - 2;
      for (let more = least; more < least + 5; more++) {
        const token = await sign(named, { ...COUNTER, more: 'a'.repeat(more) });
        if (token.length === 4_096 || token.length === 4_097) {
          lengths.set(token.length, await doubtOf(verifierOf([named.jwk])(token)));
        }
      }
    }
    expect(Object.fromEntries(lengths)).toEqual({ 4096: null, 4097: 'FORM' });
  });

  it('that is longer than a token is', async () => {
    const long = await sign(key, { ...COUNTER, more: 'a'.repeat(4_000) });
    expect(long.length).toBeGreaterThan(4_096);
    expect(await doubtOf(verify(long))).toBe('FORM');
  });

  it.each([
    '',
    '.',
    '..',
    'a.b',
    'a.b.c.d',
    'ü.b.c',
    'a.b.c=',
    'a.b.c\n',
    'bm90IGpzb24.e30.AAAA',
    'W10.e30.AAAA',
    'bnVsbA.e30.AAAA',
  ])('that is %j', async (text) => {
    expect(await doubtOf(verify(text))).toMatch(/^(FORM|HEADER)$/);
  });

  it('whose claims are no object', async () => {
    for (const claims of [[], null, 'text', 7]) {
      expect(await doubtOf(verify(await sign(key, claims as unknown as Change)))).toMatch(/^(FORM|CLAIMS)$/);
    }
  });
});

describe('whom a token claims to be, before anybody knows whether that is so', () => {
  const LONGEST = 'n'.repeat(200);

  async function claimedBy(token: string) {
    let claimed: unknown = 'nothing was demanded';
    await verify(token, (read) => {
      claimed = read();
    }).catch(() => {});
    return claimed;
  }

  it('is told as the token has it, whoever signed it', async () => {
    expect(await claimedBy(await sign(stranger))).toEqual({ id: 'can-bo.hanh', client: 'counter-desk' });
    const longest = { ...COUNTER, sub: LONGEST, client_id: LONGEST };
    expect(await claimedBy(await sign(stranger, longest))).toEqual({ id: LONGEST, client: LONGEST });
  });

  it.each<[string, Change]>([
    ['an account longer than any is', { sub: `${LONGEST}n` }],
    ['an application longer than any is', { client_id: `${LONGEST}n` }],
    ['an account that is no text', { sub: ['can-bo.hanh'] }],
    ['no application', { client_id: undefined }],
  ])('is nobody where it names %s', async (_, change) => {
    expect(await claimedBy(await sign(stranger, { ...COUNTER, ...change }))).toBeNull();
  });

  it('is nobody where its claims cannot be read', async () => {
    const [header, , signature] = (await sign(stranger)).split('.');
    expect(await claimedBy(`${header}.bm90IGpzb24.${signature}`)).toBeNull();
  });
});
