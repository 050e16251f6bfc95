import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bounded, createPatience } from '../../audit/bounded.ts';

describe('A wait of two seconds', () => {
  let time: number;

  beforeEach(() => {
    time = 1_000;
    vi.spyOn(performance, 'now').mockImplementation(() => time);
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Milliseconds until it is over, where each turn takes as many. */
  function lasts(turnMs: number): number {
    const patience = createPatience(2_000);
    const isOver = patience.begin();
    const began = time;
    for (let turns = 0; turns < 1_000 && !isOver(); turns++) {
      time += turnMs;
      patience.turn();
    }
    return time - began;
  }

  it('is over after two seconds of turns that come in time', () => {
    expect(lasts(250)).toBe(2_000);
    expect(lasts(300)).toBe(2_400);
    expect(lasts(375)).toBe(3_000);
  });

  it('is over after twice its time on the clock, however late turns come', () => {
    expect(lasts(400)).toBe(4_000);
    expect(lasts(1_000)).toBe(4_000);
  });

  it('gives nothing up at once when the process stood still, for whatever time', () => {
    const patience = createPatience(2_000);
    const isOver = patience.begin();
    time += 60_000;
    const seen: boolean[] = [];
    for (let turns = 0; turns < 4; turns++) {
      patience.turn();
      seen.push(isOver());
      time += 250;
    }
    expect(seen).toEqual([false, false, false, true]);
  });

  it('counts from where it began', () => {
    const patience = createPatience(2_000);
    const first = patience.begin();
    for (let turns = 0; turns < 4; turns++) {
      time += 1_000;
      patience.turn();
    }
    const second = patience.begin();
    time += 250;
    patience.turn();
    expect([first(), second()]).toEqual([true, false]);
  });
});

describe('Work that may take two seconds', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  const NEVER = new Promise<never>(() => {});

  it('is given up after them, and is told so', async () => {
    let signal: AbortSignal | undefined;
    const outcome = bounded((late) => {
      signal = late;
      return NEVER;
    }, 2_000).catch((error: unknown) => error);
    vi.advanceTimersByTime(1_999);
    expect([signal?.aborted, vi.getTimerCount()]).toEqual([false, 1]);
    vi.advanceTimersByTime(1);
    const error = await outcome;
    expect(error).toMatchObject({ message: 'It took too long' });
    expect([signal?.aborted, signal?.reason, vi.getTimerCount()]).toEqual([true, error, 0]);
  });

  it('gives what it comes to in time, and nothing is counted any more', async () => {
    let signal: AbortSignal | undefined;
    const done = bounded(async (late) => {
      signal = late;
      return 7;
    }, 2_000);
    await expect(done).resolves.toBe(7);
    await expect(bounded(() => Promise.reject(new Error('gone')), 2_000)).rejects.toThrow('gone');
    await Promise.resolve();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect(signal?.aborted).toBe(false);
  });

  it.each([
    [2_000, 250],
    [1_000, 250],
    [999, 249],
    [400, 100],
    [3, 1],
    [0, 1],
  ])('is looked after often enough: of %i ms each %i', (ms, everyMs) => {
    expect(createPatience(ms).everyMs).toBe(everyMs);
  });
});
