import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ErrorCode, HubError } from '../../core/errors.ts';
import { type TokenWatch, type WatchOptions, watchToken } from '../../gateway/subscriptions/token-watch.ts';

const EVERY_MS = 30_000;
const HOUR_MS = 3_600_000;
const BEGUN_AT = Date.UTC(2026, 10, 20);

let looks: number;
let watch: TokenWatch | undefined;

beforeEach(() => {
  vi.useFakeTimers({ now: BEGUN_AT });
  looks = 0;
});

afterEach(() => {
  watch?.close();
  vi.useRealTimers();
});

/** @param verdict what looking at the token comes to */
function open(verdict: () => Promise<void> = async () => {}, options: Partial<WatchOptions> = {}): TokenWatch {
  const confirm = () => {
    looks += 1;
    return verdict();
  };
  watch = watchToken({ expiresAt: BEGUN_AT + HOUR_MS, everyMs: EVERY_MS, now: () => Date.now(), confirm, ...options });
  return watch;
}

const withdrawn = () => Promise.reject(new HubError('UNAUTHENTICATED', 'The key is not known any more.'));
const codeOf = (error: HubError | null): ErrorCode | null => error?.code ?? null;

describe('A token under which something goes on being told', () => {
  it('is looked at now and then, and holds as long as it is confirmed', async () => {
    const { ended } = open();
    await vi.advanceTimersByTimeAsync(EVERY_MS - 1);
    expect(looks).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(looks).toBe(1);
    await vi.advanceTimersByTimeAsync(9 * EVERY_MS);
    expect(looks).toBe(10);
    expect(ended()).toBeNull();
  });

  it('has ended at the moment at which it runs out, whoever asks', async () => {
    let time = BEGUN_AT + HOUR_MS - 1;
    const { ended } = open(undefined, { everyMs: 2 * HOUR_MS, now: () => time });
    expect(ended()).toBeNull();
    time = BEGUN_AT + HOUR_MS;
    expect(ended()).toMatchObject({ code: 'UNAUTHENTICATED', message: 'The access token has run out.' });
  });

  it('tells all that listen once when it runs out, though it is looked at less often', async () => {
    const { ended, onEnd } = open(undefined, { everyMs: 2 * HOUR_MS });
    const told: string[] = [];
    onEnd(() => told.push('one'));
    onEnd(() => told.push('other'));
    await vi.advanceTimersByTimeAsync(HOUR_MS - 1);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual(['one', 'other']);
    expect(codeOf(ended())).toBe('UNAUTHENTICATED');
    await vi.advanceTimersByTimeAsync(3 * HOUR_MS);
    expect(told).toEqual(['one', 'other']);
    // What has run out is not asked about.
    expect(looks).toBe(0);
  });

  it('is looked at once more where the timer fires a moment before it runs out', async () => {
    let early = 0;
    const { ended } = open(undefined, { everyMs: 2 * HOUR_MS, now: () => Date.now() - early });
    early = 1;
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect([ended(), looks]).toEqual([null, 1]);
    early = 0;
    await vi.advanceTimersByTimeAsync(1);
    expect(codeOf(ended())).toBe('UNAUTHENTICATED');
  });

  it('ends when it is withdrawn, with the reason, and is not looked at any more', async () => {
    const { ended, look, onEnd } = open(withdrawn);
    const told: (ErrorCode | null)[] = [];
    onEnd(() => told.push(codeOf(ended())));
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect(told).toEqual(['UNAUTHENTICATED']);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    await expect(look()).rejects.toThrow('The key is not known any more.');
    expect(ended()?.message).toBe('The key is not known any more.');
    expect(looks).toBe(1);
    expect(told).toHaveLength(1);
  });

  it('ends for the first reason, whatever comes after it', async () => {
    const { ended, look } = open(withdrawn);
    await expect(look()).rejects.toThrow('The key is not known any more.');
    await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
    expect(ended()?.message).toBe('The key is not known any more.');
  });

  it('ends for one reason, where two look at once and are told two', async () => {
    const { look, onEnd, ended } = open(() => Promise.reject(new HubError('UNAUTHENTICATED', `Reason ${looks}.`)));
    const told: string[] = [];
    onEnd(() => told.push('ended'));
    const both = [look(), look()].map((one) => one.catch(({ message }: HubError) => message));
    expect(await Promise.all(both)).toEqual(['Reason 1.', 'Reason 1.']);
    expect([ended()?.message, told]).toEqual(['Reason 1.', ['ended']]);
  });

  it('ends where nobody can say whether it holds, with the cause kept apart from what is told', async () => {
    const cause = new TypeError('socket hang up');
    const { ended, look } = open(() => Promise.reject(cause));
    await expect(look()).rejects.toMatchObject({
      ...{ code: 'INTERNAL', message: 'Whether the access token still holds could not be found out.' },
      cause,
    });
    expect(codeOf(ended())).toBe('INTERNAL');
  });

  it('is looked at at once where somebody wants to know, and that it holds is no error', async () => {
    const { look } = open();
    await expect(look()).resolves.toBeUndefined();
    expect(looks).toBe(1);
  });

  it('has ended also for whoever begins to listen then, and for nobody who left', async () => {
    const { look, onEnd } = open(withdrawn);
    const told: string[] = [];
    const leave = onEnd(() => told.push('left'));
    leave();
    await look().catch(() => {});
    expect(told).toEqual([]);
    onEnd(() => told.push('late'));
    expect(told).toEqual(['late']);
  });

  it('is neither looked at nor told of when nothing is told under it any more', async () => {
    const { close, look, onEnd } = open();
    const told: string[] = [];
    onEnd(() => told.push('ended'));
    close();
    await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
    await look().catch(() => {});
    expect(looks).toBe(0);
    expect(told).toEqual([]);
  });

  it('is not looked at again where that was ended while it was looked at', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { close } = open(() => promise);
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    close();
    resolve();
    await vi.advanceTimersByTimeAsync(10 * EVERY_MS);
    expect(looks).toBe(1);
  });
});
