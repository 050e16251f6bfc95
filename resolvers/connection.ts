import { HubError } from '../core/errors.ts';
import type { Seal } from '../core/seal.ts';

export interface SectorGap {
  readonly sector: string;
  readonly code: string;
  readonly retryable: boolean;
}

export interface Connection<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly nodes: readonly T[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number | null;
  readonly missing: readonly SectorGap[];
}

export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
}

const MOST = 100;

/**
 * How a list is ordered and how a place in it is written into a cursor. A cursor holds the element's sort key, not its
 * number, so a page goes on right after that element wherever it stands by now, or would stand if it is gone.
 */
export interface Order<T, K> {
  /** Purpose of the seal; a cursor of one list does not open in another. */
  readonly name: string;
  keyOf(element: T): K;
  compare(left: K, right: K): number;
}

/** @throws HubError BAD_USER_INPUT for a size out of bounds or a cursor that was not given out for this list */
export function pageOf<T, K>(
  elements: readonly T[],
  order: Order<T, K>,
  options: PageArguments & { readonly seal: Seal; readonly missing?: readonly SectorGap[] },
): Connection<T> {
  const { seal, after, missing = [] } = options;
  const first = checkedSize(options.first);
  const sorted = elements
    .map((element) => ({ element, key: order.keyOf(element) }))
    .sort((left, right) => order.compare(left.key, right.key));
  const start = after == null ? 0 : placeAfter(sorted, order, openCursor<K>(seal, order.name, after));
  const edges = sorted.slice(start, start + first).map(({ element, key }) => ({
    // Sealed when it is read: most lists are asked for without their cursors, and sealing costs more than the rest.
    get cursor() {
      return seal.seal(order.name, JSON.stringify(key));
    },
    node: element,
  }));
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage: start + first < sorted.length,
      hasPreviousPage: start > 0,
      get startCursor() {
        return edges[0]?.cursor ?? null;
      },
      get endCursor() {
        return edges.at(-1)?.cursor ?? null;
      },
    },
    totalCount: isWhole(missing) ? sorted.length : null,
    missing,
  };
}

/** The same page with another node in the place of each; one that is gone by now is left out. */
export function withNodes<T>(page: Connection<unknown>, nodes: readonly (T | null)[]): Connection<T> {
  const edges = nodes.flatMap((node, place) => {
    if (node === null) return [];
    return {
      get cursor() {
        return page.edges[place]?.cursor ?? '';
      },
      node,
    };
  });
  return { ...page, edges, nodes: edges.map(({ node }) => node) };
}

/** Whether nothing that may be seen is missing: what may not be seen is counted nowhere. */
export function isWhole(missing: readonly SectorGap[]): boolean {
  return missing.every(({ code }) => code === 'FORBIDDEN');
}

/** One gap for each system and reason. */
export function distinctGaps(gaps: readonly SectorGap[]): readonly SectorGap[] {
  return [...new Map(gaps.map((gap) => [`${gap.sector} ${gap.code}`, gap])).values()];
}

export function gapOf(error: HubError, sector: string): SectorGap {
  return { sector: error.sector ?? sector, code: error.code, retryable: error.retryable };
}

/** @throws HubError BAD_USER_INPUT */
export function checkedSize(first: number | null | undefined): number {
  const size = first ?? 20;
  if (size >= 1 && size <= MOST) return size;
  throw new HubError('BAD_USER_INPUT', `first: expected 1 to ${MOST}, came ${size}`);
}

/** @throws HubError BAD_USER_INPUT for what was not given out for the list of this name */
export function openCursor<K>(seal: Seal, name: string, cursor: string): K {
  const text = seal.open(name, cursor);
  if (text === null) {
    throw new HubError('BAD_USER_INPUT', 'after: expected a cursor that this list gave out, came something else');
  }
  return JSON.parse(text) as K;
}

function placeAfter<T, K>(sorted: readonly { element: T; key: K }[], order: Order<T, K>, key: K): number {
  const place = sorted.findIndex((one) => order.compare(one.key, key) > 0);
  return place === -1 ? sorted.length : place;
}
