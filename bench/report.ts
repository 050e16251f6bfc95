import type { SourceKind } from './by-hand/reader.ts';
import type { Contestant } from './options.ts';
import type { QueryName } from './queries.ts';

/** One measurement of one server. */
export interface Sample {
  readonly kind: SourceKind;
  readonly query: QueryName;
  readonly contestant: Contestant;
  readonly run: number;
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Processor time of the server for one request, in milliseconds. */
  readonly cpuMs: number;
}

export type Summary = Omit<Sample, 'run'> & {
  readonly runs: number;
  /** Requests a second over those of a rival; null where it was not asked. */
  readonly ratios: Readonly<Record<'mercurius' | 'hub-open', number | null>>;
};

const NAMES: Readonly<Record<Contestant, string>> = {
  hub: 'this hub',
  'hub-open': 'this hub, open',
  mercurius: 'Mercurius + JIT, by hand',
  yoga: 'graphql-yoga, by hand',
  apollo: 'Apollo, by hand',
  bare: 'bare Fastify, same bytes',
};

/** The medians of each server, with its requests per second over those of its rivals in the median of all runs. */
export function summarise(samples: readonly Sample[]): readonly Summary[] {
  const groups = Map.groupBy(samples, ({ kind, query, contestant }) => `${kind} ${query} ${contestant}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { kind, query, contestant } = first;
    const medianOf = (field: 'requestsPerSecond' | 'p50' | 'p99' | 'cpuMs') => median(group.map((one) => one[field]));
    // Runs of one round stand next to each other in time, so what else the machine does falls on both.
    const ratioTo = (rival: Contestant): number | null => {
      const theirs = samples.filter((one) => one.kind === kind && one.query === query && one.contestant === rival);
      const ratios = group.flatMap((one) => {
        const beside = theirs.find(({ run }) => run === one.run);
        return beside === undefined ? [] : [one.requestsPerSecond / beside.requestsPerSecond];
      });
      return ratios.length === 0 ? null : median(ratios);
    };
    return [
      {
        kind,
        query,
        contestant,
        runs: group.length,
        requestsPerSecond: medianOf('requestsPerSecond'),
        p50: medianOf('p50'),
        p99: medianOf('p99'),
        cpuMs: medianOf('cpuMs'),
        ratios: { mercurius: ratioTo('mercurius'), 'hub-open': contestant === 'hub' ? ratioTo('hub-open') : null },
      },
    ];
  });
}

/** A Markdown table, so that it can stand in docs/performance.md as it was printed. */
export function tableOf(summaries: readonly Summary[]): string {
  const lines = summaries.map(({ kind, query, contestant, requestsPerSecond, p50, p99, cpuMs, ratios }) =>
    [
      kind,
      query,
      NAMES[contestant],
      shown(requestsPerSecond),
      shown(p50),
      shown(p99),
      cpuMs.toFixed(2),
      ratioShown(ratios.mercurius),
      ratioShown(ratios['hub-open']),
    ].join(' | '),
  );
  return [
    '| source | query | server | req/s | p50 ms | p99 ms | CPU ms/req | × Mercurius | × open |',
    '|---|---|---|--:|--:|--:|--:|--:|--:|',
    ...lines.map((line) => `| ${line} |`),
  ].join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function ratioShown(ratio: number | null): string {
  return ratio === null ? '' : ratio.toFixed(2);
}

function shown(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(1);
}
