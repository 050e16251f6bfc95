import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPatience } from '../../audit/bounded.ts';

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
