import {
  type ConnectionOptions,
  createConnection,
  createPool,
  type Pool,
  type PoolConnection,
  type PoolOptions,
} from 'mysql2';
import type { Binding, DatabaseEngine, DatabaseFault, DatabaseOptions, DatabaseRow, DatabaseTraits } from './engine.ts';

/** MySQL or MariaDB through one pool, which knex shares. */
export interface MysqlEngine extends DatabaseEngine {
  readonly pool: Pool;
}

const TRAITS: DatabaseTraits = {
  name: 'mysql',
  mostBindings: 65_535,
  skipLocked: true,
  cancels: true,
  ping: 'select 1 as one',
};

/** Reads that may wait for a connection; more means the server cannot follow. */
const MOST_WAITING = 1_000;
/** Abandoned statements that may wait to be ended on the server. */
const MOST_TO_END = 100;
/** Most milliseconds a polite goodbye may take. */
const GOODBYE_MS = 1_000;

/**
 * The text protocol escapes values with backslashes. A server in the mode that takes a backslash for a plain character
 * would read a quote in a value as the end of it, so the mode is switched off for the session.
 */
const SAFE_ESCAPES = "set session sql_mode = replace(@@session.sql_mode, 'NO_BACKSLASH_ESCAPES', '')";

export function openMysql(url: string, options: DatabaseOptions = {}): MysqlEngine {
  const settings = settingsOf(url, options);
  const open = new Set<PoolConnection>();
  const running = new Set<(reason: unknown) => void>();
  const pool = createPool(settings);
  const end = statementEnder(settings);
  let closing: Promise<void> | undefined;
  pool.on('connection', (connection: PoolConnection) => {
    open.add(connection);
    connection.on('end', () => open.delete(connection));
    // An error event without a listener ends the process, and mysql2 listens for the first one only.
    connection.on('error', () => open.delete(connection));
    connection.query(SAFE_ESCAPES, (error) => {
      if (error !== null) connection.destroy();
    });
  });
  return {
    pool,
    traits: TRAITS,
    query: (sql, bindings = [], { signal } = {}) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        let used: PoolConnection | undefined;
        let settled = false;
        const settle = (): boolean => {
          if (settled) return false;
          settled = true;
          running.delete(cancel);
          signal?.removeEventListener('abort', abort);
          return true;
        };
        // A destroyed connection never calls back, so whoever waits for it is told here.
        const cancel = (reason: unknown): void => {
          if (!settle()) return;
          if (used !== undefined) {
            open.delete(used);
            used.destroy();
            if (closing === undefined) end(used.threadId);
          }
          reject(reason);
        };
        const abort = (): void => cancel(signal?.reason);
        running.add(cancel);
        signal?.addEventListener('abort', abort, { once: true });
        pool.getConnection((error, connection) => {
          if (settled) {
            connection?.release();
            return;
          }
          if (error) {
            settle();
            reject(error);
            return;
          }
          used = connection;
          connection.query({ sql, values: bindings as Binding[] }, (failure, rows) => {
            if (!settle()) return;
            connection.release();
            if (failure === null) resolve(rows as DatabaseRow[]);
            else reject(failure);
          });
        });
      }),
    faultOf,
    close: () => {
      closing ??= closePool(pool, open).then(() => {
        for (const cancel of running) cancel(new Error('The database is closed'));
      });
      return closing;
    },
  };
}

async function closePool(pool: Pool, open: Set<PoolConnection>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, GOODBYE_MS);
  });
  await Promise.race([new Promise<void>((resolve) => pool.end(() => resolve())), late]);
  clearTimeout(timer);
  // A server that hangs never says goodbye.
  for (const connection of open) connection.destroy();
}

/**
 * Ends abandoned statements on the server. Closing the socket frees us, but the server notices only when it writes: a
 * slow scan or a wait for a lock would go on and fill its connections, the more so the slower it is. So their sessions
 * are killed through a connection of its own, one at a time; only sessions of the same user and database, because behind
 * a load balancer the number may belong to somebody else. What fails here is left to the server's own limits.
 */
function statementEnder(settings: PoolOptions): (session: number) => void {
  const waiting: number[] = [];
  let running = false;
  const run = (): void => {
    const ids = waiting.splice(0);
    running = ids.length > 0;
    if (!running) return;
    const { connectTimeout = GOODBYE_MS } = settings;
    const connection = createConnection(connectionSettings(settings));
    const timer = setTimeout(() => finish(), connectTimeout + GOODBYE_MS);
    let finished = false;
    const finish = (): void => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      connection.destroy();
      run();
    };
    connection.on('error', finish);
    const mine =
      "select id from information_schema.processlist where id in (?) and user = substring_index(user(), '@', 1)";
    connection.query(`${mine} and db <=> database()`, [ids], (error, rows) => {
      if (error !== null) return finish();
      for (const { id } of rows as { id: number | string }[]) connection.query(`kill ${Number(id)}`, () => {});
      connection.query('select 1', finish);
    });
  };
  return (session) => {
    if (waiting.length >= MOST_TO_END || !Number.isSafeInteger(session)) return;
    waiting.push(session);
    if (!running) run();
  };
}

function connectionSettings(settings: PoolOptions): ConnectionOptions {
  const { connectionLimit, queueLimit, ...rest } = settings;
  return rest;
}

/** What one connection past the pool needs. Throws as `openMysql` does for a URL that cannot be. */
export function mysqlConnection(url: string, options: DatabaseOptions = {}): ConnectionOptions {
  return connectionSettings(settingsOf(url, options));
}

function settingsOf(url: string, options: DatabaseOptions): PoolOptions {
  const { connections = 10, connectMs = 3_000 } = options;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['mysql:', 'mariadb:'].includes(parsed.protocol) || parsed.hostname === '') {
    throw new Error('Expected mysql://user:password@host:port/name');
  }
  const unknown = [...parsed.searchParams].find(([name, value]) => name !== 'tls' || value !== 'verify');
  if (unknown !== undefined) throw new Error(`The database URL takes no parameter but tls=verify; came ${unknown[0]}`);
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || 3306),
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database: decodeURIComponent(parsed.pathname.slice(1)),
    ...(parsed.searchParams.size > 0 && { ssl: { rejectUnauthorized: true } }),
    charset: 'utf8mb4',
    // A number or a Date would lose what it cannot hold: big integers, decimals, zero dates, the day in another zone.
    supportBigNumbers: true,
    bigNumberStrings: true,
    decimalNumbers: false,
    dateStrings: true,
    jsonStrings: true,
    multipleStatements: false,
    stringifyObjects: true,
    connectionLimit: connections,
    queueLimit: MOST_WAITING,
    connectTimeout: connectMs,
  };
}

/** Errors of MySQL and MariaDB that say the statement does not fit the schema. */
const SCHEMA_ERRORS: readonly string[] = [
  'ER_BAD_FIELD_ERROR',
  'ER_NO_SUCH_TABLE',
  'ER_BAD_TABLE_ERROR',
  'ER_PARSE_ERROR',
  'ER_NON_UNIQ_ERROR',
  'ER_WRONG_FIELD_WITH_GROUP',
];

function faultOf(error: unknown): DatabaseFault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // Illegal mix of collations: a column in latin1 or ascii against a value with other letters.
  if (/^ER_CANT_AGGREGATE_(2|3|N)COLLATIONS$/.test(code)) return { kind: 'text' };
  if (!SCHEMA_ERRORS.includes(code)) return { kind: 'unreachable' };
  return { kind: 'schema', name: /'([^']+)'/.exec((error as Error).message)?.[1] };
}
