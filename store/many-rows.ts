import type { Binding, DatabaseTraits } from '../drivers/database.ts';
import type { Transaction } from './transaction.ts';

/** A table as one kind of statement writes it. */
export interface TableShape {
  readonly table: string;
  readonly columns: readonly string[];
  /** Columns of the key by which a row that is there is found. */
  readonly key: readonly string[];
  /**
   * Column → what it becomes where the row is there; without it every column but the key takes the new value. `new(x)`
   * stands for the new value of x, a bare name for the old one. A column that others are worked out from comes after
   * them: MySQL assigns from left to right and already sees what it has assigned.
   */
  readonly update?: Readonly<Record<string, string>>;
}

export type RowValues = readonly Binding[];

export interface Statement {
  readonly sql: string;
  readonly bindings: readonly Binding[];
}

/** A statement stays well below what a server takes in one packet. */
const MOST_CHARACTERS = 1_000_000;
const MOST_ROWS = 1_000;
/** SQLite keeps prepared statements by their text: few lengths are prepared again and again. */
const SQLITE_ROWS = [64, 16, 4, 1];

/** Writes rows in few statements, keeping within what one statement may hold. */
export async function insertRows(
  trx: Transaction,
  traits: DatabaseTraits,
  shape: TableShape,
  rows: readonly RowValues[],
): Promise<void> {
  for (const { sql, bindings } of insertStatements(traits, shape, rows)) await trx.run(sql, bindings);
}

/** Like insertRows; a row that is there takes the new values. */
export async function upsertRows(
  trx: Transaction,
  traits: DatabaseTraits,
  shape: TableShape,
  rows: readonly RowValues[],
): Promise<void> {
  for (const { sql, bindings } of upsertStatements(traits, shape, rows)) await trx.run(sql, bindings);
}

/** The statements of insertRows, each made when it is asked for. */
export function insertStatements(
  traits: DatabaseTraits,
  shape: TableShape,
  rows: readonly RowValues[],
): Iterable<Statement> {
  return statements(traits, shape, rows, '');
}

/** The statements of upsertRows, each made when it is asked for. */
export function upsertStatements(
  traits: DatabaseTraits,
  shape: TableShape,
  rows: readonly RowValues[],
): Iterable<Statement> {
  return statements(traits, shape, rows, onConflict(traits, shape));
}

/** Splits keys so that each part fits into one statement with `others` bindings besides. */
export function inParts<T>(keys: readonly T[], traits: DatabaseTraits, others = 0): readonly (readonly T[])[] {
  const most = Math.min(MOST_ROWS, traits.mostBindings - others);
  const parts: T[][] = [];
  for (let from = 0; from < keys.length; from += most) parts.push(keys.slice(from, from + most));
  return parts;
}

/** `?, ?, ?` */
export function places(count: number): string {
  return count === 0 ? '' : `${'?, '.repeat(count - 1)}?`;
}

function* statements(
  traits: DatabaseTraits,
  shape: TableShape,
  rows: readonly RowValues[],
  tail: string,
): Generator<Statement> {
  const row = `(${places(shape.columns.length)})`;
  const head = `insert into ${shape.table} (${shape.columns.join(', ')}) values `;
  for (let from = 0; from < rows.length; ) {
    const count = fitting(rows, from, traits, shape.columns.length);
    const sql = `${head}${`${row}, `.repeat(count - 1)}${row}${tail}`;
    yield { sql, bindings: rows.slice(from, from + count).flat() };
    from += count;
  }
}

/** How many rows the next statement takes; at least one, however long it is. */
function fitting(rows: readonly RowValues[], from: number, traits: DatabaseTraits, columns: number): number {
  const most = Math.min(MOST_ROWS, rows.length - from, Math.floor(traits.mostBindings / columns));
  let characters = 0;
  let count = 0;
  for (; count < most; count++) {
    for (const value of rows[from + count] as RowValues) characters += typeof value === 'string' ? value.length : 8;
    if (characters > MOST_CHARACTERS && count > 0) break;
  }
  return traits.name === 'sqlite' ? (SQLITE_ROWS.find((size) => size <= count) ?? 1) : count;
}

function onConflict({ name }: DatabaseTraits, { columns, key, update }: TableShape): string {
  const fresh = (column: string): string => (name === 'mysql' ? `values(${column})` : `excluded.${column}`);
  const assignments = Object.entries(
    update ?? Object.fromEntries(columns.filter((one) => !key.includes(one)).map((one) => [one, `new(${one})`])),
  ).map(([column, value]) => `${column} = ${value.replaceAll(/new\((\w+)\)/g, (_, one: string) => fresh(one))}`);
  return name === 'mysql'
    ? ` on duplicate key update ${assignments.join(', ')}`
    : ` on conflict (${key.join(', ')}) do update set ${assignments.join(', ')}`;
}
