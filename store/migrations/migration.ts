import type { Knex } from '../../drivers/database.ts';

/** One change of the store's tables. One that has been released is never edited: a new one follows it. */
export interface Migration {
  readonly up: (knex: Knex) => Promise<void>;
  readonly down: (knex: Knex) => Promise<void>;
}

type Table = Knex.CreateTableBuilder;

/**
 * A text that is compared letter by letter. MySQL would take `h41` for `H41` and `a` for `á`; SQLite does so by itself.
 */
export function exactText(knex: Knex, table: Table, name: string, length: number): Knex.ColumnBuilder {
  const column = table.string(name, length);
  return knex.client.config.client === 'mysql2' ? column.collate('utf8mb4_bin') : column;
}

/** JSON or other text of any length. */
export function longText(table: Table, name: string): Knex.ColumnBuilder {
  return table.text(name, 'mediumtext');
}
