/** A stand-in as a program: reads its flags, makes its data if there is none, says when it is ready, ends when told to. */

import { existsSync, fstatSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { progress } from './progress.ts';
import type { Running } from './serve.ts';
import type { Populate, WorldOptions } from './world/types.ts';
import { createWorld } from './world/world.ts';

export interface StandIn {
  /** The file in the data folder that shows the data is there. */
  store: string;
  populate: Populate;
  start(options: { directory: string; port?: number }): Promise<Running>;
}

/** Makes the store in `directory` unless it is there. */
export async function ensureStore(
  standIn: Pick<StandIn, 'store' | 'populate'>,
  directory: string,
  options: WorldOptions = {},
): Promise<void> {
  if (existsSync(join(directory, standIn.store))) return;
  await mkdir(directory, { recursive: true });
  // To standard error: standard output carries the one line that says it is ready.
  const report = progress(process.stderr);
  await standIn.populate(createWorld(options), directory, report.step);
  report.end();
}

export async function run(standIn: StandIn, args = process.argv.slice(2)): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string' },
      port: { type: 'string' },
      seed: { type: 'string' },
      citizens: { type: 'string' },
      dossiers: { type: 'string' },
    },
  });
  if (values.data === undefined) {
    console.error('usage: main.ts --data DIR [--port N] [--seed N --citizens N --dossiers N]');
    process.exitCode = 2;
    return;
  }
  const directory = resolve(values.data);
  await ensureStore(standIn, directory, worldOptions(values));
  const running = await standIn.start({
    directory,
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
  });
  console.log(JSON.stringify({ ready: true, settings: running.settings }));
  await untilTold();
  await running.close();
  process.exit(0);
}

/** The three numbers a world is made from, as far as they were given. */
export function worldOptions(values: { seed?: string; citizens?: string; dossiers?: string }): WorldOptions {
  const options: WorldOptions = {};
  for (const name of ['seed', 'citizens', 'dossiers'] as const) {
    if (values[name] === undefined) continue;
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < 0) throw new Error(`--${name} is a whole number, not "${values[name]}".`);
    options[name] = number;
  }
  return options;
}

/** SIGTERM, SIGINT, or the end of standard input where that is a pipe: a parent that died closes it. */
export function untilTold(): Promise<void> {
  return new Promise((done) => {
    process.once('SIGTERM', () => done());
    process.once('SIGINT', () => done());
    // Nothing else keeps a stand-in without a server alive.
    const alive = setInterval(() => {}, 60_000);
    alive.ref();
    if (!standardInputIsPipe()) return;
    process.stdin.once('end', () => done());
    process.stdin.once('close', () => done());
    process.stdin.resume();
  });
}

function standardInputIsPipe(): boolean {
  try {
    const kind = fstatSync(0);
    return kind.isFIFO() || kind.isSocket();
  } catch {
    return false;
  }
}
