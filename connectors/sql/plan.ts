import { HubError } from '../../core/errors.ts';
import type { Key } from '../../core/source.ts';
import type { Binding, Knex } from '../../drivers/database.ts';
import type { SqlEntity, SqlLookup, SqlWhere } from '../sql.ts';
import { aliasOf, identityColumns, joinsOf, orderOf, tableOf, type UsedJoin, usedJoins, whereOf } from './tables.ts';

/** One lookup with one choice of columns: statements that are compiled once and run often. */
export interface SqlPlan {
  /** Sets of columns that together hold the key: one for `by`, one a column for `anyOf`. */
  readonly keyColumns: readonly (readonly string[])[];
  /** A record may come several times, through a join or through two columns, and has to be counted once. */
  readonly repeats: boolean;
  /** Where rows repeat: the columns that tell records apart, so that only rows of one record have to be compared. */
  readonly identity: readonly string[];
  readonly limitPerKey: number | undefined;
  /** The statement for so many keys and the values for its placeholders. */
  statement(keys: readonly Key[]): { sql: string; bindings: Binding[] };
}

/** Most rows one statement may bring; one more is asked for, so that too many show. */
export const MOST_ROWS = 50_000;

export function createPlan(
  knex: Knex,
  entity: SqlEntity,
  lookup: SqlLookup,
  fields: readonly string[],
  batchSize: number,
): SqlPlan {
  const branches = branchesOf(lookup);
  const order = (lookup.orderBy ?? []).map(orderOf);
  const joins = joinsOf(entity, lookup);
  const where = whereOf(entity, lookup);
  const named = [...fields, ...branches.flat(2), ...order.map(({ column }) => column)];
  const repeats = branches.length > 1 || usedJoins(joins, [...named, ...Object.keys(where)], []).length > 0;
  // Two records may agree in every column that was asked for; only their identity tells them from one seen twice.
  const identity = repeats ? identityColumns(entity) : [];
  const columns = [...new Set([...named, ...identity])];
  const compiled = new Map<number, string>();
  const constants = Object.values(where)
    .flat()
    .filter((value) => value !== null);

  const compile = (count: number): string => {
    const [first, ...rest] = branches.map((sets) => {
      const demanded = [...sets.flat(), ...demandedBy(where)];
      const used = usedJoins(joins, [...columns, ...Object.keys(where)], demanded);
      return whereHolds(whereKeys(selectFrom(knex, entity, used, columns), sets, count), where);
    });
    if (first === undefined) throw new Error('A lookup without columns passed the check');
    if (rest.length > 0) first.unionAll(rest);
    for (const { column, descending } of order)
      first.orderByRaw(`${quoted(knex, column)} ${descending ? 'desc' : 'asc'}`);
    // Written out, since SQLite prepares a statement anew when its limit is a placeholder.
    return `${first.toSQL().toNative().sql} limit ${MOST_ROWS + 1}`;
  };

  return {
    keyColumns: branches.flat(),
    repeats,
    identity,
    limitPerKey: lookup.limitPerKey,
    statement: (keys) => {
      const count = Math.min(roundedUp(keys.length), batchSize);
      let sql = compiled.get(count);
      if (sql === undefined) {
        sql = compile(count);
        compiled.set(count, sql);
      }
      const bindings: Binding[] = [];
      for (const sets of branches) {
        for (const { length } of sets) pushKeys(bindings, keys, count, length);
        bindings.push(...constants);
      }
      return { sql, bindings };
    },
  };
}

/**
 * Selects each column under its whole name. The joins and the columns are the declaration's, checked at the start.
 */
export function selectFrom(
  knex: Knex,
  entity: SqlEntity,
  joins: readonly UsedJoin[],
  columns: readonly string[],
): Knex.QueryBuilder {
  const { name, alias } = tableOf(entity.binding.table);
  const query = knex.from(knex.raw('?? as ??', [name, alias]));
  for (const { table, on, kind } of joins) {
    query[kind === 'inner' ? 'innerJoin' : 'leftJoin'](knex.raw('?? as ??', [table.name, table.alias]), (clause) => {
      for (const [own, other] of on) clause.on(own, '=', other);
    });
  }
  return query.select(columns.map((column) => knex.raw(`?? as ${quoted(knex, column)}`, [column])));
}

export function whereHolds(query: Knex.QueryBuilder, where: SqlWhere): Knex.QueryBuilder {
  for (const [column, value] of Object.entries(where)) {
    if (value === null) query.whereNull(column);
    else if (typeof value === 'object') query.whereIn(column, value);
    else query.where(column, value);
  }
  return query;
}

/** Columns that cannot be null where the conditions hold. */
export function demandedBy(where: SqlWhere): readonly string[] {
  return Object.keys(where).filter((column) => where[column] !== null);
}

/** The name as one quoted word: knex would take the dot in it for a separator. */
function quoted(knex: Knex, column: string): string {
  return knex.client.wrapIdentifierImpl(column);
}

/**
 * Conditions that one select can serve. Columns of one table are joined by `or`, for which MariaDB and SQLite use the
 * indexes of both (index_merge, MULTI-INDEX OR); over two tables they use none, so each table gets a select of its own.
 */
function branchesOf(lookup: SqlLookup): readonly (readonly (readonly string[])[])[] {
  if (lookup.by !== undefined) return [[[lookup.by].flat()]];
  const byAlias = Map.groupBy(lookup.anyOf, aliasOf);
  return [...byAlias.values()].map((columns) => columns.map((column) => [column]));
}

function whereKeys(query: Knex.QueryBuilder, sets: readonly (readonly string[])[], count: number): Knex.QueryBuilder {
  return query.where((condition) => {
    for (const columns of sets) {
      condition.orWhere((one) => {
        const [column = ''] = columns;
        if (columns.length === 1) one.whereIn(column, new Array<string>(count).fill(''));
        else if (count === 1) for (const each of columns) one.where(each, '');
        else one.whereIn([...columns], new Array<string[]>(count).fill(columns.map(() => '')));
      });
    }
  });
}

/**
 * Counts are rounded up and the last key repeated, so that few statements serve all counts: 1 to 8, then by eighths of a
 * power of two. Rounding to whole powers had the database look up a fifth more keys.
 */
function roundedUp(count: number): number {
  if (count <= 8) return count;
  const step = 2 ** (28 - Math.clz32(count - 1));
  return Math.ceil(count / step) * step;
}

function pushKeys(bindings: Binding[], keys: readonly Key[], count: number, parts: number): void {
  for (let index = 0; index < count; index += 1) {
    const key = keys[Math.min(index, keys.length - 1)] as Key;
    if (parts !== (typeof key === 'string' ? 1 : key.length)) {
      throw new HubError('INTERNAL', `a key has another number of parts than the ${parts} of its lookup`);
    }
    if (typeof key === 'string') bindings.push(key);
    else bindings.push(...key);
  }
}
