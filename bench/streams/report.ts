import { cpus, loadavg, totalmem } from 'node:os';
import { median } from '../report.ts';
import type { KafkaSample } from './kafka-path.ts';
import type { ChangeTimes, LatencySamples } from './latency.ts';
import type { MemorySample } from './memory.ts';
import type { ProjectionSample } from './projection.ts';

/** A line of the table. */
export interface Row {
  readonly what: string;
  readonly came: string;
  readonly aim: string;
  /** Null where nothing was aimed at. */
  readonly reached: boolean | null;
}

const LEAST_PROJECTION = 0.8;
const LEAST_KAFKA = 0.5;
const MOST_VISIBLE_MS = 1_000;
const MOST_ACKNOWLEDGED_MS = 2_000;
/** What counts as flat: the last quarter over the second, the first being a program that still warms up. */
const MOST_GROWTH = 1.1;

export function projectionRows(samples: readonly ProjectionSample[]): readonly Row[] {
  const rate = median(samples.map(({ projection }) => projection));
  const bare = median(samples.map(({ bare: one }) => one));
  const ratio = median(samples.map((one) => one.projection / one.bare));
  return [
    row('projection, events/s', whole(rate)),
    row('the same rows by bare mysql2, events/s', whole(bare)),
    row('projection ÷ bare mysql2', ratio.toFixed(2), `≥ ${LEAST_PROJECTION}`, ratio >= LEAST_PROJECTION),
  ];
}

export function kafkaRows(samples: readonly KafkaSample[]): readonly Row[] {
  const ratioOf = (name: 'own' | 'committed') => median(samples.map((one) => one[name] / one.bare));
  return [
    row('Kafka log, events/s', whole(median(samples.map(({ own }) => own)))),
    row('bare kafkajs eachBatch, events/s', whole(median(samples.map(({ bare }) => bare)))),
    row('Kafka log ÷ bare kafkajs', ratioOf('own').toFixed(2), `≥ ${LEAST_KAFKA}`, ratioOf('own') >= LEAST_KAFKA),
    row('the same, place kept in Kafka ÷ bare kafkajs', ratioOf('committed').toFixed(2)),
  ];
}

export function latencyRows({ changes, seconds, rate, cpu }: LatencySamples): readonly Row[] {
  const lasted = (name: 'visibleAt' | 'acknowledgedAt') =>
    changes.map((one: ChangeTimes) => (one[name] ?? Number.POSITIVE_INFINITY) - one.committedAt);
  const quantiles = (name: 'visibleAt' | 'acknowledgedAt') => {
    const sorted = lasted(name).sort((left, right) => left - right);
    return [0.5, 0.99].map((share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  };
  const [visible50 = 0, visible99 = 0] = quantiles('visibleAt');
  const [known50 = 0, known99 = 0] = quantiles('acknowledgedAt');
  const never = changes.filter(({ acknowledgedAt }) => acknowledgedAt === null).length;
  return [
    row('changes/s made', (changes.length / seconds).toFixed(0), `${rate}`, changes.length / seconds >= rate * 0.95),
    row('commit → visible in the index, p50 ms', whole(visible50)),
    row('commit → visible in the index, p99 ms', whole(visible99), `< ${MOST_VISIBLE_MS}`, visible99 < MOST_VISIBLE_MS),
    row('commit → acknowledged by the portal, p50 ms', whole(known50)),
    row(
      'commit → acknowledged by the portal, p99 ms',
      whole(known99),
      `< ${MOST_ACKNOWLEDGED_MS}`,
      known99 < MOST_ACKNOWLEDGED_MS,
    ),
    row('changes never acknowledged', whole(never), '0', never === 0),
    ...Object.entries(cpu).map(([name, ms]) => row(`processor time for a change, ${name}, ms`, ms.toFixed(2))),
  ];
}

export function memoryRows(samples: readonly MemorySample[]): readonly Row[] {
  const growthOf = (name: 'rss' | 'heap'): number => {
    const quarter = Math.max(1, Math.floor(samples.length / 4));
    const mean = (some: readonly MemorySample[]) => some.reduce((sum, one) => sum + one[name], 0) / some.length;
    return mean(samples.slice(-quarter)) / mean(samples.slice(quarter, 2 * quarter));
  };
  const most = (name: 'rss' | 'heap') => `${whole(Math.max(...samples.map((one) => one[name])) / 1_048_576)} MiB`;
  const last = samples.at(-1);
  const shape = (name: 'rss' | 'heap') => samples.map((one) => whole(one[name] / 1_048_576)).join(' ');
  return [
    row('events projected while memory was watched', whole(last?.events ?? 0)),
    row('events/s then, read from Kafka', whole((last?.events ?? 0) / (last?.seconds ?? 1))),
    row(`heap after collection, most (MiB: ${shape('heap')})`, most('heap')),
    row(`resident memory, most (MiB: ${shape('rss')})`, most('rss')),
    ...(['heap', 'rss'] as const).map((name) =>
      row(
        `${name === 'heap' ? 'heap' : 'resident memory'}, last quarter ÷ second`,
        growthOf(name).toFixed(2),
        `≤ ${MOST_GROWTH}`,
        growthOf(name) <= MOST_GROWTH,
      ),
    ),
  ];
}

/** What a figure is worth without: when, by what command, on what machine, and what else that did. */
export function headOf(told: { args: readonly string[]; startedAt: Date; loadBefore: readonly number[] }): string {
  const { args, startedAt, loadBefore } = told;
  const command = ['npm run bench:streams', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
  const load = (loads: readonly number[]) => loads.map((one) => one.toFixed(1)).join(' ');
  return [
    `${startedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC, \`${command}\``,
    `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version.slice(1)}`,
    `load before ${load(loadBefore)}, after ${load(loadavg())}`,
  ].join('; ');
}

/** A Markdown table, so that it can stand in docs/performance.md as it was printed. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ what, came, aim, reached }) => {
    const verdict = reached === null ? '' : reached ? 'reached' : '**missed**';
    return `| ${what} | ${came} | ${aim} | ${verdict} |`;
  });
  return ['| | came | aim | |', '|---|--:|--:|---|', ...lines].join('\n');
}

function row(what: string, came: string, aim = '', reached: boolean | null = null): Row {
  return { what, came, aim, reached };
}

function whole(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value)) : 'never';
}
