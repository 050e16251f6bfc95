import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownDatabase, startMariadb } from '../test/services/mariadb.ts';
import type { SourceKind } from './by-hand/reader.ts';
import { type BenchOptions, type Contestant, readOptions } from './options.ts';
import { type BenchServer, leaveServerCore, load, startServer } from './processes.ts';
import { type QueryName, requestsOf } from './queries.ts';
import { type Sample, summarise, tableOf } from './report.ts';
import { type BenchUrls, benchWorld, mariadbDatabases, sqliteFiles } from './tables/databases.ts';
import { fillIndex } from './tables/filled-index.ts';
import { COUNTER_LIST, listedNumbers } from './tables/one-stop-rows.ts';

/**
 * `npm run bench`: the same questions, the same data, the same answers from four servers side by side, each in a process
 * of its own on a core of its own. Prints a table and writes every measurement to data/bench/.
 */
const root = join(import.meta.dirname, '..');
const directory = join(root, 'data', 'bench');
/** Requests that find out how quick a server is. */
const PROBES = 24;
/** The engine goes on compiling for thousands of requests: measured sooner, the larger program looks slower than it is. */
const WARM_UP_SECONDS = 3;

interface Field {
  readonly kind: SourceKind;
  readonly urls: BenchUrls;
  readonly numbers: readonly string[];
  readonly options: BenchOptions;
  readonly pinned: boolean;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) return;
  mkdirSync(directory, { recursive: true });
  const pinned = await leaveServerCore();
  if (!pinned) console.log('No second core or no taskset: server and load share what there is.');
  const world = benchWorld(join(root, 'catalogues'));
  const numbers = listedNumbers(world);
  const files = sqliteFiles(world, join(directory, 'systems'));
  const index = `sqlite://${join(directory, 'index.sqlite')}`;
  const samples: Sample[] = [];
  if (options.kinds.some((kind) => kind !== 'mariadb')) {
    console.log('A hub reads the systems into its index');
    const urls = { land: `sqlite://${files.land}`, 'one-stop': `sqlite://${files['one-stop']}` };
    await fillIndex(urls, index, join(directory, 'hub'));
  }
  for (const kind of options.kinds) {
    if (kind !== 'mariadb') {
      samples.push(...(await measureKind({ kind, urls: { ...files, index }, numbers, options, pinned })));
      continue;
    }
    const mariadb = await startMariadb();
    try {
      if ('missing' in mariadb.service) {
        console.log(`mariadb is left out: ${mariadb.service.missing}`);
        continue;
      }
      const databases = await mariadbDatabases(world, mariadb.service);
      const store = await ownDatabase(mariadb.service);
      console.log('A hub reads the systems into its index');
      await fillIndex(databases.urls, store.url, join(directory, 'hub'));
      const urls = { ...databases.urls, index: store.url };
      samples.push(...(await measureKind({ kind, urls, numbers, options, pinned })));
      await databases.drop();
      await store.drop();
    } finally {
      await mariadb.stop();
    }
  }
  const summaries = summarise(samples);
  console.log(`\n${tableOf(summaries)}\n`);
  const file = join(directory, `result-${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}.json`);
  writeFileSync(file, JSON.stringify({ node: process.version, options, summaries, samples }, null, 2));
  console.log(`Every measurement: ${file}`);
}

/** Starts the servers in turn, holds their answers equal, warms them up and measures them round after round. */
async function measureKind(field: Field): Promise<readonly Sample[]> {
  const { kind, urls, options, pinned } = field;
  const servers = new Map<Contestant, BenchServer>();
  const answersFile = join(directory, 'answers.json');
  try {
    const answers = new Map<string, string>();
    // What only sends bytes sends the same ones whatever the source: measured once, beside the last.
    const contestants = options.contestants.filter((one) => one !== 'bare' || kind === options.kinds.at(-1));
    for (const contestant of contestants) {
      if (contestant === 'bare') writeFileSync(answersFile, JSON.stringify([...answers]));
      const server = await startServer(
        contestant,
        { kind, urls, directory: join(directory, 'hub'), answersFile },
        { pinned, logFile: join(directory, 'servers.log') },
      );
      servers.set(contestant, server);
      await holdEqual(contestant, server, answers, field);
    }
    const samples: Sample[] = [];
    for (const query of options.queries) {
      const requests = new Map<Contestant, number>();
      for (const [contestant, server] of servers) {
        requests.set(contestant, await warmUp(server, query, field));
        process.stdout.write(`\r${kind} ${query}: ${contestant} is warm   `);
      }
      for (let run = 0; run < options.runs; run += 1) {
        for (const contestant of rotated([...servers.keys()], run)) {
          const server = servers.get(contestant);
          if (server === undefined) continue;
          const amount = requests.get(contestant) ?? PROBES;
          samples.push(await measure(server, { contestant, query, run, field, requests: amount }));
        }
        process.stdout.write(`\r${kind} ${query}: run ${run + 1} of ${options.runs}   `);
      }
    }
    process.stdout.write('\n');
    return samples;
  } finally {
    for (const server of servers.values()) await server.close();
  }
}

/** @returns how many requests fill one measurement */
async function warmUp({ url }: BenchServer, query: QueryName, { numbers, options }: Field): Promise<number> {
  const { clients, seconds } = options;
  const bodies = requestsOf(query, numbers);
  const perSecond = async (requests: number): Promise<number> => {
    const result = await load({ url, bodies, clients, requests: Math.max(clients, Math.round(requests)) });
    return result.requests / result.seconds;
  };
  const first = await perSecond(PROBES);
  const rate = await perSecond(first * WARM_UP_SECONDS);
  return Math.max(Math.ceil(clients * 1.5), Math.round(rate * seconds));
}

async function measure(
  server: BenchServer,
  what: { contestant: Contestant; query: QueryName; run: number; field: Field; requests: number },
): Promise<Sample> {
  const { contestant, query, run, field, requests } = what;
  const { clients } = field.options;
  const before = server.cpuMs();
  const result = await load({ url: server.url, bodies: requestsOf(query, field.numbers), clients, requests });
  const cpuMs = (server.cpuMs() - before) / result.requests;
  const { p50, p99 } = result;
  return {
    kind: field.kind,
    query,
    contestant,
    run,
    requestsPerSecond: result.requests / result.seconds,
    p50,
    p99,
    cpuMs,
  };
}

/**
 * Every question is put to every server three times, since from the second time on it may be compiled code that answers.
 *
 * @throws Error when `data` is not the same bytes from all of them, or when an answer has errors
 */
async function holdEqual(
  contestant: Contestant,
  { url }: BenchServer,
  answers: Map<string, string>,
  { numbers, options }: Field,
): Promise<void> {
  for (const body of options.queries.flatMap((query) => requestsOf(query, numbers))) {
    for (let time = 0; time < 3; time += 1) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body,
      });
      const text = await response.text();
      const { data, errors } = JSON.parse(text) as { data?: unknown; errors?: unknown };
      if (!data || errors) throw new Error(`${contestant} answered with errors: ${text.slice(0, 500)}`);
      const { variables } = JSON.parse(body) as { variables: { id?: string; code?: string } };
      const key = variables.id ?? variables.code ?? COUNTER_LIST;
      const known = answers.get(key);
      const bytes = JSON.stringify(data);
      if (known === undefined) answers.set(key, JSON.stringify({ data }));
      else if (known !== JSON.stringify({ data })) throw new Error(difference(contestant, known, bytes));
    }
  }
}

function difference(contestant: Contestant, known: string, bytes: string): string {
  const came = `{"data":${bytes}}`;
  let place = 0;
  while (place < came.length && known[place] === came[place]) place += 1;
  const around = (text: string) => text.slice(Math.max(0, place - 80), place + 80);
  return `${contestant} answers other bytes than the first:\n${around(known)}\n${around(came)}`;
}

/** Each round begins with another server, so that none always has the first place. */
function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const start = by % Math.max(1, list.length);
  return [...list.slice(start), ...list.slice(0, start)];
}

await main();
