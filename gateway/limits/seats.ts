import type { Actor } from '../../core/access.ts';

/** Places that are taken and given back: so many of all, and so many of each of those that a key tells apart. */
export interface Seats {
  /** @returns gives the place back, and may be called twice; or of which the last is taken: `all` there are, or its `own` */
  take(key: string): (() => void) | 'all' | 'own';
}

export function createSeats({ most, mostOfOne }: { readonly most: number; readonly mostOfOne: number }): Seats {
  /** Of nobody who has none, so no longer than there are places. */
  const taken = new Map<string, number>();
  let all = 0;

  return {
    take(key) {
      const own = taken.get(key) ?? 0;
      if (all >= most) return 'all';
      if (own >= mostOfOne) return 'own';
      all += 1;
      taken.set(key, own + 1);
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        all -= 1;
        const left = (taken.get(key) ?? 1) - 1;
        // Stryker disable next-line ConditionalExpression: it only keeps the map short
        if (left === 0) taken.delete(key);
        else taken.set(key, left);
      };
    },
  };
}

/** One person through one application. */
export function personKey({ id, client }: Pick<Actor, 'id' | 'client'>): string {
  return `${client}\n${id}`;
}
