import { createHash } from 'node:crypto';
import { CompactSign, type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Client } from '../../core/access.ts';
import { Doubt } from '../../identity/doubt.ts';
import { createKeySet, type KeySet, type KeySource } from '../../identity/key-set.ts';
import { createVerifier, type Verify } from '../../identity/verify.ts';

export const ISSUER = 'https://dinh-danh.example';
export const AUDIENCE = 'lienthong';
/** UTC milliseconds: the clock of these tests stands still. */
export const NOW = Date.parse('2026-11-20T02:00:00Z');
export const SECONDS = NOW / 1_000;

/** A key of an issuer. */
export interface TestKey {
  readonly privateKey: CryptoKey;
  /** As it is published. */
  readonly jwk: JWK;
}

export async function newKey(kid: string, alg = 'EdDSA'): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey: privateKey as CryptoKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

type Members = Readonly<Record<string, unknown>>;

/** Claims of an officer at a counter, good now. */
export const COUNTER: Members = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'can-bo.hanh',
  client_id: 'counter-desk',
  role: 'counter',
  unit: 'H41.58.01',
  iat: SECONDS - 10,
  exp: SECONDS + 1_800,
  jti: 'token-1',
};

export const CITIZEN: Members = {
  ...{ ...COUNTER, sub: 'cong-dan.hoa', client_id: 'citizen-app', role: 'citizen', unit: undefined },
  personal_number: '001085004213',
};

/** A signed token. A member that is undefined is left out. */
export async function sign(key: TestKey, claims: Members = COUNTER, header: Members = {}): Promise<string> {
  const members = { typ: 'at+jwt', alg: key.jwk.alg, kid: key.jwk.kid, ...header };
  const known = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader(known as { alg: string })
    .sign(key.privateKey, { crit: { exp: true } });
}

/** As somebody writes it who has no key, or another. */
export function forge(header: Members, claims: Members, signature = 'AAAA'): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

const client = (id: string, roles: Client['roles'], certificate: Client['certificate'] = 'none'): [string, Client] => [
  id,
  { id, title: id, roles, certificate },
];

export const CLIENTS: ReadonlyMap<string, Client> = new Map([
  client('counter-desk', ['counter', 'leader']),
  client('citizen-app', ['citizen', 'counter']),
  client('audit-desk', ['auditor']),
  client('operations', ['admin']),
  client('province-portal', ['portal']),
  client('statistics', ['app'], 'required'),
]);

/** In either order, as the catalogue has them. */
const UNITS: Readonly<Record<string, string>> = { 'H41.58.01': 'H41.58.01', '000.01.58.H41': 'H41.58.01', H41: 'H41' };

export const WORLD = {
  clients: CLIENTS,
  unitOf: (code: string) => UNITS[code] ?? null,
  mostMinutes: 60,
  now: () => NOW,
};

/** A source whose keys a test changes. */
export interface HandSource extends KeySource {
  keys: readonly unknown[];
  /** Thrown instead of the keys. */
  fault: Error | null;
  readings: number;
}

export function handSource(keys: readonly unknown[], everyMs = 3_600_000): HandSource {
  return {
    ...{ keys, everyMs, fault: null, readings: 0 },
    async read() {
      this.readings += 1;
      if (this.fault !== null) throw this.fault;
      return this.keys;
    },
    close: async () => {},
  };
}

export function keySetOf(source: KeySource, change: Partial<Parameters<typeof createKeySet>[0]> = {}): KeySet {
  return createKeySet({ source, staleMs: 86_400_000, warn: () => {}, onRemoved: () => {}, ...change });
}

export function verifierOf(keys: readonly JWK[]): Verify {
  return createVerifier({
    ...WORLD,
    keySet: keySetOf(handSource(keys)),
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: ['EdDSA', 'ES256', 'PS256'],
  });
}

/** The reason for which a token is doubted; null for a good one. */
export function doubtOf(checking: Promise<unknown>): Promise<string | null> {
  return checking.then(
    () => null,
    (error) => (error instanceof Doubt ? error.reason : `no doubt: ${String(error)}`),
  );
}
