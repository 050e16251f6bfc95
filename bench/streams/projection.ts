import { fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalogues } from '../../catalogues/catalogue.ts';
import { toLogRecord, topicOf } from '../../core/event.ts';
import { createSeal } from '../../core/seal.ts';
import type { Database } from '../../drivers/database.ts';
import { openStore } from '../../store/store.ts';
import { createProjector } from '../../streams/project.ts';
import { type MariadbService, ownDatabase } from '../../test/services/mariadb.ts';
import { createMemoryLog, type MemoryLog } from '../../test/streams/memory-log.ts';
import { madeUpEvents, SECTOR } from './events.ts';

export interface ProjectionSample {
  /** Events a second. */
  readonly projection: number;
  readonly bare: number;
}

/** A statement that projection sent. */
export interface Statement {
  readonly sql: string;
  readonly bindings: readonly (string | number | null)[];
}

/** Everything that projection writes, and that a round begins without. */
const TABLES = [
  ...['consumer_position', 'dossier_event', 'dossier_view', 'dossier_lock', 'dossier', 'dossier_number'],
  ...['dossier_sector', 'dossier_word', 'delivery'],
];
/** Longest a round may take. */
const MOST_MS = 300_000;

/**
 * Projection of events that lie in memory, beside the statements by which it wrote the same rows, sent by bare mysql2 in
 * transactions of the same size: the same tables and indexes, but nothing read, locked, compared or worked out.
 */
export async function measureProjection(
  service: MariadbService,
  { events, rounds, told }: { events: number; rounds: number; told: (line: string) => void },
): Promise<readonly ProjectionSample[]> {
  const place = await ownDatabase(service);
  const { database, close } = await openStore(place.url, { seal: createSeal(new Uint8Array(32)) });
  const folder = await mkdtemp(join(tmpdir(), 'bench-projection-'));
  let bare: BareWriter | undefined;
  try {
    const log = createMemoryLog(1);
    log.put(topicOf(SECTOR.id), 0, [...madeUpEvents(0, events)].map(toLogRecord));
    await empty(database);
    const statements = join(folder, 'statements');
    await record(database, statements, () => project(database, log));
    const rowsOfProjection = await countRows(database);
    await empty(database);
    bare = startBareWriter(place.url, statements);
    await bare.write();
    const rowsOfBare = await countRows(database);
    if (rowsOfProjection !== rowsOfBare) throw new Error('Both ways must end with the same rows');
    const samples: ProjectionSample[] = [];
    for (let round = 0; round < rounds; round++) {
      const seconds = { projection: 0, bare: 0 };
      const turns = ['projection', 'bare'] as const;
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) {
        await empty(database);
        seconds[turn] = turn === 'bare' ? await bare.write() : await project(database, log);
      }
      const sample = { projection: events / seconds.projection, bare: events / seconds.bare };
      samples.push(sample);
      told(`projection ${Math.round(sample.projection)}/s, bare mysql2 ${Math.round(sample.bare)}/s`);
    }
    return samples;
  } finally {
    bare?.close();
    await close();
    await place.drop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns seconds */
async function project(database: Database, log: MemoryLog): Promise<number> {
  const news = new EventEmitter();
  let appliedAt = 0;
  const projector = createProjector({
    ...{ database, log, sectors: [SECTOR], now: Date.now, catalogues },
    warn: (message) => news.emit('error', new Error(message)),
    onApplied: () => {
      appliedAt = performance.now();
    },
  });
  const failed = new Promise<never>((_, reject) => news.once('error', reject));
  failed.catch(() => {});
  const startedAt = performance.now();
  await projector.start();
  const late = AbortSignal.timeout(MOST_MS);
  const overdue = new Promise<never>((_, reject) => late.addEventListener('abort', () => reject(late.reason)));
  overdue.catch(() => {});
  await Promise.race([projector.caughtUp(), failed, overdue]);
  await projector.close();
  // Until the last commit: being caught up is noticed some time later.
  return (appliedAt - startedAt) / 1_000;
}

/** Writes into a file what was written into the database meanwhile: a line for each transaction. */
async function record(database: Database, file: string, work: () => Promise<unknown>): Promise<void> {
  const lines = openSync(file, 'w');
  let open: Statement[] = [];
  const hear = ({ sql, bindings = [] }: { sql: string; bindings?: Statement['bindings'] }) => {
    if (/^(?:insert|update|delete)\b/i.test(sql)) open.push({ sql, bindings });
    else if (/^commit\b/i.test(sql)) {
      if (open.length > 0) writeSync(lines, `${JSON.stringify(open)}\n`);
      open = [];
    }
  };
  database.knex.on('query', hear);
  await work();
  database.knex.removeListener('query', hear);
  closeSync(lines);
}

interface BareWriter {
  /** @returns seconds */
  write(): Promise<number>;
  close(): void;
}

function startBareWriter(url: string, file: string): BareWriter {
  const child = fork(join(import.meta.dirname, 'bare-writer.ts'), [url, file]);
  return {
    write: async () => {
      const answered = once(child, 'message', { signal: AbortSignal.timeout(MOST_MS) });
      child.send('write');
      const [{ seconds, failure }] = (await answered) as [{ seconds?: number; failure?: string }];
      if (seconds === undefined) throw new Error(`The bare writer failed: ${failure}`);
      return seconds;
    },
    close: () => child.disconnect(),
  };
}

async function empty({ knex }: Database): Promise<void> {
  for (const table of TABLES) await knex.raw('truncate table ??', [table]);
  await knex('feed').update({ next_seq: 1 });
}

async function countRows({ knex }: Database): Promise<string> {
  const counts = await Promise.all(
    TABLES.map(async (table) => `${table} ${(await knex(table).count({ rows: '*' }))[0]?.rows}`),
  );
  return counts.join(', ');
}

const catalogues = loadCatalogues(new URL('../../catalogues', import.meta.url).pathname);
