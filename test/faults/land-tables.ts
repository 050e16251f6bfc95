import mysql from 'mysql2/promise';
import type { Database } from '../../drivers/database.ts';
import { populateSql } from '../../sectors/land/stand-in/populate-sql.ts';
import type { WorldOptions } from '../../stand-ins/world/types.ts';
import { createWorld } from '../../stand-ins/world/world.ts';

const ROWS_AT_ONCE = 1_000;

/** Writes the land office's tables into an empty database, with the rows of the same world as the other systems'. */
export async function fillLand(url: string, world: WorldOptions): Promise<void> {
  const connection = await mysql.createConnection({ uri: url, dateStrings: true });
  try {
    const population = populateSql(createWorld(world));
    await connection.query("SET sql_mode = ''");
    for (const statement of population.ddl) await connection.query(statement);
    const columns = new Map(population.tables.map((table) => [table.name, table.columns]));
    for (const [table, rows] of Map.groupBy(population.rows, (row) => row.table)) {
      for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
        const values = rows.slice(from, from + ROWS_AT_ONCE).map((row) => row.values);
        await connection.query(`INSERT INTO ${table} (${columns.get(table)?.join(', ')}) VALUES ?`, [values]);
      }
    }
    for (const statement of population.indexes) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

/** Deletes one of many dossiers for good, as somebody with rights to the tables does. */
export async function deleteDossier({ knex }: Database, code: string): Promise<void> {
  await knex.transaction(async (transaction) => {
    for (const table of ['HS_LUANCHUYEN', 'HS_HOSO']) await transaction(table).where({ SOBIENNHAN: code }).delete();
  });
}
