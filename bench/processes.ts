import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { ContestantOptions } from './contestants/contestant.ts';
import type { LoadPlan, LoadResult } from './load.ts';

/** The server has one core for itself; the load, and a database server where there is one, share another. */
const SERVER_CORE = '0';
const LOAD_CORE = '1';
const READY_MS = 60_000;
const LOAD_MS = 120_000;
/** Kernel ticks a second, as /proc counts processor time on every Linux there is. */
const TICKS = 100;
const run = promisify(execFile);

export interface BenchServer {
  readonly url: string;
  /** Processor time the process has used so far, in milliseconds. */
  cpuMs(): number;
  close(): Promise<void>;
}

/** Puts this process on the load's core, and with it every process started from it that is not told otherwise. */
export async function leaveServerCore(): Promise<boolean> {
  if (availableParallelism() < 2) return false;
  return run('taskset', ['-a', '-p', '-c', LOAD_CORE, String(process.pid)]).then(
    () => true,
    () => false,
  );
}

export async function startServer(
  name: string,
  options: ContestantOptions,
  settings: { pinned: boolean; logFile: string; flags?: readonly string[] },
): Promise<BenchServer> {
  const script = [...(settings.flags ?? []), join(import.meta.dirname, 'serve.ts'), name, JSON.stringify(options)];
  const [command, args] = settings.pinned
    ? ['taskset', ['-c', SERVER_CORE, process.execPath, ...script]]
    : [process.execPath, script];
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', openSync(settings.logFile, 'a')],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  try {
    return { url: await urlOf(child, name), cpuMs: () => cpuMs(child.pid ?? 0), close: () => end(child) };
  } catch (error) {
    await end(child);
    throw error;
  }
}

export async function load(plan: LoadPlan): Promise<LoadResult> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'load.ts'), JSON.stringify(plan)], {
    timeout: LOAD_MS,
  });
  return JSON.parse(stdout) as LoadResult;
}

function urlOf(child: ChildProcess, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`The server ${name} ${why}`));
    const timer = setTimeout(() => fail(`was not ready within ${READY_MS} ms`), READY_MS);
    child.once('error', (error) => fail(`could not start: ${error.message}`));
    child.once('exit', (code) => fail(`ended with ${code} before it was ready`));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', (line) => {
      clearTimeout(timer);
      resolve((JSON.parse(line) as { url: string }).url);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  // A server ends when its standard input does.
  child.stdin?.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
  await ended;
  clearTimeout(timer);
}

/** User and system time of all threads: the 14th and 15th words, counted after the name, which may hold blanks. */
/** Processor time a process has used so far, milliseconds. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(words[11]) + Number(words[12])) * 1000) / TICKS;
}
