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
    ['2001:db8::', '2001:db8:0:0'],
    ['::', '0:0:0:0'],
    ['2001::5:6:7:8:9', '2001:0:0:5'],
    ['::3:4:5:6:7:8:9', '0:3:4:5'],
    ['1:2:3:4:5:6:7::', '1:2:3:4'],
    ['2001:db8:1:2:3:4:10.0.0.1', '2001:db8:1:2'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:192.168.100.254', '192.168.100.254'],
    ['2001:db8::ffff:10.0.0.1', '2001:db8:0:0'],
    ['::ffff:10.0.0.1:8080', '::ffff:10.0.0.1:8080'],
    ['what:a:proxy:says:it:is', 'what:a:proxy:says:it:is'],
    ['10.0.0.1', '10.0.0.1'],
    ['', ''],
  ])('of %s are counted for %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});

describe('Whoever has to wait', () => {
  it('is told what there was too much of', () => {
    const { allowance } = allowed(() => ({ perMinute: 5, atOnce: 1 }));
    allowance.take(as('a'));
    const messages = Array.from({ length: 5 }, () => refusalOf(() => allowance.take(as('a')))?.message);
    for (let i = 0; i < 5; i += 1) allowance.noteFailure('10.0.0.1');
    const failed = refusalOf(() => allowance.noteFailure('10.0.0.1'))?.message;
    expect([messages[0], messages[4], failed]).toEqual([
      'More operations came at once than you may ask. Ask again later.',
      'More operations a minute came than you may ask. Ask again later.',
      'Too many tokens of this address were not accepted. Ask again later.',
    ]);
  });
});

describe('Signatures of tokens that nobody has seen', () => {
  const hanh = () => as('hanh');
  const nobody = () => null;
  let strangers = 0;
  /** Each time somebody else. */
  const anybody = () => as(`stranger ${++strangers}`);

  function flooded() {
    const { allowance, pass } = allowed();
    for (let i = 0; i < 5; i += 1) allowance.noteFailure('10.0.0.1');
    /** How many of so many are checked, none of which is good. */
    const checked = (most: number, claimed: () => { id: string; client: string } | null, address = '10.0.0.1') =>
      Array.from({ length: most }, () => refusalOf(() => allowance.takeCheck(address, claimed))).filter(
        (refusal) => refusal === null,
      ).length;
    return { allowance, pass, checked };
  }

  it('are all checked where few tokens of the address were not accepted', () => {
    const { allowance } = allowed();
    for (let i = 0; i < 2; i += 1) allowance.noteFailure('10.0.0.1');
    for (let i = 0; i < 1_000; i += 1) allowance.takeCheck('10.0.0.1', nobody);
  });

  it('are checked twenty a second beyond, and all of other addresses', () => {
    const { allowance, pass, checked } = flooded();
    expect(checked(1_000, anybody)).toBe(60);
    expect(refusalOf(() => allowance.takeCheck('10.0.0.1', hanh))).toMatchObject({
      ...{ code: 'TOO_MANY_REQUESTS', retryAfterMs: 50 },
    });
    pass(50);
    expect(checked(1_000, hanh)).toBe(1);
    pass(1_000);
    expect(checked(1_000, anybody)).toBe(20);
    expect(checked(1_000, nobody, '10.0.0.2')).toBe(1_000);
  });

  it('are checked of somebody who was recognised before, however many others come from there', () => {
    const { allowance, pass, checked } = flooded();
    allowance.takeCheck('10.0.0.1', hanh)();
    checked(1_000, anybody);
    expect(checked(1_000, hanh)).toBe(30);
    expect(checked(1_000, () => as('hanh', 'citizen-app'))).toBe(0);
    expect(checked(1_000, () => as('lan'))).toBe(0);
    pass(200);
    checked(1_000, anybody);
    expect(checked(1_000, hanh)).toBe(1);
  });

  it('are all checked as long as they prove to be good', () => {
    const { allowance } = flooded();
    for (let i = 0; i < 1_000; i += 1) allowance.takeCheck('10.0.0.1', i % 2 === 0 ? hanh : anybody)();
  });

  it('that prove to be good of somebody who is known already leave no more of them for strangers', () => {
    const { allowance, checked } = flooded();
    allowance.takeCheck('10.0.0.1', hanh)();
    expect(checked(1_000, anybody)).toBe(60);
    for (let i = 0; i < 10; i += 1) allowance.takeCheck('10.0.0.1', hanh)();
    expect(checked(1_000, anybody)).toBe(0);
  });

  it('that claim to be one person’s, or nobody’s, leave checks for all others', () => {
    const { checked } = flooded();
    expect(checked(1_000, () => as('thief'))).toBe(30);
    expect(checked(1_000, hanh)).toBe(30);
    const other = flooded();
    expect(other.checked(1_000, nobody)).toBe(30);
    expect(other.checked(1_000, hanh)).toBe(30);
  });

  it('that claim to be somebody’s at another address take nothing of theirs', () => {
    const { allowance, checked } = flooded();
    allowance.takeCheck('10.0.0.1', hanh)();
    for (let i = 0; i < 5; i += 1) allowance.noteFailure('10.0.0.2');
    expect(checked(1_000, hanh, '10.0.0.2')).toBe(30);
    checked(1_000, anybody);
    expect(checked(30, hanh)).toBe(30);
  });

  it('are all checked again when the address has kept quiet for a while', () => {
    const { pass, checked } = flooded();
    checked(1_000, anybody);
    pass(29_000);
    expect(checked(1_000, nobody)).toBeLessThan(1_000);
    pass(1_000);
    expect(checked(1_000, nobody)).toBe(1_000);
  });
});

it('A rate remembers fifty thousand, and forgets whoever was not heard of longest', () => {
  const rate = createRate(() => 0);
  for (let i = 0; i <= 50_000; i += 1) expect(rate.take(String(i), 1)).toBe(0);
  expect(rate.take('50000', 1)).toBe(60_000);
  expect(rate.take('0', 1)).toBe(0);
});

it('A rate lets a key take what it has, and gives back nothing to one that took nothing', () => {
  const rate = createRate(() => 0);
  rate.giveBack('a');
  expect([rate.take('a', 2), rate.take('a', 2), rate.take('a', 2)]).toEqual([0, 0, 30_000]);
  rate.giveBack('a');
  expect([rate.left('a', 2), rate.take('a', 2), rate.take('a', 2)]).toEqual([1, 0, 30_000]);
});
