import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SectorDeclaration } from '../../core/declaration.ts';
import { type DossierEvent, fromLogRecord, topicOf } from '../../core/event.ts';
import type { EventLog } from '../../core/event-log.ts';
import type { OpenSector } from '../../core/open-sector.ts';
import { createSeal } from '../../core/seal.ts';
import { type Database, openDatabase } from '../../drivers/database.ts';
import { openSectors, settingsPrefix } from '../../hub/sectors.ts';
import { kit } from '../../kit/index.ts';
import landSector from '../../sectors/land/sector.ts';
import { moveStatements } from '../../sectors/land/stand-in/moves.ts';
import { ddl, indexes } from '../../sectors/land/stand-in/tables.ts';
import { openStore, type Store } from '../../store/store.ts';
import { type Capture, createCapture } from '../../streams/capture/capture.ts';
import type { CaptureSettings } from '../../streams/capture/way.ts';
import { openEmbeddedLog } from '../../streams/logs/embedded.ts';
import { type MariadbService, ownDatabase } from '../services/mariadb.ts';

/** Short, since tests wait for them. */
export const QUICK: CaptureSettings = {
  LEASE_MS: 1_000,
  POLL_INTERVAL_MS: 50,
  LOOK_BACK_MS: 60_000,
  SWEEP_INTERVAL_MS: 50,
  MOST_DELETES: 5,
};

/** A store of the hub's and what capture writes into it. */
export interface CaptureStage {
  readonly store: Store;
  /** Of the store. */
  readonly url: string;
  /** Takes records as the real one does, unless it is told to fail. */
  readonly log: EventLog & { failure: null | 'refuses' | 'takes it and breaks off' };
  readonly warnings: { readonly message: string; readonly details: Readonly<Record<string, unknown>> }[];
  capture(sectors: readonly OpenSector[], settings?: Partial<CaptureSettings>, now?: () => number): Capture;
  /** Ends every capture, as the end of a test does. */
  closeCaptures(): Promise<void>;
  sector(id: string, declaration: SectorDeclaration, settings: Readonly<Record<string, string>>): OpenSector;
  /** What the log holds of a sector, in the order in which it was appended to each dossier. */
  events(sector: string): Promise<readonly DossierEvent[]>;
  /** Another database of the same kind. */
  anotherDatabase(): Promise<string>;
  close(): Promise<void>;
}

export type StoreKind = 'SQLite' | 'MariaDB';

export async function openCaptureStage(kind: StoreKind, service: MariadbService): Promise<CaptureStage> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-capture-'));
  const cleanUp: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  let databases = 0;
  const anotherDatabase = async (): Promise<string> => {
    databases += 1;
    if (kind === 'SQLite') return `sqlite://${join(directory, `${databases}.sqlite`)}`;
    const own = await ownDatabase(service);
    cleanUp.unshift(own.drop);
    return own.url;
  };
  const url = await anotherDatabase();
  const store = await openStore(url, { seal: createSeal(new Uint8Array(32)) });
  cleanUp.unshift(store.close);
  const { database } = store;
  const embedded = openEmbeddedLog({ database, partitions: 2, leaseMs: 1_000, now: Date.now });
  cleanUp.unshift(embedded.close);
  const log: CaptureStage['log'] = {
    ...embedded,
    failure: null,
    async append(topic, records) {
      if (log.failure === 'refuses') throw new Error('the log is away');
      await embedded.append(topic, records);
      if (log.failure !== null) throw new Error('the connection broke');
    },
  };
  const warnings: { message: string; details: Readonly<Record<string, unknown>> }[] = [];
  const warn = (message: string, details: Readonly<Record<string, unknown>> = {}) => {
    warnings.push({ message, details });
  };
  const captures: Capture[] = [];
  const closeCaptures = async (): Promise<void> => {
    await Promise.all(captures.splice(0).map((capture) => capture.close()));
  };
  cleanUp.unshift(closeCaptures);
  return {
    store,
    url,
    log,
    warnings,
    anotherDatabase,
    closeCaptures,
    capture(sectors, settings = {}, now = Date.now) {
      const capture = createCapture({
        ...{ sectors, database, log, now, warn },
        settings: { ...QUICK, ...settings },
        holder: 'test',
      });
      captures.push(capture);
      capture.start();
      return capture;
    },
    sector(id, declaration, settings) {
      const faults: string[] = [];
      const environment = Object.fromEntries(
        Object.entries(settings).map(([name, value]) => [settingsPrefix(id) + name, value]),
      );
      const found = [{ id, folder: id, declaration, sdl: '' }];
      const [sector] = openSectors(found, { environment, faults, warn });
      if (sector === undefined) throw new Error(faults.join('\n'));
      for (const { source } of sector.sources.values()) cleanUp.unshift(() => source.close());
      return sector;
    },
    async events(sector) {
      const rows = await database.query(
        'select record_key, headers, value from log_record where topic = ? order by part, record_offset',
        [topicOf(sector)],
      );
      return rows.map((row) =>
        fromLogRecord({
          key: String(row.record_key),
          headers: JSON.parse(String(row.headers)),
          value: String(row.value),
        }),
      );
    },
    async close() {
      for (const clean of cleanUp) await clean();
    },
  };
}

/** The land office's database with no dossiers, and the office at work in it. */
export interface LandOffice {
  readonly database: Database;
  readonly url: string;
  /** Folder under which it is declared; another one after every `empty`, so that nothing of before is known. */
  readonly id: string;
  readonly sector: OpenSector;
  /** Takes all dossiers out and begins anew. */
  empty(): Promise<void>;
  close(): Promise<void>;
  /** @param at UTC milliseconds */
  receive(codes: readonly string[], at: number): Promise<void>;
  move(code: string, status: number, at: number): Promise<void>;
  remove(codes: readonly string[]): Promise<void>;
}

export async function openLandOffice(stage: CaptureStage): Promise<LandOffice> {
  const url = await stage.anotherDatabase();
  const database = openDatabase(url);
  const { knex } = database;
  for (const statement of [...ddl, ...indexes]) await knex.raw(statement);
  let begun = 0;
  const open = () => stage.sector(`land-${begun}`, landSector(kit), { DATABASE_URL: url, RETRIES: '0' });
  let sector = open();
  return {
    database,
    url,
    get id() {
      return sector.id;
    },
    get sector() {
      return sector;
    },
    async empty() {
      for (const table of ['HS_HOSO', 'HS_LUANCHUYEN', 'HS_KETQUA']) await knex(table).delete();
      begun += 1;
      sector = open();
    },
    async receive(codes, at) {
      const rows = codes.map((code) => ({
        SOBIENNHAN: code,
        MATHUTUC: '1.012753',
        MATRANGTHAI: 20,
        NGAYTIEPNHAN: written(at),
        NGAYCAPNHAT: written(at),
        HOTEN: 'Nguyễn Văn Hoà',
        BANGMA: 'UNICODE',
      }));
      for (let from = 0; from < rows.length; from += 200) await knex('HS_HOSO').insert(rows.slice(from, from + 200));
    },
    async move(code, status, at) {
      await knex.transaction(async (trx) => {
        for (const { sql, bindings } of moveStatements({ code, status, at })) await trx.raw(sql, bindings as string[]);
      });
    },
    async remove(codes) {
      await knex('HS_HOSO').whereIn('SOBIENNHAN', codes).delete();
    },
    close: database.close,
  };
}

/** As the land office writes times: in UTC and without saying so. */
export function written(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

export async function until(
  holds: () => Promise<boolean> | boolean,
  options: { what: string; withinMs?: number } = { what: 'it' },
): Promise<void> {
  const { what, withinMs = 8_000 } = options;
  for (const end = performance.now() + withinMs; performance.now() < end; await delay(20)) if (await holds()) return;
  throw new Error(`waited in vain until ${what}`);
}

/**
 * Each event once, as the readers of a log count it: a process that loses its lease between the log and the outbox leaves
 * what it carried to the next one, which carries it again. An event under the id of another is no repetition and stays.
 */
export function countedOnce(events: readonly DossierEvent[]): readonly DossierEvent[] {
  return [...new Map(events.map((event) => [JSON.stringify(event), event])).values()];
}

/** Of each dossier, in the order of the log: `code → versions`. */
export function versionsByCode(events: readonly DossierEvent[]): Readonly<Record<string, readonly number[]>> {
  const byCode = Map.groupBy(events, ({ code }) => code);
  return Object.fromEntries([...byCode].map(([code, own]) => [code, own.map(({ version }) => version)]));
}
