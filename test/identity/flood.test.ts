import { makeExecutableSchema } from '@graphql-tools/schema';
import { afterEach, describe, expect, it } from 'vitest';
import type { Authenticate } from '../../gateway/operation-request.ts';
import { openIdentity } from '../../identity/identity.ts';
import { closeAll, closing } from '../gateway/subscription-stage.ts';
import { startTestGateway } from '../gateway/support.ts';
import { AUDIENCE, COUNTER, handSource, ISSUER, newKey, sign, WORLD } from './tokens.ts';

afterEach(closeAll);

const schema = makeExecutableSchema({ typeDefs: 'type Query { here: String }' });
const MOST_AT_ONCE = 20;

describe('A flood of forged tokens from the address of an office', () => {
  const officer = (sub: string, jti = 'token-1') => ({ ...COUNTER, sub, jti });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  async function openOffice() {
    const key = await newKey('first');
    const identity = openIdentity({
      ...{ ...WORLD, source: handSource([key.jwk]), issuer: ISSUER, audience: AUDIENCE, algorithms: ['EdDSA'] },
      ...{ staleMs: 86_400_000, warn: () => {} },
    });
    closing.push(() => identity.close());
    let checked = 0;
    const authenticate: Authenticate = (credentials, demandCheck) =>
      identity.authenticate(credentials, (claimed) => {
        demandCheck?.(claimed);
        checked += 1;
      });
    const settings = { ADDRESS_FAILURES_PER_MINUTE: 30 };
    const hub = await startTestGateway(schema, { authenticate, now: WORLD.now, settings });
    closing.push(() => hub.gateway.close());
    const statusOf = async (token: string) => (await hub.ask({ query: '{ here }' }, bearer(token))).status;
    const began = performance.now();
    /** As many as may have been checked since, by the limits. */
    const mostChecked = () => 30 + 60 + ((performance.now() - began) / 1_000) * 20 + MOST_AT_ONCE;
    const thief = await newKey('first');
    let sent = 0;
    const forged = (name: string) => sign(thief, officer(name, `forged ${++sent}`));
    /** @param nameOf whom each claims to be */
    const flood = async (nameOf: () => string, isOver: () => boolean) => {
      while (!isOver()) {
        const some = Array.from({ length: MOST_AT_ONCE }, () => forged(nameOf()));
        await Promise.all(some.map(async (token) => statusOf(await token)));
      }
    };
    const isSent = (most: number) => () => sent >= most;
    return { key, statusOf, flood, forged, isSent, checked: () => checked, mostChecked };
  }

  it('costs few signatures, and lets in who is known and whoever signs in anew', async () => {
    const { key, statusOf, flood, forged, isSent, checked, mostChecked } = await openOffice();
    const known = await sign(key, officer('can-bo.hanh'));
    expect(await statusOf(known)).toBe(200);
    let stranger = 0;
    const anybody = () => `stranger ${++stranger}`;
    await flood(anybody, isSent(400));
    expect(checked()).toBeLessThanOrEqual(mostChecked());
    const before = checked();
    expect(await statusOf(known)).toBe(200);
    expect(checked()).toBe(before);
    let isOver = false;
    closing.push(() => {
      isOver = true;
    });
    const flooding = flood(anybody, () => isOver);
    for (let i = 2; i < 8; i += 1) {
      expect(await statusOf(await sign(key, officer('can-bo.hanh', `token-${i}`)))).toBe(200);
    }
    isOver = true;
    await flooding;
    expect(checked()).toBeLessThanOrEqual(mostChecked() + 6);
    // A token that is good for nothing, and for whose check there is no time.
    await expect.poll(async () => statusOf(await forged(anybody()))).toBe(429);
  });

  it('lets people in whom nobody has seen before, where it claims to be one person', async () => {
    const { key, statusOf, flood, isSent } = await openOffice();
    await flood(() => 'thief', isSent(200));
    let isOver = false;
    closing.push(() => {
      isOver = true;
    });
    const flooding = flood(
      () => 'thief',
      () => isOver,
    );
    for (let i = 0; i < 10; i += 1) expect(await statusOf(await sign(key, officer(`can-bo.moi-${i}`)))).toBe(200);
    isOver = true;
    await flooding;
  });
});
