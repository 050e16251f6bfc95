/** The land database as statements and rows, for any database that takes them. */

import type { World } from '../../../stand-ins/world/types.ts';
import { parcelRows, personRows } from './cadastre-rows.ts';
import { dossierRows, statuses } from './dossier-rows.ts';
import { ddl, indexes, tables } from './tables.ts';

export interface Row {
  table: string;
  /** In the order of the table's columns. */
  values: readonly (string | number | null)[];
}

export interface SqlPopulation {
  /** To be run first; MariaDB needs SET sql_mode = '' before the rows, or it refuses the zero dates. */
  ddl: readonly string[];
  tables: readonly { name: string; columns: readonly string[] }[];
  /** Rows of all tables, streamed; a row of one table may follow a row of another. */
  rows: Iterable<Row>;
  /** To be run after the rows. */
  indexes: readonly string[];
}

export function populateSql(
  world: World,
  onProgress?: (done: number, total: number, what: string) => void,
): SqlPopulation {
  return { ddl, tables, rows: rows(world, onProgress), indexes };
}

function* rows(world: World, onProgress?: (done: number, total: number, what: string) => void): Generator<Row> {
  for (const [code, name] of statuses) yield { table: 'DM_TRANGTHAI', values: [code, name] };
  yield* personRows(world);
  yield* parcelRows(world);
  yield* dossierRows(world, (done) => onProgress?.(done, world.counts.dossiers, 'land dossiers'));
}
