import { expect, test } from 'vitest';
import { type DeleteCount, judgeDeletes, noDeletes } from '../../streams/capture/deletes.ts';
import type { WayContext } from '../../streams/capture/way.ts';

const MOST = 5;
const codes = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `H-${from + index}`);

function judge(options: {
  gone: readonly string[];
  count?: DeleteCount;
  held?: number;
  confirmed?: boolean;
  ended?: boolean;
}) {
  const { gone, held = 0, confirmed = false, ended = true } = options;
  const way = { heldDeletes: held, deletesConfirmed: confirmed };
  const warnings: string[] = [];
  const context = {
    ...{ settings: { MOST_DELETES: MOST }, sector: { id: 'land' }, way: 'poll' },
    warn: (message: string) => warnings.push(message),
  } as unknown as WayContext;
  const count = options.count ?? noDeletes(way);
  return { ...judgeDeletes(context, { gone, count, way, ended }), warnings };
}

test('few deletes are believed at the end of a comparison, and not before', () => {
  const part = judge({ gone: codes(3), ended: false });
  expect(part.believed).toEqual([]);
  expect(judge({ gone: codes(2, 3), count: part.count }).believed).toEqual(codes(5));
});

test('a confirmation lets as many go as were held when it was given', () => {
  const { believed, standing } = judge({ gone: codes(20), held: 20, confirmed: true });
  expect(believed).toEqual(codes(20));
  expect(standing).toEqual({ heldDeletes: 0, deletesConfirmed: false });
});

test('a confirmation does not cover what went after it was given: that waits anew, and a person is told', () => {
  const { believed, standing, warnings } = judge({ gone: codes(300), held: 20, confirmed: true });
  expect(believed).toEqual([]);
  expect(standing).toEqual({ heldDeletes: 300, deletesConfirmed: false });
  expect(warnings).toHaveLength(1);
});

test('a confirmation that turns out too small in the middle of a comparison ends there', () => {
  const first = judge({ gone: codes(20), held: 20, confirmed: true, ended: false });
  expect(first.believed).toEqual(codes(20));
  const second = judge({ gone: codes(100, 20), held: 20, confirmed: true, count: first.count, ended: false });
  expect(second.believed).toEqual([]);
  expect(second.standing).toMatchObject({ deletesConfirmed: false });
  const third = judge({ gone: codes(10, 120), held: 120, count: second.count });
  expect(third.believed).toEqual([]);
  expect(third.standing.heldDeletes).toBeGreaterThan(MOST);
});
