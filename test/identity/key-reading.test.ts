import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { HubError } from '../../core/errors.ts';
import type { KeySet } from '../../identity/key-set.ts';
import { handSource, keySetOf, newKey, type TestKey } from './tokens.ts';

let first: TestKey;
let second: TestKey;

beforeAll(async () => {
  [first, second] = [await newKey('first'), await newKey('second')];
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** What becomes of looking for a key: `found`, or words of the error. */
function lookFor(keySet: KeySet, kid: string, alg = 'EdDSA'): Promise<string> {
  return keySet.keyFor({ alg, kid }).then(
    () => 'found',
    (error) => (error instanceof HubError ? `${error.code}: ${error.message}` : error.reason),
  );
}

describe('the keys of an issuer are read', () => {
  it('at once, and again after so long', async () => {
    const source = handSource([first.jwk], 60_000);
    const keySet = keySetOf(source);
    expect(await lookFor(keySet, 'first')).toBe('found');
    await vi.advanceTimersByTimeAsync(59_999);
    expect(source.readings).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(source.readings).toBe(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(source.readings).toBe(3);
    await keySet.close();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(source.readings).toBe(3);
  });

  it('again five seconds after a reading that went wrong, or as often as ever where that is sooner', async () => {
    for (const [everyMs, again] of [
      [60_000, 5_000],
      [2_000, 2_000],
    ] as const) {
      const source = handSource([first.jwk], everyMs);
      source.fault = new Error('down');
      const keySet = keySetOf(source);
      await vi.advanceTimersByTimeAsync(again - 1);
      expect(source.readings).toBe(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(source.readings).toBe(2);
      source.fault = null;
      await vi.advanceTimersByTimeAsync(again);
      expect([source.readings, keySet.state()]).toEqual([3, 'fresh']);
      await vi.advanceTimersByTimeAsync(everyMs - 1);
      expect(source.readings).toBe(3);
      await keySet.close();
    }
  });

  it('again five seconds after the issuer published none, which is told once until it publishes one', async () => {
    const told: unknown[] = [];
    const source = handSource([], 60_000);
    const keySet = keySetOf(source, { warn: (...warning) => told.push(warning) });
    await vi.advanceTimersByTimeAsync(10_000);
    expect([source.readings, keySet.state()]).toEqual([3, 'empty']);
    source.keys = [first.jwk];
    await vi.advanceTimersByTimeAsync(5_000);
    expect([source.readings, keySet.state()]).toEqual([4, 'fresh']);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(source.readings).toBe(4);
    source.keys = [];
    await vi.advanceTimersByTimeAsync(5_001);
    expect([source.readings, keySet.state()]).toEqual([6, 'empty']);
    const message =
      'The issuer publishes no public key for signatures that has a `kid`: every token is refused until it publishes one';
    expect(told).toEqual([[message], [message]]);
    await keySet.close();
  });

  it('once, whoever asks meanwhile, and not twice for one who asked early', async () => {
    const source = handSource([first.jwk], 60_000);
    const keySet = keySetOf(source);
    await lookFor(keySet, 'first');
    source.keys = [first.jwk, second.jwk];
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await Promise.all(['second', 'second', 'third'].map((kid) => lookFor(keySet, kid)))).toEqual([
      ...['found', 'found', 'KEY_UNKNOWN'],
    ]);
    expect(source.readings).toBe(2);
    // The next reading is so long after this one, not after the first.
    await vi.advanceTimersByTimeAsync(59_999);
    expect(source.readings).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(source.readings).toBe(3);
    await keySet.close();
  });

  it('and are those that were known where nothing has changed', async () => {
    let isSame = false;
    const source = { everyMs: 60_000, read: async () => (isSame ? null : [first.jwk]), close: async () => {} };
    let removed = 0;
    const keySet = keySetOf(source, { onRemoved: () => (removed += 1) });
    await lookFor(keySet, 'first');
    isSame = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect([await lookFor(keySet, 'first'), keySet.state(), removed]).toEqual(['found', 'fresh', 0]);
    await keySet.close();
  });
});

describe('a reading that goes wrong', () => {
  const message = 'The issuer’s keys cannot be read; those known hold for JWKS_STALE_MS';

  it('is told once until one goes well, in words that may stand in a log', async () => {
    const told: unknown[] = [];
    const source = handSource([first.jwk], 60_000);
    const keySet = keySetOf(source, { warn: (...warning) => told.push(warning) });
    await lookFor(keySet, 'first');
    const faults = [new Error('down'), new HubError('SOURCE_TIMEOUT', 'late'), { odd: 'address' } as unknown as Error];
    for (const fault of faults) {
      source.fault = fault;
      await vi.advanceTimersByTimeAsync(70_000);
      expect(keySet.state()).toBe('stale');
      source.fault = null;
      await vi.advanceTimersByTimeAsync(70_000);
      expect(keySet.state()).toBe('fresh');
    }
    expect(told).toEqual(['down', 'SOURCE_TIMEOUT: late', 'unknown'].map((cause) => [message, { cause }]));
    await keySet.close();
  });

  it('is told in other words where no key was ever known: nobody is let in until one is', async () => {
    const told: unknown[] = [];
    const source = handSource([first.jwk], 60_000);
    source.fault = new Error('down');
    const keySet = keySetOf(source, { warn: (...warning) => told.push(warning) });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(keySet.state()).toBe('none');
    const never = expect.stringMatching(/^The issuer’s keys cannot be read: .* ISSUER_JWKS_URL or ISSUER_KEYS_FILE/);
    expect(told).toEqual([[never, { cause: 'down' }]]);
    await keySet.close();
  });

  it('leaves those known for so long, by the last that went well', async () => {
    const source = handSource([first.jwk], 60_000);
    const keySet = keySetOf(source, { staleMs: 100_000 });
    await vi.advanceTimersByTimeAsync(60_000);
    source.fault = new Error('down');
    await vi.advanceTimersByTimeAsync(100_000);
    expect([keySet.state(), await lookFor(keySet, 'first')]).toEqual(['stale', 'found']);
    await vi.advanceTimersByTimeAsync(1);
    expect([keySet.state(), await lookFor(keySet, 'first')]).toEqual([
      'none',
      'KEYS_UNAVAILABLE: No key is known with which this token could be checked.',
    ]);
    await keySet.close();
  });

  it('is no reason to wait for it: whoever closes ends it, and nobody is told', async () => {
    const told: unknown[] = [];
    const signals: AbortSignal[] = [];
    let closed = 0;
    const source = {
      everyMs: 60_000,
      read: (signal: AbortSignal) => {
        signals.push(signal);
        return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
      close: async () => {
        closed += 1;
      },
    };
    const keySet = keySetOf(source, { warn: (...warning) => told.push(warning) });
    expect(keySet.state()).toBe('none');
    await keySet.close();
    expect([signals[0]?.aborted, closed, told]).toEqual([true, 1, []]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(signals).toHaveLength(1);
  });
});

describe('of the keys that an issuer publishes', () => {
  it('those of every kind are taken that signs, for signatures or for nothing in particular', async () => {
    const curve = await newKey('curve', 'ES256');
    const old = await newKey('old', 'PS256');
    const { use: _, ...plain } = first.jwk;
    const source = handSource([plain, { ...second.jwk, use: 'sig' }, curve.jwk, old.jwk]);
    const keySet = keySetOf(source);
    expect(await lookFor(keySet, 'first')).toBe('found');
    expect(await lookFor(keySet, 'second')).toBe('found');
    expect(await lookFor(keySet, 'curve', 'ES256')).toBe('found');
    expect(await lookFor(keySet, 'old', 'PS256')).toBe('found');
    await keySet.close();
  });

  it('a hundred are taken and no more', async () => {
    const many = Array.from({ length: 101 }, (_, place) => ({ ...first.jwk, kid: `key ${place}` }));
    const keySet = keySetOf(handSource(many));
    expect([await lookFor(keySet, 'key 99'), await lookFor(keySet, 'key 100')]).toEqual(['found', 'KEY_UNKNOWN']);
    await keySet.close();
  });

  it('those are passed over that are none, secret, private, unnamed or for something else', async () => {
    const odd = [
      ...[null, 7, 'key', undefined],
      { kty: 'oct', k: 'AAAA', kid: 'secret' },
      { ...first.jwk, kid: 'private', d: 'AAAA' },
      { ...first.jwk, kid: 7 },
      { ...first.jwk, kid: 'sealing', use: 'enc' },
    ];
    const keySet = keySetOf(handSource([...odd, first.jwk]));
    expect(await lookFor(keySet, 'first')).toBe('found');
    for (const kid of ['secret', 'private', 'sealing']) expect(await lookFor(keySet, kid)).toBe('KEY_UNKNOWN');
    await keySet.close();
  });

  it('two of one name are one that nobody can tell, and one that cannot be read is none', async () => {
    const broken = { kty: 'OKP', crv: 'Ed25519', x: 'AAAA', kid: 'broken', alg: 'EdDSA', use: 'sig' };
    const keySet = keySetOf(handSource([first.jwk, { ...second.jwk, kid: 'first' }, broken]));
    expect([await lookFor(keySet, 'first'), await lookFor(keySet, 'broken')]).toEqual(['KEY_UNKNOWN', 'KEY_UNKNOWN']);
    await keySet.close();
  });
});
