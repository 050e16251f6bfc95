import { HubError } from '../core/errors.ts';
import type { Binding, Database, DatabaseRow } from '../drivers/database.ts';

/** A table whose rows belong to a dossier, and the column that holds the dossier's code. */
export interface WatchedTable {
  readonly table: string;
  readonly key: string;
}

/** The first is the dossiers' own table, in which the key is unique; the others are what is kept apart from it. */
export type WatchedTables = readonly [WatchedTable, ...WatchedTable[]];

export interface KeyPage {
  readonly codes: readonly string[];
  /** The last key as the database holds it: the next page begins behind it. */
  readonly last: string;
}

/** Names are written into SQL, so they may be nothing but names. @throws Error for a declaration that cannot be */
export function checkWatchedTables(way: string, tables: readonly WatchedTable[]): void {
  if (tables.length === 0) throw new Error(`${way}: no table is named`);
  for (const name of tables.flatMap(({ table, key }) => [table, key])) {
    if (!/^[\p{L}_][\p{L}\p{N}_$]{0,63}$/u.test(name))
      throw new Error(`${way}: ${name} is no name of a table or column`);
  }
  const names = tables.map(({ table }) => table);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw new Error(`${way}: the table ${twice} is named twice`);
}

/** A key as the hub writes dossier codes; null for a row that belongs to no dossier. */
export function codeOf(key: unknown): string | null {
  const code = key === null || key === undefined ? '' : String(key).normalize('NFC').trim();
  return code === '' ? null : code;
}

/** Every key of a table once, in pages and in the column's own order. */
export async function* walkKeys(
  database: Database,
  { table, key }: WatchedTable,
  range: {
    /** Only what comes behind this key. */
    readonly after: string | null;
    /** Nothing behind this key. */
    readonly until: string | null;
    readonly size: number;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<KeyPage, void> {
  const { after, until, size, signal } = range;
  const column = quoted(database, key);
  const upTo = until === null ? '' : ` and ${column} <= ?`;
  for (let last = after; ; ) {
    const from = last === null ? `${column} is not null` : `${column} > ?`;
    const sql = `select distinct ${column} as code from ${quoted(database, table)} where ${from}${upTo}`;
    const bindings = [...(last === null ? [] : [last]), ...(until === null ? [] : [until]), size];
    const rows = await ask(database, `${sql} order by ${column} limit ?`, bindings, signal);
    const keys = rows.map(({ code }) => String(code));
    const end = keys.at(-1);
    if (end === undefined) return;
    last = end;
    yield { codes: keys.flatMap((one) => codeOf(one) ?? []), last };
    if (keys.length < size) return;
  }
}

/** A name that was checked, as the database wants it written. */
export function quoted(database: Database, name: string): string {
  return database.traits.name === 'mysql' ? `\`${name}\`` : `"${name}"`;
}

/**
 * Asks a followed database.
 *
 * @throws HubError SOURCE_MALFORMED where a table or column is not there, SOURCE_UNAVAILABLE where it does not answer
 */
export async function ask(
  database: Database,
  sql: string,
  bindings: readonly Binding[],
  signal: AbortSignal,
): Promise<DatabaseRow[]> {
  try {
    return await database.query(sql, bindings, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    const { kind, name } = database.faultOf(cause);
    if (kind === 'schema') {
      const what = name === undefined ? 'the tables are not as declared' : `there is no ${name}, which is declared`;
      throw new HubError('SOURCE_MALFORMED', what, { cause, field: name });
    }
    throw new HubError('SOURCE_UNAVAILABLE', 'the database that is followed does not answer', { cause });
  }
}
