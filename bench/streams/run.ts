import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '../../test/services/kafka.ts';
import { startMariadb } from '../../test/services/mariadb.ts';
import { measureKafka } from './kafka-path.ts';
import { measureLatency } from './latency.ts';
import { measureMemory } from './memory.ts';
import { type Part, readOptions, type StreamsOptions } from './options.ts';
import { measureProjection } from './projection.ts';
import { headOf, kafkaRows, latencyRows, memoryRows, projectionRows, type Row, tableOf } from './report.ts';

/**
 * `npm run bench:streams`: what the stream of changes costs, each figure beside what the same machine does without the
 * hub in the same run. Prints tables and writes every measurement to data/bench/.
 */
const directory = join(import.meta.dirname, '..', '..', 'data', 'bench');

interface Measured {
  readonly rows: readonly Row[];
  readonly samples: unknown;
}

/** The Kafka path is quick: it needs more records to last. */
const KAFKA_EVENTS = 5;

const MEASURES: Readonly<Record<Part, (options: StreamsOptions) => Promise<Measured>>> = {
  projection: async ({ rounds, batchEvents: events }) => {
    const { service, stop } = await startMariadb();
    try {
      const samples = await measureProjection(service, { events, rounds, told });
      return { samples, rows: projectionRows(samples) };
    } finally {
      await stop();
    }
  },
  kafka: async ({ rounds, batchEvents }) => {
    const { service, stop } = await startKafka();
    try {
      if ('missing' in service) throw new Error(service.missing);
      const samples = await measureKafka(service.brokers, { events: batchEvents * KAFKA_EVENTS, rounds, told });
      return { samples, rows: kafkaRows(samples) };
    } finally {
      await stop();
    }
  },
  latency: async ({ seconds, rate }) => {
    const samples = await measureLatency({ seconds, rate, told });
    return { samples, rows: latencyRows(samples) };
  },
  memory: async ({ events }) => {
    const samples = await measureMemory({ events, told });
    return { samples, rows: memoryRows(samples) };
  },
};

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const options = readOptions(args);
  if (options === null) return;
  mkdirSync(directory, { recursive: true });
  const startedAt = new Date();
  const loadBefore = loadavg();
  const results: Partial<Record<Part, Measured>> = {};
  for (const part of options.parts) {
    console.log(`\n${part}`);
    results[part] = await MEASURES[part](options);
  }
  const rows = Object.values(results).flatMap((result) => result.rows);
  console.log(`\n${headOf({ args, startedAt, loadBefore })}\n\n${tableOf(rows)}\n`);
  const file = join(directory, `streams-${startedAt.toISOString().replaceAll(':', '-').slice(0, 19)}.json`);
  writeFileSync(
    file,
    JSON.stringify({ node: process.version, options, loadBefore, loadAfter: loadavg(), results }, null, 2),
  );
  console.log(`Every measurement: ${file}`);
  if (rows.some(({ reached }) => reached === false)) process.exitCode = 1;
}

function told(line: string): void {
  console.log(`  ${line}`);
}

await main();
