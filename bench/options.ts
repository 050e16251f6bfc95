import { parseArgs } from 'node:util';
import type { SourceKind } from './by-hand/reader.ts';
import { QUERY_NAMES, type QueryName } from './queries.ts';

export const CONTESTANTS = ['hub', 'hub-open', 'mercurius', 'yoga', 'apollo', 'bare'] as const;
export type Contestant = (typeof CONTESTANTS)[number];
export const KINDS = ['mariadb', 'sqlite', 'memory'] as const satisfies readonly SourceKind[];

export interface BenchOptions {
  /** Length of one measurement; a slow server takes longer, for every client is answered. */
  readonly seconds: number;
  /** Measurements of each contestant, of which the median counts. */
  readonly runs: number;
  readonly clients: number;
  readonly contestants: readonly Contestant[];
  readonly kinds: readonly SourceKind[];
  readonly queries: readonly QueryName[];
}

const USAGE = `node bench/run.ts [options]
  --seconds n   length of one measurement, 1 to 60 (1)
  --runs n      measurements of each, of which the median counts, 1 to 15 (3)
  --clients n   clients at a time, 1 to 500 (24)
  --only a,b    only these contestants, sources or queries: ${[...CONTESTANTS, ...KINDS, ...QUERY_NAMES].join(', ')}`;

/** @returns null when the help was asked for. @throws Error for what cannot be, with the usage */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '1' },
      runs: { type: 'string', default: '3' },
      clients: { type: 'string', default: '24' },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return null;
  }
  const only = values.only.split(',').filter((word) => word !== '');
  const chosen = <T extends string>(all: readonly T[]): readonly T[] => {
    const named = all.filter((one) => only.includes(one));
    return named.length === 0 ? all : named;
  };
  const known: readonly string[] = [...CONTESTANTS, ...KINDS, ...QUERY_NAMES];
  const unknown = only.find((word) => !known.includes(word));
  if (unknown !== undefined) throw new Error(`--only does not know ${unknown}\n${USAGE}`);
  const contestants = chosen(CONTESTANTS);
  if (contestants.every((one) => one === 'bare')) {
    throw new Error(`--only bare needs another server beside it, whose answers it sends\n${USAGE}`);
  }
  return {
    seconds: within('seconds', values.seconds, 60),
    runs: within('runs', values.runs, 15),
    clients: within('clients', values.clients, 500),
    contestants,
    kinds: chosen<SourceKind>(KINDS),
    queries: chosen(QUERY_NAMES),
  };
}

function within(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Error(`--${name}: expected a whole number from 1 to ${most}, came ${text}\n${USAGE}`);
}
