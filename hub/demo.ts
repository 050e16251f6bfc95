import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Environment } from './sectors.ts';
import { settingsPrefix } from './sectors.ts';

/** The made-up systems of the demo: each a process of its own, as real systems are, so that each can be killed alone. */
export interface Demo {
  /** The settings that lead the hub to them; what the real environment sets wins. */
  readonly environment: Environment;
  readonly processes: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const READY_MS = 60_000;
const STOP_MS = 3_000;

/**
 * Makes the demo's data when there is none yet, and starts the stand-in of every sector that has one.
 *
 * @param options.root the repository
 * @param options.directory where the made-up systems keep their data
 */
export async function startDemo(options: {
  root: string;
  directory: string;
  tell: (text: string) => void;
}): Promise<Demo> {
  const { root, directory, tell } = options;
  // Written last: data whose making was broken off is made anew.
  const complete = join(directory, 'complete');
  if (!existsSync(complete)) {
    tell('Making up a province: people, land, businesses, dossiers …');
    await runToEnd(join(root, 'stand-ins', 'generate.ts'), ['--out', directory]);
    writeFileSync(complete, '');
  }
  const sectors = readdirSync(join(root, 'sectors')).filter((id) =>
    existsSync(join(root, 'sectors', id, 'stand-in', 'main.ts')),
  );
  const starting = await Promise.allSettled(sectors.map((id) => startStandIn(id, { root, directory })));
  const started = starting.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = starting.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(started.map(({ child }) => stop(child)));
    throw failed.reason;
  }
  const environment: Record<string, string> = {};
  for (const { id, settings } of started) {
    for (const [name, value] of Object.entries(settings)) environment[settingsPrefix(id) + name] = value;
  }
  return {
    environment,
    // A database that is a file is read whether or not the program that made it still runs.
    processes: new Map(
      started.filter(({ settings }) => !isFile(settings)).map(({ id, child }) => [id, child.pid ?? 0]),
    ),
    async close() {
      await Promise.all(started.map(({ child }) => stop(child)));
    },
  };
}

function isFile(settings: Readonly<Record<string, string>>): boolean {
  return Object.values(settings).every((value) => value.startsWith('sqlite:'));
}

async function runToEnd(script: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve));
  if (code !== 0) throw new Error(`${script} ended with ${code}`);
}

interface StandIn {
  readonly id: string;
  readonly child: ChildProcess;
  readonly settings: Readonly<Record<string, string>>;
}

function startStandIn(id: string, options: { root: string; directory: string }): Promise<StandIn> {
  const script = join(options.root, 'sectors', id, 'stand-in', 'main.ts');
  // Its standard input is ours to close: a stand-in ends with the hub even when the hub is killed.
  const child = spawn(process.execPath, [script, '--data', options.directory], { stdio: ['pipe', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`The stand-in of ${id} ${why}`));
    };
    const timer = setTimeout(() => fail(`was not ready within ${READY_MS} ms`), READY_MS);
    child.once('error', (error) => fail(`could not start: ${error.message}`));
    child.once('exit', (code) => fail(`ended with ${code} before it was ready`));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      const { ready, settings } = JSON.parse(line) as { ready?: boolean; settings?: Record<string, string> };
      if (ready !== true || settings === undefined) return;
      clearTimeout(timer);
      resolve({ id, child, settings });
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}
