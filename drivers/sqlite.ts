import { statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { Binding, DatabaseEngine, DatabaseFault, DatabaseOptions, DatabaseRow, DatabaseTraits } from './engine.ts';

/**
 * SQLite inside this process. Statements run synchronously, so nothing else runs meanwhile: right for what is small
 * and embedded. Waiting for another process's lock is the one thing that must not block, hence the retries below
 * instead of SQLite's own busy timeout.
 */
export interface SqliteEngine extends DatabaseEngine {
  /** Opens a connection that may write, unless the database is read-only; `:memory:` has a single one. */
  connect(): SqliteConnection;
  /** Runs work again while another process holds the file. */
  whileBusy<T>(work: () => T, signal?: AbortSignal): T | Promise<T>;
}

export interface SqliteResult {
  readonly rows: DatabaseRow[];
  readonly changes: number | string;
  readonly lastId: number | string;
}

export interface SqliteConnection {
  all(sql: string, bindings: readonly Binding[]): DatabaseRow[];
  /** Runs any one statement; throws for several in one text, since SQLite would ignore all but the first. */
  run(sql: string, bindings: readonly Binding[]): SqliteResult;
  close(): void;
}

const TRAITS: DatabaseTraits = {
  name: 'sqlite',
  mostBindings: 32_766,
  skipLocked: false,
  cancels: false,
  ping: 'select count(*) as tables from sqlite_master',
};

/** Prepared statements a connection keeps; preparing one costs several times what running it does. */
const MOST_STATEMENTS = 500;
/** Pages of 4 KiB that gather in the journal before they are moved into the file. */
const CHECKPOINT_PAGES = 8_000;
/** What a writer may keep of the file in memory. */
const CACHE_KIB = 65_536;
/** How often a read-only file is looked at, to notice that a newer one took its place. */
const LOOK_EVERY_MS = 1_000;
const BUSY = 5;
/** Results of sqlite3: the file is damaged, or is no database. */
const CORRUPT = 11;
const NOT_A_DATABASE = 26;
const SQL_ERROR = 1;

export function openSqlite(path: string, options: DatabaseOptions = {}): SqliteEngine {
  const { readOnly = false, busyMs = 5_000, durable = false } = options;
  const inMemory = path === ':memory:';
  let shared: SqliteConnection | undefined;
  let reader: SqliteConnection | undefined;
  let identity = '';
  let lookedAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  const connect = (): SqliteConnection => {
    if (closed) throw new Error('The database is closed');
    if (!inMemory) return openConnection(path, { readOnly, durable });
    // A second connection to memory would be a second, empty database.
    shared ??= openConnection(path, { readOnly: false, durable });
    return { all: shared.all, run: shared.run, close() {} };
  };
  const readerNow = (): SqliteConnection => {
    if (closed) throw new Error('The database is closed');
    if (inMemory) reader ??= connect();
    else if (readOnly && performance.now() - lookedAt > LOOK_EVERY_MS) {
      lookedAt = performance.now();
      const now = fileIdentity(path);
      if (now !== identity) {
        // Read through the old descriptor, a replaced file would answer for ever with yesterday's rows.
        reader?.close();
        reader = undefined;
        identity = now;
      }
    }
    reader ??= openConnection(path, { readOnly: true, durable: false });
    return reader;
  };
  const whileBusy = <T>(work: () => T, signal?: AbortSignal): T | Promise<T> => {
    try {
      return work();
    } catch (error) {
      if (resultOf(error) !== BUSY) throw error;
      return retry(work, busyMs, signal);
    }
  };
  return {
    traits: TRAITS,
    connect,
    whileBusy,
    query: async (sql, bindings = [], { signal } = {}) => {
      signal?.throwIfAborted();
      return whileBusy(() => readerNow().all(sql, bindings), signal);
    },
    faultOf,
    close: async () => {
      closed = true;
      reader?.close();
      shared?.close();
    },
  };
}

async function retry<T>(work: () => T, busyMs: number, signal: AbortSignal | undefined): Promise<T> {
  const until = performance.now() + busyMs;
  for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, 50)) {
    await delay(waitMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
    try {
      return work();
    } catch (error) {
      if (resultOf(error) !== BUSY || performance.now() > until) throw error;
    }
  }
}

interface Prepared {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
  /** Running it twice does no harm. */
  readonly repeatable: boolean;
  /** Its integers are read as bigint, because one of them did not fit a number. */
  big: boolean;
}

function openConnection(
  path: string,
  { readOnly, durable }: { readOnly: boolean; durable: boolean },
): SqliteConnection {
  const database = new DatabaseSync(path, { readOnly, timeout: 0 });
  const prepared = new Map<string, Prepared>();
  let closed = false;
  // The journal's mode is kept in the file: readers no longer wait for a writer. A reader cannot set it and does not
  // have to. Each checkpoint waits for the disk, and at SQLite's own 4 MB a stream of changes would wait all the time.
  if (!readOnly && path !== ':memory:') {
    database.exec(`pragma journal_mode = wal; pragma synchronous = ${durable ? 'full' : 'normal'}`);
    database.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}; pragma cache_size = -${CACHE_KIB}`);
  }

  const prepare = (sql: string, bindings: readonly Binding[]): Prepared => {
    // An object in the first place would be taken for a set of named values and the rest would move up.
    const [first = null] = bindings;
    if (typeof first === 'object' && first !== null && !ArrayBuffer.isView(first)) {
      throw new TypeError('A value that is an object cannot be bound');
    }
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    if (/\S/.test(sql.slice(statement.sourceSQL.length))) throw new Error('One statement at a time is allowed');
    const repeatable = /^\s*select\b/i.test(sql);
    const made = { statement, returnsRows: statement.columns().length > 0, repeatable, big: !repeatable };
    statement.setReadBigInts(made.big);
    if (prepared.size >= MOST_STATEMENTS) prepared.delete(prepared.keys().next().value ?? '');
    prepared.set(sql, made);
    return made;
  };
  const rowsOf = (made: Prepared, bindings: readonly Binding[]): DatabaseRow[] => {
    if (!made.big) {
      try {
        return made.statement.all(...bindings);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ERR_OUT_OF_RANGE' || !made.repeatable) throw error;
        made.big = true;
        made.statement.setReadBigInts(true);
      }
    }
    return made.statement.all(...bindings).map(withoutBigInts);
  };
  return {
    all: (sql, bindings) => rowsOf(prepare(sql, bindings), bindings),
    run: (sql, bindings) => {
      const made = prepare(sql, bindings);
      if (made.returnsRows) return { rows: rowsOf(made, bindings), changes: 0, lastId: 0 };
      const { changes, lastInsertRowid } = made.statement.run(...bindings);
      return { rows: [], changes: plain(changes), lastId: plain(lastInsertRowid) };
    },
    close: () => {
      if (!closed) database.close();
      closed = true;
    },
  };
}

/** Integers beyond 2^53 become text: a number would be another one, a bigint does not fit JSON. */
function plain(value: number | bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function withoutBigInts(row: DatabaseRow): DatabaseRow {
  for (const column of Object.keys(row)) {
    const value = row[column];
    if (typeof value === 'bigint') row[column] = plain(value);
  }
  return row;
}

function fileIdentity(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.dev}:${stat.ino}`;
}

function resultOf(error: unknown): number {
  // Extended results hold the plain one in their low byte.
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
}

function faultOf(error: unknown): DatabaseFault {
  if (![SQL_ERROR, CORRUPT, NOT_A_DATABASE].includes(resultOf(error))) return { kind: 'unreachable' };
  const name = /no such (?:column|table): ([^\s,]+)/.exec((error as Error).message)?.[1];
  return { kind: 'schema', name };
}
