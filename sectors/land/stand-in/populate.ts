/** Writes the land database as an SQLite file. */

import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { writeSqlite } from '../../../stand-ins/sqlite-writer.ts';
import type { Populate } from '../../../stand-ins/world/types.ts';
import { populateSql } from './populate-sql.ts';

export const store = 'land.sqlite';

const BREATHE_EVERY = 5_000;

export const populate: Populate = async (world, directory, onProgress) => {
  const population = populateSql(world, onProgress);
  const writer = writeSqlite(join(directory, store), population);
  let written = 0;
  try {
    for (const row of population.rows) {
      writer.insert(row.table, row.values);
      written += 1;
      if (written % BREATHE_EVERY === 0) await breathe();
    }
    const rows = writer.finish(population.indexes);
    onProgress?.(world.counts.dossiers, world.counts.dossiers, 'land dossiers');
    return rows;
  } catch (error) {
    writer.abandon();
    throw error;
  }
};
