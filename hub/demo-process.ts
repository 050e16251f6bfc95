import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** A program of the demo that runs in a process of its own, as real systems do. */
export interface DemoProcess {
  readonly pid: number;
  /** What it printed when it was ready. */
  readonly settings: Readonly<Record<string, string>>;
  /** Resolves when it has ended, whoever ended it, with how: `SIGKILL`, `code 1`. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

const READY_MS = 60_000;
const STOP_MS = 3_000;

/**
 * Starts a program and waits until it says that it is ready.
 *
 * @param name as people are told when it does not start
 */
export function startProcess(name: string, args: readonly string[]): Promise<DemoProcess> {
  // Its standard input is ours to close: it ends with the hub even when the hub is killed.
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
  });
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`${name} ${why}`));
    };
    const timer = setTimeout(() => fail(`was not ready within ${READY_MS} ms`), READY_MS);
    child.once('error', (error) => fail(`could not start: ${error.message}`));
    void ended.then((how) => fail(`ended with ${how} before it was ready`));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      const { ready, settings } = JSON.parse(line) as { ready?: boolean; settings?: Record<string, string> };
      if (ready !== true || settings === undefined) return;
      clearTimeout(timer);
      resolve({ pid: child.pid ?? 0, settings, ended, stop: () => stop(child) });
    });
  });
}

export async function runToEnd(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve));
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}`);
}

/** What a program prints that ends by itself, without the line feed. */
export async function outputOf(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: READY_MS });
  return stdout.trimEnd();
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}
