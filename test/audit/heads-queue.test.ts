import { afterEach, describe, expect, it } from 'vitest';
import type { HeadsPlace } from '../../audit/heads-places.ts';
import { type HeadsQueue, openHeadsQueue } from '../../audit/heads-queue.ts';
import type { AuditHead } from '../../core/audit.ts';

const NEVER = new Promise<never>(() => {});
const HOUR_MS = 3_600_000;
const heads = (count: number): AuditHead[] =>
  Array.from({ length: count }, (_, place) => ({
    ...{ chain: 'motcua-00000001/2026-11-20', seq: place + 1, at: 1, hash: 'ab', key: 'cd', signature: 'ef' },
  }));

describe('Heads on their way to a place', () => {
  const opened: HeadsQueue[] = [];

  function open(take: HeadsPlace['take'], budgetMs: number): { queue: HeadsQueue; told: () => number } {
    const told: string[] = [];
    const place = { take, close: async () => {} };
    const queue = openHeadsQueue({ place, fail: () => void told.push('behind'), budgetMs, closeMs: 100 });
    opened.push(queue);
    return { queue, told: () => told.length };
  }

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.close()));
  });

  it('are waited for until it has them', async () => {
    const taken: number[] = [];
    const { queue, told } = open(async (together) => void taken.push(...together.map(({ seq }) => seq)), HOUR_MS);
    for (const head of heads(3)) await queue.put(head);
    expect([taken, queue.isBehind(), told()]).toEqual([[1, 2, 3], false, 0]);
  });

  it('are waited for no longer than an answer may wait where it hangs, which is told', async () => {
    const { queue, told } = open(() => NEVER, 20);
    for (const head of heads(3)) await queue.put(head);
    expect(queue.isBehind()).toBe(true);
    expect(told()).toBe(1);
    expect(await queue.close()).toBe(3);
  });

  it('are not waited for at all once it is behind', async () => {
    const answers = [Promise.reject(new Error('away')), NEVER];
    const { queue } = open(() => answers.shift() ?? NEVER, HOUR_MS);
    const [first, second] = heads(2) as [AuditHead, AuditHead];
    await queue.put(first);
    expect(queue.isBehind()).toBe(true);
    await queue.put(second);
    expect(queue.isBehind()).toBe(true);
  });

  it('are behind when they wait for too long, though nobody waits for them', async () => {
    const { queue } = open(() => NEVER, 20);
    queue.again(heads(1));
    await expect.poll(() => queue.isBehind()).toBe(true);
  });

  it('leave in their order once it takes them again', async () => {
    const taken: number[] = [];
    let isAway = true;
    const { queue } = open(async (together) => {
      if (isAway) throw new Error('away');
      taken.push(...together.map(({ seq }) => seq));
    }, HOUR_MS);
    const [first, ...others] = heads(2_500) as [AuditHead, ...AuditHead[]];
    await queue.put(first);
    queue.again(others);
    isAway = false;
    await expect.poll(() => queue.isBehind(), { timeout: 5_000 }).toBe(false);
    expect(taken).toEqual(heads(2_500).map(({ seq }) => seq));
  });

  it('are all tried once more at the end', async () => {
    const taken: number[] = [];
    let isAway = true;
    const { queue } = open(async (together) => {
      if (isAway) throw new Error('away');
      taken.push(together.length);
    }, HOUR_MS);
    queue.again(heads(2_500));
    await expect.poll(() => queue.isBehind()).toBe(true);
    isAway = false;
    expect(await queue.close()).toBe(0);
    expect(taken).toEqual([1_000, 1_000, 500]);
  });
});
