import { expect } from 'vitest';
import { errorsOf } from './answer.ts';
import type { GraphqlAnswer } from './province.ts';

/** Paths at which two answers differ; lists of different length differ as a whole. */
export function differences(
  before: unknown,
  after: unknown,
  path: readonly (string | number)[] = [],
): readonly string[] {
  if (Object.is(before, after)) return [];
  if (typeof before === 'object' && typeof after === 'object' && before !== null && after !== null) {
    const sameShape = Array.isArray(before) === Array.isArray(after);
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    if (sameShape && (!Array.isArray(before) || before.length === (after as unknown[]).length)) {
      return [...keys].flatMap((key) =>
        differences((before as Record<string, unknown>)[key], (after as Record<string, unknown>)[key], [...path, key]),
      );
    }
  }
  return [path.join('.')];
}

/** Every error stands at a field that is null, one error a field, and no field is null without one. */
export function expectNullForEachError(answer: GraphqlAnswer): void {
  const paths = (answer.errors ?? []).map(({ path = [] }) => path);
  const places = paths.map((path) => path.join('.'));
  expect(places).toEqual([...new Set(places)]);
  for (const path of paths) {
    const value = path.reduce((at, part) => at?.[part], answer.data);
    expect(value ?? null, path.join('.')).toBeNull();
  }
  for (const error of errorsOf(answer))
    expect(error).toMatchObject({ code: expect.any(String), retryable: expect.any(Boolean) });
}

/** Whatever tells of the inside of a house: addresses, paths, statements, stacks, markup, passwords. */
const INSIDE =
  /127\.0\.0\.1|localhost|:\d{4,5}\b|\/tmp\b|\/work\b|node_modules|\.[cm]?[tj]s\b|\bat \w+.*\(|select |from \w+ where|SQLITE|ECONN|ENOENT|EPIPE|<html|<!DOCTYPE|chay-thu|mot-cua-2026|stacktrace|"stack"|"cause"/i;

/** Nothing of the inside in the answer, and no number of a person where the answer is not about that person's data. */
export function expectNothingLeaks(answer: GraphqlAnswer): void {
  expect(JSON.stringify(answer)).not.toMatch(INSIDE);
  const told = JSON.stringify({
    errors: answer.errors?.map(({ message, extensions }) => ({ message, extensions })) ?? [],
  });
  expect(told).not.toMatch(/\d{9}/);
  expect(told).not.toMatch(/Nguyễn|Hoà|NGUYỄN/);
}
