import { createRequire } from 'node:module';
import createKnex, { type Knex } from 'knex';
import type { DatabaseEngine, DatabaseOptions } from './engine.ts';
import { openMysql } from './mysql.ts';
import { openSqlite } from './sqlite.ts';
import { sqliteClient } from './sqlite-dialect.ts';

export type { Knex } from 'knex';
export type * from './engine.ts';

export interface Database extends DatabaseEngine {
  /** Builds statements, runs transactions and migrations. Opens nothing until its first statement. */
  readonly knex: Knex;
}

/**
 * A database by its URL: `sqlite:///absolute/path`, `sqlite::memory:`, `mysql://user:password@host:port/name`
 * (`mariadb://` is the same), with `?tls=verify` where the server's certificate is to be demanded and checked.
 *
 * Connects to nothing. Throws an Error for a URL that cannot be; its message does not repeat the URL.
 */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  if (url.startsWith('sqlite:')) {
    const sqlite = openSqlite(sqlitePath(url), options);
    return withKnex(sqlite, () =>
      createKnex({
        client: sqliteClient(knexSqlite(), sqlite),
        connection: { filename: '' },
        useNullAsDefault: true,
        acquireConnectionTimeout: 10_000,
        log: SILENT,
      }),
    );
  }
  const mysql = openMysql(url, options);
  return withKnex(mysql, () =>
    createKnex({ client: 'mysql2', connectionPool: mysql.pool as unknown as Knex.MySQLPoolLike, log: SILENT }),
  );
}

/** Knex logs failed connections with host and stack; whoever asked gets the error itself. */
const SILENT = { warn() {}, error() {}, debug() {}, deprecate() {} };

function withKnex(engine: DatabaseEngine, create: () => Knex): Database {
  let knex: Knex | undefined;
  let closing: Promise<void> | undefined;
  const { traits, query, faultOf } = engine;
  const close = async (): Promise<void> => {
    await knex?.destroy();
    await engine.close();
  };
  return {
    traits,
    query,
    faultOf,
    get knex() {
      knex ??= create();
      return knex;
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** Knex's own SQLite client knows the grammar; it is reached by path because knex exports it no other way. */
function knexSqlite(): typeof Knex.Client {
  return createRequire(import.meta.url)('knex/lib/dialects/sqlite3/index.js') as typeof Knex.Client;
}

function sqlitePath(url: string): string {
  if (url === 'sqlite::memory:') return ':memory:';
  const path = url.startsWith('sqlite:///') && URL.canParse(url) ? decodeURIComponent(new URL(url).pathname) : '';
  if (path === '' || path === '/') throw new Error('Expected sqlite:///absolute/path or sqlite::memory:');
  return path;
}
