import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, inject } from 'vitest';
import { loadCatalogues } from '../../catalogues/catalogue.ts';
import type { DossierStatusNumber, DossierView } from '../../core/dossier.ts';
import { type DossierEvent, eventId, toLogRecord, topicOf } from '../../core/event.ts';
import { createSeal } from '../../core/seal.ts';
import type { Database } from '../../drivers/database.ts';
import { openStore } from '../../store/store.ts';
import { createProjector, type ProjectOptions, type Projector } from '../../streams/project.ts';
import { ownDatabase } from '../services/mariadb.ts';
import { createMemoryLog, type MemoryLog } from '../streams/memory-log.ts';

export const DAY = 86_400_000;
export const NOW = Date.UTC(2026, 9, 8, 3);
export const SECTORS = [
  { id: 'one-stop', role: 'reception' },
  { id: 'land', role: 'course' },
] as const;
/** What projection writes. */
export const TABLES = [
  ...['consumer_position', 'dossier_event', 'dossier_view', 'dossier', 'dossier_number', 'dossier_sector'],
  ...['dossier_word', 'delivery'],
];
const catalogues = loadCatalogues(new URL('../../catalogues', import.meta.url).pathname);

/** A store with a log before it, and a clock that a test sets. */
export interface Stage {
  readonly database: Database;
  readonly log: MemoryLog;
  readonly clock: { now: number };
  readonly warnings: { readonly message: string; readonly details: unknown }[];
  readonly options: ProjectOptions;
  /** Starts a projector, lets it read all there is, stops it. */
  project(): Promise<void>;
  projector(options?: Partial<ProjectOptions> & { onApplied?: () => void }): Projector;
  /** As new: tables and log without a row, the clock at NOW. */
  empty(): Promise<void>;
  /** A second store beside this one, before the same log. */
  fresh(): Promise<Stage>;
  close(): Promise<void>;
}

/** Runs a suite on each database that the hub's store can be. */
export function onEachStore(title: string, suite: (open: (log?: MemoryLog) => Promise<Stage>) => void): void {
  const service = inject('mariadb');
  const missing = 'missing' in service ? ` (${service.missing})` : '';
  describe(`${title}, on SQLite`, () => suite((log) => openSqlite(log)));
  describe.skipIf(missing !== '')(`${title}, on MariaDB${missing}`, () => suite((log) => openMariadb(log)));
}

async function openSqlite(log?: MemoryLog): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'index-'));
  return openStage(`sqlite://${join(folder, 'hub.sqlite')}`, openSqlite, () => rm(folder, { recursive: true }), log);
}

async function openMariadb(log?: MemoryLog): Promise<Stage> {
  const place = await ownDatabase(inject('mariadb'));
  return openStage(place.url, openMariadb, place.drop, log);
}

async function openStage(
  url: string,
  again: (log: MemoryLog) => Promise<Stage>,
  drop: () => Promise<void>,
  log = createMemoryLog(),
): Promise<Stage> {
  const store = await openStore(url, { seal: createSeal(new Uint8Array(32)) });
  const { database } = store;
  const clock = { now: NOW };
  const warnings: { message: string; details: unknown }[] = [];
  const options: ProjectOptions = {
    ...{ database, log, catalogues, sectors: SECTORS },
    now: () => clock.now,
    warn: (message, details) => warnings.push({ message, details }),
  };
  const projector: Stage['projector'] = (more = {}) => createProjector({ ...options, ...more });
  return {
    ...{ database, log, clock, warnings, options, projector },
    project: async () => {
      const one = projector();
      await one.start();
      await one.caughtUp();
      await one.close();
    },
    empty: async () => {
      for (const table of TABLES) await database.knex(table).delete();
      await database.knex('feed').update({ next_seq: 1 });
      for (const partitions of log.topics.values()) {
        for (const records of partitions as unknown[][]) records.length = 0;
      }
      clock.now = NOW;
      warnings.length = 0;
    },
    fresh: () => again(log),
    close: async () => {
      await store.close();
      await drop();
    },
  };
}

export interface EventSpec {
  readonly sector?: string;
  readonly code?: string;
  readonly version?: number;
  readonly at?: number;
  readonly status?: DossierStatusNumber | null;
  /** Null: deleted. */
  readonly view?: Partial<DossierView> | null;
  readonly faults?: DossierEvent['faults'];
}

export const CODE = 'H41.07-261001-0001';

/** An event of a sector about a dossier. */
export function event(spec: EventSpec = {}): DossierEvent {
  const { sector = 'one-stop', code = CODE, version = 1, view = {}, faults = [] } = spec;
  const at = spec.at ?? NOW - DAY + version * 1_000;
  const { status = 4 } = spec;
  const stated = status === null ? { code: 'odd', title: 'Lạ', number: null } : statusOf(status);
  return {
    ...{ id: eventId(sector, code, version), sector, code, version, faults },
    ...{ change: view === null ? 'delete' : 'upsert', occurredAt: at, recordedAt: at + 10, sourcePosition: null },
    way: 'poll',
    view: view === null ? null : { code, status: stated, statusAt: at, ...view },
  };
}

function statusOf(number: DossierStatusNumber): { code: string; title: string; number: DossierStatusNumber } {
  return { code: `s${number}`, title: `Trạng thái ${number}`, number };
}

/** Puts events into the partitions of their topics, by their code's last digit. */
export function tell({ log }: Stage, ...events: readonly DossierEvent[]): void {
  for (const one of events) log.put(topicOf(one.sector), Number(one.code.at(-1)) % 2, [toLogRecord(one)]);
}

/** Rows of a table as they are, apart from when they were written. */
export async function rowsOf(
  { database }: Stage,
  table: string,
  ...leftOut: readonly string[]
): Promise<Record<string, unknown>[]> {
  const rows = (await database.knex(table).select('*')) as Record<string, unknown>[];
  const plain = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([name]) => !leftOut.includes(name))
        .map(([name, value]) => [name, /^-?\d{1,15}$/.test(String(value)) ? Number(value) : value]),
    ),
  );
  return plain.sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
}
