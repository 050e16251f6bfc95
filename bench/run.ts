import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../stand-ins/world/types.ts';
import { ownDatabase, startMariadb } from '../test/services/mariadb.ts';
import { type Askers, openAskers } from './askers.ts';
import type { SourceKind } from './by-hand/reader.ts';
import { holdEqual } from './hold-equal.ts';
import type { LoadResult } from './load.ts';
import { type BenchOptions, type Contestant, readOptions } from './options.ts';
import { type BenchServer, leaveServerCore, load, startServer } from './processes.ts';
import { isAsked, type QueryName, requestsOf, type Subjects } from './queries.ts';
import { type Sample, summarise, tableOf } from './report.ts';
import { type BenchUrls, benchWorld, mariadbDatabases, sqliteFiles } from './tables/databases.ts';
import { fillIndex } from './tables/filled-index.ts';
import { jointDossier, listedDossiers } from './tables/one-stop-rows.ts';

/**
 * `npm run bench`: the same questions, the same data, the same answers from several servers side by side, each in a process
 * of its own on a core of its own. Prints a table and writes every measurement to data/bench/.
 */
const root = join(import.meta.dirname, '..');
const directory = join(root, 'data', 'bench');
/** Requests that find out how quick a server is. */
const PROBES = 24;
/** The engine goes on compiling for thousands of requests: measured sooner, the larger program looks slower than it is. */
const WARM_UP_SECONDS = 4;

interface Field {
  readonly kind: SourceKind;
  readonly urls: BenchUrls;
  readonly subjects: Subjects;
  readonly askers: Askers;
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
  const subjects = subjectsOf(world);
  const askers = await openAskers(join(directory, 'askers'));
  // The log of a run before would be another's.
  rmSync(join(directory, 'hub', 'log'), { recursive: true, force: true });
  const field = { subjects, askers, options, pinned };
  const files = sqliteFiles(world, join(directory, 'two-systems'));
  const index = `sqlite://${join(directory, 'index.sqlite')}`;
  const samples: Sample[] = [];
  if (options.kinds.some((kind) => kind !== 'mariadb')) {
    console.log('A hub reads the systems into its index');
    const urls = { land: `sqlite://${files.land}`, 'one-stop': `sqlite://${files['one-stop']}` };
    await fillIndex(urls, index, join(directory, 'hub'));
  }
  for (const kind of options.kinds) {
    if (kind !== 'mariadb') {
      samples.push(...(await measureKind({ ...field, kind, urls: { ...files, index } })));
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
      samples.push(...(await measureKind({ ...field, kind, urls })));
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
  const { kind, urls, options, pinned, askers, subjects } = field;
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
        { kind, urls, directory: join(directory, 'hub'), answersFile, keysFile: askers.keysFile },
        { pinned, logFile: join(directory, 'servers.log') },
      );
      servers.set(contestant, server);
      const asked = options.queries.filter((query) => isAsked(query, contestant));
      const requests = asked.flatMap((query) => requestsOf(query, subjects));
      await holdEqual({ contestant, server, askers }, requests, answers);
    }
    const samples: Sample[] = [];
    for (const query of options.queries) {
      const amounts = new Map<Contestant, number>();
      const asked = [...servers].filter(([contestant]) => isAsked(query, contestant));
      for (const [contestant, server] of asked) {
        amounts.set(contestant, await warmUp(server, { contestant, query, field }));
        process.stdout.write(`\r${kind} ${query}: ${contestant} is warm   `);
      }
      for (let run = 0; run < options.runs; run += 1) {
        for (const [contestant, server] of rotated(asked, run)) {
          const amount = amounts.get(contestant) ?? PROBES;
          samples.push(await measure(server, { contestant, query, run, field, amount }));
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

interface Ask {
  readonly contestant: Contestant;
  readonly query: QueryName;
  readonly field: Field;
}

/** @returns how many requests fill one measurement */
async function warmUp(server: BenchServer, ask: Ask): Promise<number> {
  const { clients, seconds } = ask.field.options;
  const perSecond = async (amount: number): Promise<number> => {
    const result = await put(server, ask, Math.max(clients, Math.round(amount)));
    return result.requests / result.seconds;
  };
  const first = await perSecond(PROBES);
  const rate = await perSecond(first * WARM_UP_SECONDS);
  return Math.max(Math.ceil(clients * 1.5), Math.round(rate * seconds));
}

async function measure(server: BenchServer, what: Ask & { run: number; amount: number }): Promise<Sample> {
  const { contestant, query, run, field, amount } = what;
  const before = server.cpuMs();
  const { requests, seconds, p50, p99 } = await put(server, what, amount);
  const cpuMs = (server.cpuMs() - before) / requests;
  return { kind: field.kind, query, contestant, run, requestsPerSecond: requests / seconds, p50, p99, cpuMs };
}

async function put({ url }: BenchServer, { contestant, query, field }: Ask, amount: number): Promise<LoadResult> {
  const { askers, subjects, options } = field;
  const requests = await Promise.all(
    requestsOf(query, subjects).map(async (request) => ({
      body: request.body,
      headers: await askers.headersFor(contestant, request),
    })),
  );
  return load({ url, requests, clients: options.clients, amount });
}

function subjectsOf(world: World): Subjects {
  const counts = new Map<string, number>();
  for (let index = 0; index < world.counts.dossiers; index += 1) {
    const { code } = world.dossier(index).agency;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const [[agency] = ['']] = [...counts].sort((one, other) => other[1] - one[1]);
  return { agency, jointDossier: jointDossier(world), dossiers: listedDossiers(world) };
}

/** Each round begins with another server, so that none always has the first place. */
function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const start = by % Math.max(1, list.length);
  return [...list.slice(start), ...list.slice(0, start)];
}

await main();
