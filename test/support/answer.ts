import { expect } from 'vitest';
import type { GraphqlAnswer } from './province.ts';

/** The data of an answer that has no errors; fails showing them where it has. */
// biome-ignore lint/suspicious/noExplicitAny: answers are as varied as the questions of the tests
export function dataOf(answer: GraphqlAnswer): any {
  expect(answer.errors ?? []).toEqual([]);
  return answer.data;
}

/** What a client needs of each error: where, what, whose, and whether asking again may help. */
export function errorsOf(answer: GraphqlAnswer): readonly object[] {
  return (answer.errors ?? []).map(({ path, extensions: { code, sector, retryable } }) => ({
    path: path?.join('.'),
    code,
    ...(sector !== undefined && { sector }),
    retryable,
  }));
}

/** Asks until the answer is as wanted; the last answer when it never is within the time. */
export async function askUntil<T>(
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
  { timeoutMs = 10_000, everyMs = 100 } = {},
): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (wanted(answer) || performance.now() > until) return answer;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
