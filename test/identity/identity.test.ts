import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HubError } from '../../core/errors.ts';
import type { Identity } from '../../core/identity.ts';
import { openIdentity } from '../../identity/identity.ts';
import {
  AUDIENCE,
  COUNTER,
  digest,
  type HandSource,
  handSource,
  ISSUER,
  NOW,
  newKey,
  SECONDS,
  sign,
  type TestKey,
  WORLD,
} from './tokens.ts';

let key: TestKey;
let source: HandSource;
let identity: Identity;
let now: number;
const warned: { message: string; details: unknown }[] = [];

beforeEach(async () => {
  key = await newKey('first');
  source = handSource([key.jwk], 20);
  now = NOW;
  warned.length = 0;
  identity = openIdentity({
    ...{ ...WORLD, now: () => now, source, issuer: ISSUER, audience: AUDIENCE, algorithms: ['EdDSA'] },
    staleMs: 86_400_000,
    warn: (message, details) => warned.push({ message, details }),
  });
});

afterEach(() => identity.close());

const ask = (token: string, certificate?: string) =>
  identity.authenticate({ authorization: `Bearer ${token}`, certificate });

/** The code of the refusal; the account's name of whoever is recognised. */
const outcome = (token: string, certificate?: string) =>
  ask(token, certificate).then(
    ({ id }) => id,
    (error) => (error instanceof HubError ? error.code : String(error)),
  );

describe('whoever asks', () => {
  it('is the same actor as long as the token was checked a moment ago, and is checked again after a minute', async () => {
    const token = await sign(key);
    const actor = await ask(token);
    now += 59_999;
    expect(await ask(token)).toBe(actor);
    now += 1;
    const again = await ask(token);
    expect(again).not.toBe(actor);
    expect(again).toEqual(actor);
    expect(Object.isFrozen(actor)).toBe(true);
  });

  it('is another actor with another token, whatever else is the same', async () => {
    const [one, other] = [await sign(key), await sign(key, { ...COUNTER, sub: 'can-bo.binh', jti: 'token-2' })];
    expect([await outcome(one), await outcome(other), await outcome(one)]).toEqual([
      ...['can-bo.hanh', 'can-bo.binh', 'can-bo.hanh'],
    ]);
  });

  it('is nobody any more when the token has run out, also where it was checked a moment ago', async () => {
    const token = await sign(key, { ...COUNTER, exp: SECONDS + 1 });
    expect(await outcome(token)).toBe('can-bo.hanh');
    now += 60_999;
    expect(await outcome(token)).toBe('can-bo.hanh');
    now += 1;
    expect(await outcome(token)).toBe('UNAUTHENTICATED');
  });

  it('is nobody any more when the key is gone that signed the token', async () => {
    const [token, next] = [await sign(key), await newKey('next')];
    expect(await outcome(token)).toBe('can-bo.hanh');
    source.keys = [next.jwk];
    await delay(100);
    expect(await outcome(token)).toBe('UNAUTHENTICATED');
    expect(await outcome(await sign(next))).toBe('can-bo.hanh');
  });

  it('is somebody only on a connection with the certificate to which the token is bound', async () => {
    const thumbprint = digest('certificate');
    const token = await sign(key, { ...COUNTER, cnf: { 'x5t#S256': thumbprint } });
    // Before and after it is known.
    for (const shown of [undefined, digest('another'), thumbprint, undefined, digest('another'), thumbprint]) {
      expect(await outcome(token, shown)).toBe(shown === thumbprint ? 'can-bo.hanh' : 'UNAUTHENTICATED');
    }
  });

  it('is told nothing of what was wrong; the operator is told reasons, not tokens', async () => {
    const tokens = [
      await sign(await newKey('first')),
      await sign(key, { ...COUNTER, aud: 'portal' }),
      await sign(key, { ...COUNTER, role: 'root' }),
      await sign(key, { ...COUNTER, client_id: 'anybody' }),
      await sign(key, { ...COUNTER, exp: SECONDS - 600 }),
      'x',
    ];
    const refusals = await Promise.all(tokens.map((token) => ask(token).catch((error: unknown) => error)));
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: 'UNAUTHENTICATED', message: (refusals[0] as Error).message });
      expect((refusal as Error).cause).toBeUndefined();
    }
    await identity.close();
    const [{ message, details } = { message: '', details: null }, ...more] = warned;
    expect(more).toEqual([]);
    expect(message).toBe('Requests came without a good token');
    expect(details).toEqual({
      reasons: { SIGNATURE: 1, CLAIMS: 1, ROLE: 1, CLIENT: 1, EXPIRED: 1, FORM: 1 },
    });
  });

  it('is asked to come again where the hub knows no key', async () => {
    const down = handSource([]);
    down.fault = new Error('down');
    const keyless = openIdentity({
      ...{ ...WORLD, source: down, issuer: ISSUER, audience: AUDIENCE, algorithms: ['EdDSA'] },
      ...{ staleMs: 86_400_000, warn: () => {} },
    });
    const refusal = keyless.authenticate({ authorization: `Bearer ${await sign(key)}`, certificate: undefined });
    await expect(refusal).rejects.toMatchObject({ code: 'KEYS_UNAVAILABLE', retryable: true });
    // What could not be a token needs no key.
    await expect(keyless.authenticate({ authorization: 'Basic YTpi', certificate: undefined })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    expect(keyless.keys()).toBe('none');
    await keyless.close();
  });
});
