import { describe, expect, it } from 'vitest';
import { HubError } from '../../core/errors.ts';
import { type ClientLimits, createAllowance } from '../../gateway/limits/allowance.ts';
import { addressKey, createRate } from '../../gateway/limits/rate.ts';
import { ANYBODY } from '../support/open-access.ts';

const settings = { RATE_PER_MINUTE: 60, AT_ONCE: 3, ADDRESS_FAILURES_PER_MINUTE: 5 };

function allowed(of: ClientLimits['of'] = () => ({})) {
  let now = 0;
  const pass = (ms: number) => {
    now += ms;
  };
  const allowance = createAllowance({ settings, limits: { of }, now: () => now });
  return { allowance, pass };
}

function refusalOf(call: () => unknown): HubError | null {
  try {
    call();
    return null;
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
}

const as = (id: string, client = 'counter-desk') => ({ ...ANYBODY, id, client });

describe('Operations of one person through one client', () => {
  it('may be as many in a row as a minute has, and then one as often as they come back', () => {
    const { allowance, pass } = allowed();
    for (let i = 0; i < 60; i += 1) allowance.take(as('a'))();
    expect(refusalOf(() => allowance.take(as('a')))).toMatchObject({ code: 'TOO_MANY_REQUESTS', retryAfterMs: 1_000 });
    pass(400);
    expect(refusalOf(() => allowance.take(as('a')))?.retryAfterMs).toBe(600);
    pass(600);
    expect(refusalOf(() => allowance.take(as('a'))())).toBeNull();
    expect(refusalOf(() => allowance.take(as('a')))).not.toBeNull();
  });

  it('are nobody else’s, and not those through another client', () => {
    const { allowance } = allowed();
    for (let i = 0; i < 60; i += 1) allowance.take(as('a'))();
    expect(refusalOf(() => allowance.take(as('b')))).toBeNull();
    expect(refusalOf(() => allowance.take(as('a', 'citizen-app')))).toBeNull();
  });

  it('are only so many at once, until one has ended', () => {
    const { allowance } = allowed();
    const leave = [1, 2, 3].map(() => allowance.take(as('a')));
    expect(refusalOf(() => allowance.take(as('a')))?.code).toBe('TOO_MANY_REQUESTS');
    leave[0]?.();
    leave[0]?.();
    leave.push(allowance.take(as('a')));
    expect(refusalOf(() => allowance.take(as('a')))?.code).toBe('TOO_MANY_REQUESTS');
  });

  it('are as many as the client was granted, where it was', () => {
    const { allowance } = allowed((client) => (client === 'citizen-app' ? { perMinute: 2, atOnce: 1 } : {}));
    const leave = allowance.take(as('a', 'citizen-app'));
    expect(refusalOf(() => allowance.take(as('a', 'citizen-app')))?.retryAfterMs).toBe(1_000);
    leave();
    expect(refusalOf(() => allowance.take(as('a', 'citizen-app')))?.retryAfterMs).toBe(30_000);
  });
});

describe('Tokens that are not accepted', () => {
  it('are told to wait after some of one address, and others are not', () => {
    const { allowance, pass } = allowed();
    for (let i = 0; i < 5; i += 1) expect(refusalOf(() => allowance.noteFailure('10.0.0.1'))).toBeNull();
    expect(refusalOf(() => allowance.noteFailure('10.0.0.1'))).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      retryAfterMs: 12_000,
    });
    expect(refusalOf(() => allowance.noteFailure('10.0.0.2'))).toBeNull();
    pass(12_000);
    expect(refusalOf(() => allowance.noteFailure('10.0.0.1'))).toBeNull();
  });

  it.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['10.0.0.1', '10.0.0.1'],
    ['', ''],
  ])('of %s are counted for %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});

it('A rate remembers fifty thousand, and forgets whoever was not heard of longest', () => {
  const rate = createRate(() => 0);
  for (let i = 0; i <= 50_000; i += 1) expect(rate.take(String(i), 1)).toBe(0);
  expect(rate.take('50000', 1)).toBe(60_000);
  expect(rate.take('0', 1)).toBe(0);
});
