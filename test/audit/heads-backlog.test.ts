import { afterEach, describe, expect, it } from 'vitest';
import type { HeadsPlace } from '../../audit/heads-places.ts';
import { type HeadsQueue, openHeadsQueue } from '../../audit/heads-queue.ts';
import type { AuditHead } from '../../core/audit.ts';

const NEVER = new Promise<never>(() => {});
const HOUR_MS = 3_600_000;
const opened: HeadsQueue[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((queue) => queue.close()));
});

function heads(from: number, to: number): AuditHead[] {
  return Array.from({ length: to - from + 1 }, (_, place) => ({
    ...{ chain: 'motcua-00000001/2026-11-20', seq: from + place, at: 1, hash: 'ab', key: 'cd', signature: 'ef' },
  }));
}

/** A place that answers each call when it is told to, and what it was given. */
function slowPlace() {
  const given: number[][] = [];
  const answers: PromiseWithResolvers<void>[] = [];
  const take: HeadsPlace['take'] = (together) => {
    const answer = Promise.withResolvers<void>();
    given.push(together.map(({ seq }) => seq));
    answers.push(answer);
    return answer.promise;
  };
  return { given, answers, take };
}

function open(place: Partial<HeadsPlace>, closeMs = 20, budgetMs = HOUR_MS): { queue: HeadsQueue; told: () => number } {
  let told = 0;
  const fail = () => {
    told += 1;
  };
  const queue = openHeadsQueue({
    ...{ place: { take: async () => {}, close: async () => {}, ...place } },
    ...{ fail, budgetMs, closeMs },
  });
  opened.push(queue);
  return { queue, told: () => told };
}

describe('Heads that wait for a slow place', () => {
  it('go together, one call after the other, and let each answer go when the place has its head', async () => {
    const { given, answers, take } = slowPlace();
    const { queue } = open({ take });
    const gone: number[] = [];
    const put = heads(1, 3).map((head) => queue.put(head).then(() => gone.push(head.seq)));
    expect(given).toEqual([[1]]);
    answers[0]?.resolve();
    await put[0];
    await expect.poll(() => given).toEqual([[1], [2, 3]]);
    expect(gone).toEqual([1]);
    answers[1]?.resolve();
    await Promise.all(put);
    expect([gone, queue.isBehind()]).toEqual([[1, 2, 3], false]);
  });

  it('are not behind before they have waited longer than an answer may', () => {
    // Longer than nothing, and shorter than twice the time that the process has been there.
    const { queue } = open({ take: () => NEVER }, 20, performance.now() * 1.5);
    queue.again(heads(1, 2));
    expect(queue.isBehind()).toBe(false);
  });

  it('are ten thousand at most: the oldest are let go, and none is sent twice or left out', async () => {
    const { given, answers, take } = slowPlace();
    const { queue } = open({ take });
    const [first, second, ...others] = heads(1, 10_002) as [AuditHead, AuditHead, ...AuditHead[]];
    const put = [queue.put(first), queue.put(second)];
    queue.again(others.slice(0, -2));
    let isGone = false;
    void put[1]?.then(() => {
      isGone = true;
    });
    // Ten thousand wait by now, the one that is on its way among them.
    await Promise.resolve();
    expect(isGone).toBe(false);
    queue.again(others.slice(-2));
    await Promise.all(put);
    for (let call = 0; call <= 10; call += 1) {
      await expect.poll(() => answers.length).toBe(call + 1);
      answers[call]?.resolve();
    }
    await expect.poll(() => queue.close()).toBe(0);
    expect(given.flat()).toEqual([1, ...heads(3, 10_002).map(({ seq }) => seq)]);
  });
});

describe('Heads for a place that failed', () => {
  it('let all answers go, and are not sent with each further one, but a while later', async () => {
    let calls = 0;
    const take = async (): Promise<void> => {
      calls += 1;
      if (calls === 1) throw new Error('away');
    };
    const { queue, told } = open({ take });
    await Promise.all(heads(1, 3).map((head) => queue.put(head)));
    await queue.put(heads(4, 4)[0] as AuditHead);
    queue.again(heads(5, 6));
    expect([calls, told(), queue.isBehind()]).toEqual([1, 1, true]);
    await expect.poll(() => queue.isBehind(), { timeout: 5_000 }).toBe(false);
    expect([calls, told()]).toEqual([2, 1]);
  });
});

describe('At the end', () => {
  it('a place that hangs is given up, told so, and closed', async () => {
    let given: AbortSignal | undefined;
    let isClosed = false;
    const { queue } = open({
      take: (_, signal) => {
        given = signal;
        return NEVER;
      },
      close: async () => {
        isClosed = true;
      },
    });
    queue.again(heads(1, 2));
    expect(given?.aborted).toBe(false);
    expect(await queue.close()).toBe(2);
    expect([given?.aborted, isClosed]).toEqual([true, true]);
  });

  it('nothing more is sent, though the place should answer after all', async () => {
    const { given, answers, take } = slowPlace();
    const { queue } = open({ take });
    queue.again(heads(1, 1));
    queue.again(heads(2, 3));
    expect(await queue.close()).toBe(3);
    answers[0]?.resolve();
    await answers[0]?.promise;
    await new Promise(setImmediate);
    expect(given).toEqual([[1]]);
  });

  it('what waits behind a call that is on its way is tried too', async () => {
    const { given, answers, take } = slowPlace();
    const { queue } = open({ take }, HOUR_MS);
    queue.again(heads(1, 1));
    const closed = queue.close();
    queue.again(heads(2, 2));
    answers[0]?.resolve();
    await expect.poll(() => given.length).toBe(2);
    answers[1]?.resolve();
    expect(await closed).toBe(0);
  });
});
