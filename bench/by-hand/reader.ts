import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { createPool } from 'mysql2/promise';
import type { BenchUrls } from '../tables/databases.ts';
import { loadMemory, type MemoryRow } from '../tables/memory.ts';
import { bare, READS, type Read, type ReadName, selectOf } from '../tables/reads.ts';

/** A key as a row holds it. */
export type HandKey = string | number;

/** What the hand-written servers read by: for many keys at once, the rows of each in the keys' order. */
export interface Reader {
  read(name: ReadName, keys: readonly HandKey[]): Promise<readonly (readonly MemoryRow[])[]>;
  close(): Promise<void>;
}

export type SourceKind = 'memory' | 'sqlite' | 'mariadb';

export function openReader(kind: SourceKind, urls: BenchUrls): Reader {
  return { memory: memoryReader, sqlite: sqliteReader, mariadb: mariadbReader }[kind](urls);
}

function memoryReader(paths: BenchUrls): Reader {
  const indexes = new Map([
    ...loadMemory(paths.land, 'land', 'bare'),
    ...loadMemory(paths['one-stop'], 'one-stop', 'bare'),
  ]);
  // The index is the hub's own store, which is a database whatever the systems are.
  const index = sqliteReader(paths);
  return {
    read: async (name, keys) => {
      if (READS[name].system === 'index') return index.read(name, keys);
      const rows = indexes.get(name);
      return keys.map((key) => rows?.get(String(key)) ?? []);
    },
    close: () => index.close(),
  };
}

/** Prepared statements, one for each number of keys. */
function sqliteReader(paths: BenchUrls): Reader {
  const databases = {
    land: new DatabaseSync(paths.land, { readOnly: true }),
    'one-stop': new DatabaseSync(paths['one-stop'], { readOnly: true }),
    index: new DatabaseSync(new URL(paths.index).pathname, { readOnly: true }),
  };
  const statements = new Map<string, StatementSync>();
  return {
    read: async (name, keys) => {
      const read: Read = READS[name];
      const id = `${name} ${keys.length}`;
      let statement = statements.get(id);
      if (statement === undefined) {
        const places = keys.map(() => '?').join(', ');
        const condition = read.keys.map((column) => `${column} in (${places})`).join(' or ');
        statement = databases[read.system].prepare(selectOf(read, condition));
        statements.set(id, statement);
      }
      const values = read.keys.length === 1 ? keys : [...keys, ...keys];
      return dealt(read, keys, statement.all(...values));
    },
    close: async () => {
      for (const database of Object.values(databases)) database.close();
    },
  };
}

function mariadbReader(urls: BenchUrls): Reader {
  const poolOf = (uri: string) => createPool({ uri, connectionLimit: 10, dateStrings: true });
  const pools = { land: poolOf(urls.land), 'one-stop': poolOf(urls['one-stop']), index: poolOf(urls.index) };
  const statements = new Map<ReadName, string>();
  return {
    read: async (name, keys) => {
      const read: Read = READS[name];
      let statement = statements.get(name);
      if (statement === undefined) {
        statement = selectOf(read, read.keys.map((column) => `${column} in (?)`).join(' or '));
        statements.set(name, statement);
      }
      const values = read.keys.map(() => keys);
      const [rows] = await pools[read.system].query(statement, values);
      return dealt(read, keys, rows as MemoryRow[]);
    },
    close: async () => {
      await Promise.all(Object.values(pools).map((pool) => pool.end()));
    },
  };
}

function dealt(read: Read, keys: readonly HandKey[], rows: readonly MemoryRow[]): readonly (readonly MemoryRow[])[] {
  if (keys.length === 1) return [rows];
  const byKey = new Map<unknown, MemoryRow[]>();
  for (const key of keys) byKey.set(key, []);
  for (const column of read.keys) {
    const name = bare(column);
    for (const row of rows) byKey.get(row[name])?.push(row);
  }
  return keys.map((key) => byKey.get(key) ?? []);
}
