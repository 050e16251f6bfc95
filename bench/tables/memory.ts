import { DatabaseSync } from 'node:sqlite';
import { bare, READS, type Read, selectOf } from './reads.ts';

export type MemoryRow = Readonly<Record<string, unknown>>;
/** Key → rows, for one lookup. */
export type MemoryIndex = ReadonlyMap<string, readonly MemoryRow[]>;

/**
 * The tables of one system in memory, indexed by every lookup the queries use. Read once, at the start.
 *
 * @param names how rows name their columns: `COLUMN`, as one writes by hand, or `alias.COLUMN`, as the hub's declarations do
 */
export function loadMemory(
  path: string,
  system: Read['system'],
  names: 'bare' | 'aliased',
): ReadonlyMap<string, MemoryIndex> {
  const database = new DatabaseSync(path, { readOnly: true });
  const indexes = new Map<string, MemoryIndex>();
  for (const [name, read] of Object.entries<Read>(READS)) {
    if (read.system === system) indexes.set(name, indexOf(database, read, names));
  }
  database.close();
  return indexes;
}

function indexOf(database: DatabaseSync, read: Read, names: 'bare' | 'aliased'): MemoryIndex {
  const index = new Map<string, MemoryRow[]>();
  for (const row of database.prepare(selectOf(read)).all()) {
    const kept: Record<string, unknown> = {};
    for (const column of read.columns) kept[names === 'bare' ? bare(column) : column] = row[bare(column)] ?? null;
    for (const key of read.keys) {
      const value = row[bare(key)];
      if (value === null || value === undefined || value === '') continue;
      const rows = index.get(String(value));
      if (rows === undefined) index.set(String(value), [kept]);
      else rows.push(kept);
    }
  }
  return index;
}
