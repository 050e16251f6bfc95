import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { record } from './support.ts';
import { fails, HOA, openStage, WARNED, type WriterStage, writes } from './writer-stage.ts';

/** Pauses that were begun, in milliseconds, each of which ends when it is told to or when it is called off. */
const pauses = vi.hoisted(() => ({ begun: [] as number[], end: () => {} }));

vi.mock('node:timers/promises', () => ({
  setTimeout: async (ms: number, _: undefined, { signal }: { signal?: AbortSignal }) => {
    // Shorter ones are for company.
    if (ms <= 1) return;
    pauses.begun.push(ms);
    await new Promise<void>((resolve, reject) => {
      pauses.end = resolve;
      const stop = () => reject(new Error('called off'));
      if (signal?.aborted) stop();
      signal?.addEventListener('abort', stop);
    });
  },
}));

let stage: WriterStage;

beforeEach(async () => {
  pauses.begun = [];
  stage = await openStage();
});

afterEach(async () => {
  vi.useRealTimers();
  await stage.close();
});

/** Lets the pauses pass until so many were begun. */
async function passUntil(count: number): Promise<void> {
  for (let begun = 1; begun <= count; begun++) {
    await expect.poll(() => pauses.begun.length, { interval: 5 }).toBe(begun);
    if (begun < count) pauses.end();
  }
}

describe('An access log that cannot be written', () => {
  it('is tried again, less and less often, from the beginning each time, and is told of once', async () => {
    const log = stage.open();
    stage.fate = fails;
    const answer = log.write(record());
    await passUntil(7);
    expect(pauses.begun).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(stage.warnings).toEqual([WARNED.away]);
    await answer;
    stage.fate = writes;
    pauses.end();
    await expect.poll(log.state).toBe('writing');
    expect(stage.warnings).toEqual([WARNED.away, WARNED.again]);
    pauses.begun = [];
    stage.fate = fails;
    await log.write(record());
    await passUntil(2);
    expect(pauses.begun).toEqual([250, 500]);
    expect(stage.warnings).toEqual([WARNED.away, WARNED.again, WARNED.away]);
  });

  it('is not waited for where it ends', async () => {
    const log = stage.open();
    stage.fate = fails;
    const refused = expect(log.write(record([HOA]))).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    await passUntil(3);
    await Promise.all([log.close(), refused]);
    expect(stage.warnings).toEqual([WARNED.away]);
  });
});

describe('An access log that has ended', () => {
  it('leaves nothing that goes on', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const log = stage.open();
    await log.write(record());
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    await log.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
