import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HubError } from '../../core/errors.ts';
import { createSeal } from '../../core/seal.ts';
import { type Connection, gapOf, type Order, pageOf } from '../../resolvers/connection.ts';

interface Item {
  readonly id: string;
  readonly at: number;
}

const seal = createSeal(Buffer.alloc(32, 1));
const NEWEST: Order<Item, readonly [at: number, id: string]> = {
  name: 'items newest first',
  keyOf: ({ id, at }) => [at, id],
  compare: (left, right) => right[0] - left[0] || (left[1] < right[1] ? -1 : left[1] > right[1] ? 1 : 0),
};
const OTHER = { ...NEWEST, name: 'other items newest first' };

// Few instants, so that many elements share theirs.
const at = fc.integer({ min: 0, max: 5 });
const items = fc.uniqueArray(fc.record({ id: fc.stringMatching(/^[a-z]{1,3}$/), at }), { selector: ({ id }) => id });
const size = fc.integer({ min: 1, max: 100 });

const page = (elements: readonly Item[], first: number, after: string | null = null) =>
  pageOf(elements, NEWEST, { first, after, seal });
const ids = (elements: readonly Item[]) => elements.map(({ id }) => id);
const inOrder = (elements: readonly Item[]) =>
  [...elements].sort((left, right) => NEWEST.compare(NEWEST.keyOf(left), NEWEST.keyOf(right)));

/** Walks to the end; `change` may alter the list between two pages. */
function walk(
  start: readonly Item[],
  first: number,
  change: (elements: readonly Item[]) => readonly Item[] = (x) => x,
) {
  const pages: Connection<Item>[] = [];
  let elements = start;
  let after: string | null = null;
  for (let turn = 0; turn < 2000; turn++) {
    const got = page(elements, first, after);
    pages.push(got);
    if (!got.pageInfo.hasNextPage) return pages;
    after = got.pageInfo.endCursor;
    elements = change(elements);
  }
  throw new Error('The walk does not end');
}

describe('walking the pages', () => {
  test('lists every element once and in order, whatever the size of the pages', () => {
    fc.assert(
      fc.property(items, size, (elements, first) => {
        const pages = walk(elements, first);
        expect(ids(pages.flatMap(({ nodes }) => nodes))).toEqual(ids(inOrder(elements)));
        expect(pages).toHaveLength(Math.max(1, Math.ceil(elements.length / first)));
        for (const { totalCount, edges, nodes } of pages) {
          expect(totalCount).toBe(elements.length);
          expect(edges.map(({ node }) => node)).toEqual(nodes);
        }
      }),
    );
  });

  test('never loses or doubles an element that stays, while others come, go and move', () => {
    const change = fc.record({ insert: items, remove: fc.array(fc.nat()), move: fc.array(fc.tuple(fc.nat(), at)) });
    fc.assert(
      fc.property(
        items,
        fc.integer({ min: 1, max: 5 }),
        fc.array(change, { maxLength: 20 }),
        (start, first, changes) => {
          const stays = new Set(ids(start));
          const queue = [...changes];
          const pages = walk(start, first, (elements) => {
            const next = queue.shift();
            if (next === undefined) return elements;
            const known = new Map(elements.map((one) => [one.id, one]));
            const pick = (place: number) => elements[place % elements.length];
            for (const [place, to] of next.move.map(([place, to]) => [pick(place), to] as const)) {
              if (place === undefined) continue;
              known.set(place.id, { ...place, at: to });
              stays.delete(place.id);
            }
            for (const gone of next.remove.map(pick)) {
              if (gone === undefined) continue;
              known.delete(gone.id);
              stays.delete(gone.id);
            }
            for (const one of next.insert) {
              if (known.has(one.id) || start.some(({ id }) => id === one.id)) continue;
              known.set(one.id, one);
            }
            return [...known.values()];
          });
          const seen = ids(pages.flatMap(({ nodes }) => nodes)).filter((id) => stays.has(id));
          expect(seen).toEqual(ids(inOrder(start)).filter((id) => stays.has(id)));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('goes on after an element that is gone by now', () => {
    const list = ['a', 'b', 'c', 'd'].map((id) => ({ id, at: 1 }));
    const { pageInfo } = page(list, 2);
    expect(ids(page(list.slice(2), 2, pageInfo.endCursor).nodes)).toEqual(['c', 'd']);
  });
});

describe('where a page stands', () => {
  const list = ['a', 'b', 'c'].map((id) => ({ id, at: 1 }));

  test('is told by its own elements', () => {
    const first = page(list, 2);
    expect(first.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: first.edges[0]?.cursor,
      endCursor: first.edges[1]?.cursor,
    });
    const second = page(list, 2, first.pageInfo.endCursor);
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect(second.pageInfo.startCursor).toBe(second.pageInfo.endCursor);
  });

  test('of nothing has no cursors', () => {
    expect(page([], 20)).toMatchObject({ edges: [], nodes: [], totalCount: 0, pageInfo: { endCursor: null } });
  });

  test('an element has one cursor, wherever the page began', () => {
    const [, second] = page(list, 3).edges;
    expect(page(list, 1, page(list, 1).pageInfo.endCursor).edges[0]?.cursor).toBe(second?.cursor);
  });

  test('the size is 20 where none is asked for', () => {
    const many = Array.from({ length: 30 }, (_, index) => ({ id: String(index), at: index }));
    expect(pageOf(many, NEWEST, { seal }).nodes).toHaveLength(20);
    expect(pageOf(many, NEWEST, { seal, first: null }).nodes).toHaveLength(20);
  });

  test('nothing is counted while a system is missing', () => {
    const missing = [{ sector: 'land', code: 'SOURCE_TIMEOUT', retryable: true }];
    expect(pageOf(list, NEWEST, { seal, missing })).toMatchObject({ totalCount: null, missing });
  });

  test('the list that was given is not sorted in place', () => {
    const given = [...list].reverse();
    page(given, 2);
    expect(ids(given)).toEqual(['c', 'b', 'a']);
  });
});

describe('what is refused as BAD_USER_INPUT', () => {
  const list = ['a', 'b', 'c'].map((id) => ({ id, at: 1 }));
  const { endCursor } = page(list, 1).pageInfo;
  const refused = expect.objectContaining({ code: 'BAD_USER_INPUT' });

  test.each([0, -1, 101, Number.NaN, Number.MAX_SAFE_INTEGER])('a page of %d', (first) => {
    expect(() => page(list, first)).toThrow(refused);
  });

  test('a cursor in which any character was changed', () => {
    const cursor = endCursor ?? '';
    fc.assert(
      fc.property(fc.nat(cursor.length - 1), fc.stringMatching(/^[\w-]$/), (place, put) => {
        fc.pre(cursor[place] !== put);
        expect(() => page(list, 1, cursor.slice(0, place) + put + cursor.slice(place + 1))).toThrow(refused);
      }),
    );
  });

  test.each(['', '0', 'YXJyYXljb25uZWN0aW9uOjE=', '["1","a"]', '../../etc', 'é'])(
    '%j, which no list gave out',
    (after) => {
      expect(() => page(list, 1, after)).toThrow(refused);
    },
  );

  test('a cursor of another list, or of a hub with another key', () => {
    const [edge] = pageOf(list, OTHER, { seal, first: 1 }).edges;
    expect(() => page(list, 1, edge?.cursor)).toThrow(refused);
    const stranger = createSeal(Buffer.alloc(32, 2));
    expect(() => pageOf(list, NEWEST, { seal: stranger, first: 1, after: endCursor })).toThrow(refused);
  });

  test('and the message does not repeat the cursor', () => {
    expect(() => page(list, 1, 'secret')).toThrow(/^((?!secret).)*$/);
  });
});

test('a gap names the sector of the failure, or the one that was asked', () => {
  const failure = new HubError('SOURCE_TIMEOUT', 'x');
  expect(gapOf(failure, 'land')).toEqual({ sector: 'land', code: 'SOURCE_TIMEOUT', retryable: true });
  expect(gapOf(failure.inSector('one-stop'), 'land').sector).toBe('one-stop');
});
