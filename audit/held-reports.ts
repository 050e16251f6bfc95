import type { Report } from './verify-chain.ts';

/** What is said of a chain, held back until it is known whether the chain was still there to be looked at. */
export interface HeldReports {
  readonly report: Report;
  isEmpty(): boolean;
  /** Says it all. */
  tell(): void;
}

/** Of a chain that is broken everywhere; of the rest it is only told how often. */
const MOST_HELD = 1_000;

export function holdReports(chain: string, report: Report): HeldReports {
  const held: Parameters<Report>[] = [];
  const further = new Map<Parameters<Report>[0], number>();
  return {
    report(level, text) {
      if (held.length < MOST_HELD) held.push([level, text]);
      else further.set(level, (further.get(level) ?? 0) + 1);
    },
    isEmpty: () => held.length === 0,
    tell() {
      for (const [level, text] of held) report(level, text);
      for (const [level, times] of further) {
        for (let told = 0; told < times; told++) report(level, `chain ${chain}: there is more of it`);
      }
    },
  };
}
