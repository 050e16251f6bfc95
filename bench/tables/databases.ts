import { existsSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { populateSql, type SqlPopulation } from '../../sectors/land/stand-in/populate-sql.ts';
import { writeSqlite } from '../../stand-ins/sqlite-writer.ts';
import type { World } from '../../stand-ins/world/types.ts';
import { createWorld } from '../../stand-ins/world/world.ts';
import { type MariadbService, ownDatabase } from '../../test/services/mariadb.ts';
import { oneStopPopulation } from './one-stop-rows.ts';

/** The two systems' databases, as URLs. */
export type SystemUrls = Readonly<Record<'land' | 'one-stop', string>>;

/** And the store whose index holds what a hub read from both. */
export interface BenchUrls extends SystemUrls {
  readonly index: string;
}

/** Fixed, so that due dates stay in time or overdue whenever the bench runs. */
export const BENCH_NOW = Date.parse('2026-11-20T00:00:00+07:00');
const ROWS_PER_INSERT = 500;

export function benchWorld(catalogues: string): World {
  return createWorld({ seed: 1, citizens: 5_000, dossiers: 20_000, asOf: '2026-11-20T00:00:00+07:00', catalogues });
}

const POPULATIONS: Readonly<Record<keyof SystemUrls, (world: World) => SqlPopulation>> = {
  land: (world) => populateSql(world),
  'one-stop': oneStopPopulation,
};

/** Two SQLite files, made when they are not there yet. */
export function sqliteFiles(world: World, directory: string): SystemUrls {
  mkdirSync(directory, { recursive: true });
  return urlsOf((system) => {
    const path = resolve(directory, `${system}.sqlite`);
    if (existsSync(path)) return path;
    const population = POPULATIONS[system](world);
    const writer = writeSqlite(path, population);
    for (const row of population.rows) writer.insert(row.table, row.values);
    writer.finish(population.indexes);
    return path;
  });
}

/** The same rows in two databases of a MariaDB server. */
export async function mariadbDatabases(
  world: World,
  service: MariadbService,
): Promise<{ urls: SystemUrls; drop(): Promise<void> }> {
  const land = await ownDatabase(service);
  const oneStop = await ownDatabase(service);
  await fill(land.url, POPULATIONS.land(world));
  await fill(oneStop.url, POPULATIONS['one-stop'](world));
  return {
    urls: { land: land.url, 'one-stop': oneStop.url },
    drop: async () => {
      await land.drop();
      await oneStop.drop();
    },
  };
}

async function fill(url: string, population: SqlPopulation): Promise<void> {
  const connection = await createConnection({ uri: url });
  try {
    // Zero dates are part of the data.
    await connection.query("set session sql_mode = ''");
    for (const statement of population.ddl) await connection.query(statement);
    const columns = new Map(population.tables.map((table) => [table.name, table.columns.join(', ')]));
    for (const [table, rows] of Map.groupBy(population.rows, (row) => row.table)) {
      for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
        const values = rows.slice(start, start + ROWS_PER_INSERT).map((row) => row.values);
        await connection.query(`insert into ${table} (${columns.get(table)}) values ?`, [values]);
      }
      await connection.query(`analyze table ${table}`);
    }
    for (const statement of population.indexes) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

function urlsOf(pathOf: (system: keyof SystemUrls) => string): SystemUrls {
  return { land: pathOf('land'), 'one-stop': pathOf('one-stop') };
}
