/**
 * Makes the data of every stand-in: node stand-ins/generate.ts --out DIR [--seed N] [--citizens N] [--dossiers N]
 *
 * A stand-in takes part by having a file sectors/<name>/stand-in/populate.ts that exports `populate`.
 */

import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { progress } from './progress.ts';
import { worldOptions } from './run.ts';
import type { Populate, WorldOptions } from './world/types.ts';
import { createWorld } from './world/world.ts';

const sectors = fileURLToPath(new URL('../sectors', import.meta.url));

/** Every stand-in's `populate`, by the name of its folder. */
export async function findPopulations(folder = sectors): Promise<Map<string, Populate>> {
  const found = new Map<string, Populate>();
  for (const name of (await readdir(folder)).sort()) {
    const file = join(folder, name, 'stand-in', 'populate.ts');
    if (!existsSync(file)) continue;
    const module = (await import(pathToFileURL(file).href)) as { populate?: unknown };
    if (typeof module.populate !== 'function') throw new Error(`${file} must export a function named populate.`);
    found.set(name, module.populate as Populate);
  }
  return found;
}

export async function generate(
  options: WorldOptions & { out: string },
  onProgress?: Parameters<Populate>[2],
): Promise<Record<string, number>> {
  const { out, ...sizes } = options;
  await mkdir(out, { recursive: true });
  const world = createWorld(sizes);
  const rows: Record<string, number> = {};
  for (const [name, populate] of await findPopulations()) rows[name] = await populate(world, out, onProgress);
  return rows;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      seed: { type: 'string' },
      citizens: { type: 'string' },
      dossiers: { type: 'string' },
    },
  });
  if (values.out === undefined) {
    console.error('usage: generate.ts --out DIR [--seed N] [--citizens N] [--dossiers N]');
    process.exitCode = 2;
  } else {
    const report = progress(process.stderr);
    const started = performance.now();
    const rows = await generate({ ...worldOptions(values), out: resolve(values.out) }, report.step);
    report.end();
    for (const [name, count] of Object.entries(rows)) console.log(`${name}: ${count.toLocaleString('en')} rows`);
    console.log(`${((performance.now() - started) / 1000).toFixed(1)} s, in ${resolve(values.out)}`);
  }
}
