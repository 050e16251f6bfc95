/** Chance without memory: the same (seed, label, index) always draws the same numbers, in any order of asking. */

export interface Draw {
  /** 0 ≤ x < 1. */
  next(): number;
  /** Whole, from ≤ x ≤ to. */
  between(from: number, to: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** `weights` add up to anything; answers the position drawn. */
  weighted(weights: readonly number[]): number;
}

const labels = new Map<string, number>();

/** FNV-1a, remembered: there are few labels and many draws. */
function labelHash(label: string): number {
  let hash = labels.get(label);
  if (hash === undefined) {
    hash = 0x811c9dc5;
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
    labels.set(label, hash);
  }
  return hash;
}

function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** One number of 32 bits for a record, where a whole draw is too much. */
export function hashOf(seed: number, label: string, index: number): number {
  return mix(mix(mix(seed + 0x9e3779b9) ^ labelHash(label)) + Math.imul(index + 1, 0x9e3779b1)) >>> 0;
}

export function draw(seed: number, label: string, index: number): Draw {
  let state = hashOf(seed, label, index);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (share) => next() < share,
    pick: <T>(list: readonly T[]) => list[Math.floor(next() * list.length)] as T,
    weighted: (weights) => {
      let total = 0;
      for (const weight of weights) total += weight;
      let left = next() * total;
      for (let i = 0; i < weights.length; i++) {
        left -= weights[i] as number;
        if (left < 0) return i;
      }
      return weights.length - 1;
    },
  };
}

/** A permutation of 0 … size-1 that sends 0 to `first`: numbers that look random and never repeat. */
export function scatter(seed: number, label: string, size: number, first: number): (index: number) => number {
  let step = (hashOf(seed, label, size) % Math.max(1, size - 1)) + 1;
  while (greatestCommonDivisor(step, size) !== 1) step = (step % size) + 1;
  return (index) => ((((index % size) * step) % size) + first) % size;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
