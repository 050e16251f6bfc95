/** Fills an SQLite file quickly: prepared statements, large transactions, indexes last, and the file in place only when whole. */

import { existsSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

export type Value = SQLInputValue;

export interface TableSpec {
  name: string;
  columns: readonly string[];
}

export interface SqliteWriter {
  insert(table: string, values: readonly Value[]): void;
  /** Commits, makes the indexes and moves the file to its place. Returns the number of rows written. */
  finish(indexes: readonly string[]): number;
  /** Throws away what was written. */
  abandon(): void;
}

const ROWS_PER_TRANSACTION = 50_000;

export function writeSqlite(
  path: string,
  options: { ddl: readonly string[]; tables: readonly TableSpec[] },
): SqliteWriter {
  const draft = `${path}.part`;
  for (const file of [draft, `${draft}-journal`]) if (existsSync(file)) rmSync(file);
  const database = new DatabaseSync(draft);
  // A crash while making test data costs the test data, which is made again.
  database.exec(
    'PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -65536;',
  );
  for (const statement of options.ddl) database.exec(statement);
  const statements = new Map<string, StatementSync>();
  for (const { name, columns } of options.tables) {
    statements.set(
      name,
      database.prepare(`INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`),
    );
  }
  let rows = 0;
  database.exec('BEGIN');

  return {
    insert(table, values) {
      const statement = statements.get(table);
      if (statement === undefined) throw new Error(`Table ${table} is not among those declared.`);
      statement.run(...values);
      rows += 1;
      if (rows % ROWS_PER_TRANSACTION === 0) database.exec('COMMIT; BEGIN');
    },
    finish(indexes) {
      database.exec('COMMIT');
      for (const index of indexes) database.exec(index);
      database.close();
      renameSync(draft, path);
      return rows;
    },
    abandon() {
      database.close();
      rmSync(draft, { force: true });
    },
  };
}
