import { setTimeout as delay } from 'node:timers/promises';

/** @param ms milliseconds @throws Error when the work is not done in time; it goes on, and nobody waits for it */
export async function bounded<T>(work: Promise<T>, ms: number): Promise<T> {
  const late = new AbortController();
  const timer = delay(ms, undefined, { signal: late.signal }).then(() => {
    throw new Error('It took too long');
  });
  timer.catch(() => {});
  try {
    return await Promise.race([work, timer]);
  } finally {
    late.abort();
  }
}
