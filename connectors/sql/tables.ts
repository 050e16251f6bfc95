import { ANY_BATCH_SIZE } from '../../core/source.ts';
import type { SqlEntity, SqlJoin, SqlLookup, SqlWhere } from '../sql.ts';

/** A table under the name by which its columns are written. */
export interface SqlTable {
  readonly name: string;
  readonly alias: string;
}

/** A join that a statement needs, in an order in which each finds what it is joined to. */
export interface UsedJoin {
  readonly table: SqlTable;
  readonly on: SqlJoin['on'];
  readonly kind: 'left' | 'inner';
}

/** Fewer than any database takes in one statement. */
const MOST_BINDINGS = 30_000;

export function tableOf(text: string): SqlTable {
  const [, name = text, alias = text] = /^(\S+)\s+as\s+(\S+)$/i.exec(text) ?? [];
  return { name, alias };
}

export function aliasOf(column: string): string {
  return column.slice(0, column.indexOf('.'));
}

export function joinsOf(entity: SqlEntity, lookup: SqlLookup | undefined): readonly SqlJoin[] {
  return lookup?.joins === undefined ? entity.binding.joins : [...entity.binding.joins, ...lookup.joins];
}

export function whereOf(entity: SqlEntity, lookup: SqlLookup | undefined): SqlWhere {
  return { ...entity.binding.where, ...lookup?.where };
}

export function orderOf(entry: string): { column: string; descending: boolean } {
  const [column = '', direction = 'asc'] = entry.split(/\s+/);
  return { column, descending: direction.toLowerCase() === 'desc' };
}

/** Columns that tell one record of the entity from another. */
export function identityColumns(entity: SqlEntity): readonly string[] {
  return entity.identity.flatMap((name) => entity.fields[name]?.from ?? []);
}

/**
 * The joins that lead to the columns a statement names.
 *
 * @param demanded columns that must have a value for the row to count. On the way to them a left join gives the same
 * rows as an inner one, and is written as one: from a left join SQLite starts at the wrong end and reads whole tables.
 */
export function usedJoins(
  joins: readonly SqlJoin[],
  columns: Iterable<string>,
  demanded: Iterable<string>,
): readonly UsedJoin[] {
  const byAlias = new Map(joins.map((join) => [tableOf(join.table).alias, join]));
  const wanted = reached(byAlias, columns);
  const inner = reached(byAlias, demanded);
  // Declared order is kept: a join may name only what stands before it.
  return [...byAlias]
    .filter(([alias]) => wanted.has(alias) || inner.has(alias))
    .map(([alias, { table, on, kind = 'left' }]) => ({
      table: tableOf(table),
      on,
      kind: inner.has(alias) ? 'inner' : kind,
    }));
}

function reached(byAlias: ReadonlyMap<string, SqlJoin>, columns: Iterable<string>): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [...columns].map(aliasOf);
  for (let alias = waiting.pop(); alias !== undefined; alias = waiting.pop()) {
    const join = byAlias.get(alias);
    if (join === undefined || found.has(alias)) continue;
    found.add(alias);
    waiting.push(...join.on.map(([, other]) => aliasOf(other)));
  }
  return found;
}

/** Throws for a declaration that could never make a statement. Types are wrong in what comes from outside, too. */
export function checkSqlEntity(entity: SqlEntity): void {
  const { type, binding, fields, lookups } = entity;
  const fault = (what: string): never => {
    throw new Error(`${type}: ${what}`);
  };
  const columnsFit = (known: ReadonlySet<string>, columns: readonly string[], where: string): void => {
    for (const column of columns) {
      if (!/^[^\s.`?]+\.[^.`?]+$/.test(column)) fault(`${where} names ${column}; expected alias.COLUMN`);
      if (!known.has(aliasOf(column))) fault(`${where} names ${column}, but there is no table ${aliasOf(column)}`);
    }
  };
  const tablesOf = (lookup: SqlLookup | undefined): ReadonlySet<string> => {
    const known = new Set([tableOf(binding.table).alias]);
    for (const { table, on } of joinsOf(entity, lookup)) {
      const { alias } = tableOf(table);
      if (known.has(alias)) fault(`the name ${alias} is given to two tables`);
      known.add(alias);
      columnsFit(known, on.flat(), `the join of ${alias}`);
      if (on.length === 0 || on.some(([own]) => aliasOf(own) !== alias)) {
        fault(`the join of ${alias} needs pairs that start with a column of ${alias}`);
      }
    }
    return known;
  };
  const known = tablesOf(undefined);
  for (const [name, { from }] of Object.entries(fields)) columnsFit(known, from, `field ${name}`);
  columnsFit(known, Object.keys(binding.where), 'where');
  for (const name of entity.identity)
    if (fields[name] === undefined) fault(`identity names ${name}, which is no field`);
  for (const [name, { batchSize, binding: lookup }] of Object.entries(lookups)) {
    const where = `lookup ${name}`;
    const keyColumns = [lookup.by ?? lookup.anyOf ?? []].flat();
    if (keyColumns.length === 0) fault(`${where} has neither by nor anyOf`);
    columnsFit(
      tablesOf(lookup),
      [
        ...keyColumns,
        ...Object.keys(lookup.where ?? {}),
        ...(lookup.orderBy ?? []).map((entry) => orderOf(entry).column),
      ],
      where,
    );
    const most = Math.min(ANY_BATCH_SIZE, Math.floor(MOST_BINDINGS / keyColumns.length));
    if (!(batchSize >= 1 && batchSize <= most)) fault(`${where} needs a batchSize from 1 to ${most}`);
  }
  const { changes } = binding;
  if (changes !== undefined) columnsFit(known, [changes.time, changes.key], 'changes');
  for (const [name, criterion] of Object.entries(binding.search ?? {})) {
    columnsFit(known, 'like' in criterion ? criterion.like : criterion.columns, `search ${name}`);
  }
}
