import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createRounds } from '../../store/rounds.ts';

describe('work done in rounds', () => {
  const numbered = (count: number) => Array.from({ length: count }, (_, index) => index);

  it('is one round for what is asked for in the same turn, in that order', async () => {
    const rounds: (readonly number[])[] = [];
    const ask = createRounds<number, number>({
      ...{ most: 10, restMs: 0 },
      run: async (items) => {
        rounds.push(items);
        return items.map((item) => item * 2);
      },
    });
    expect(await Promise.all(numbered(3).map(ask))).toEqual([0, 2, 4]);
    expect(rounds).toEqual([[0, 1, 2]]);
  });

  it('gathers what comes while a round is under way, which never sees it', async () => {
    const rounds: (readonly number[])[] = [];
    const ask = createRounds<number, null>({
      ...{ most: 10, restMs: 0 },
      run: async (items) => {
        rounds.push(items);
        await delay(20);
        return items.map(() => null);
      },
    });
    const first = ask(1);
    await delay(5);
    await Promise.all([first, ask(2), ask(3)]);
    expect(rounds).toEqual([[1], [2, 3]]);
  });

  it('has no more items in a round than it may, and rests between the beginnings of two', async () => {
    const begun: number[] = [];
    const sizes: number[] = [];
    const ask = createRounds<number, null>({
      ...{ most: 2, restMs: 30 },
      run: async (items) => {
        begun.push(performance.now());
        sizes.push(items.length);
        return items.map(() => null);
      },
    });
    await Promise.all(numbered(5).map(ask));
    expect(sizes).toEqual([2, 2, 1]);
    const [first = 0, second = 0] = begun;
    // A timer may be early by a millisecond.
    expect(second - first).toBeGreaterThan(28);
  });

  it('rejects one item by an error in its place, and no other', async () => {
    const ask = createRounds<number, number>({
      ...{ most: 10, restMs: 0 },
      run: async (items) => items.map((item) => (item === 1 ? new Error('not this one') : item)),
    });
    const results = await Promise.allSettled(numbered(3).map(ask));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('tries the items of a round that failed one by one, so that only the one at fault fails', async () => {
    const ask = createRounds<number, number>({
      ...{ most: 10, restMs: 0 },
      run: async (items) => {
        if (items.includes(3)) throw new Error('at fault');
        return items;
      },
    });
    const results = await Promise.allSettled(numbered(6).map(ask));
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, true, true, false, true, true]);
  });

  it('gives up the others once several in a row have failed alone, and works again later', async () => {
    let isDown = true;
    let times = 0;
    const ask = createRounds<number, number>({
      ...{ most: 10, restMs: 0 },
      run: async (items) => {
        times += 1;
        if (isDown) throw new Error('down');
        return items;
      },
    });
    const results = await Promise.allSettled(numbered(8).map(ask));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(times).toBe(4);
    isDown = false;
    expect(await ask(1)).toBe(1);
  });
});
