import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

export type Role = 'capture' | 'project' | 'deliver' | 'gateway';
/** As `--role` takes them. */
export type Roles = Role | 'gateway,capture,project';

/** A hub as an operator starts it: `node cli.ts serve --role …`, in a process of its own. */
export interface HubProcess {
  readonly role: Roles;
  readonly pid: number;
  /** Where it listens. */
  readonly address: string;
  isRunning(): boolean;
  /** Sends a signal. Resolves, for SIGKILL, when it is gone. */
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): Promise<void>;
  /** Resident memory, bytes. */
  memory(): Promise<number>;
  /** The last lines that it said. */
  said(): readonly string[];
  /** Resolves with the exit code when it ends by itself. */
  readonly ended: Promise<number | null>;
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '../..');
const READY_MS = 60_000;
const STOP_MS = 8_000;
const MOST_LINES = 400;
const PAGE_BYTES = 4096;

export interface StartOptions {
  /** Most files and sockets that it may have open. */
  readonly descriptors?: number;
  /** Is given every line that it says. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export async function startHub(
  role: Roles,
  environment: Readonly<Record<string, string>>,
  { descriptors, onLine }: StartOptions = {},
): Promise<HubProcess> {
  const command = [process.execPath, join(ROOT, 'cli.ts'), 'serve', '--role', role];
  const limited = descriptors === undefined ? command : ['prlimit', `--nofile=${descriptors}`, ...command];
  const [program = '', ...args] = limited;
  // As `npm run serve` has it.
  const env = { NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'compile'), ...environment };
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const listening = Promise.withResolvers<string>();
  const hear = (line: string) => {
    lines.push(line);
    onLine?.(line);
    if (lines.length > MOST_LINES) lines.shift();
    if (!line.includes('"msg":"listening"')) return;
    listening.resolve(String((JSON.parse(line) as { address: string }).address));
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', hear);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const late = delay(READY_MS, undefined, { ref: false });
  const address = await Promise.race([listening.promise, ended.then(() => null), late]);
  if (!address) {
    child.kill('SIGKILL');
    throw new Error(`A hub as ${role} did not come up: ${lines.slice(-5).join('\n')}`);
  }
  return {
    role,
    pid: child.pid ?? 0,
    address,
    ended,
    isRunning: () => isRunning(child),
    async signal(name) {
      if (!isRunning(child)) return;
      child.kill(name);
      if (name === 'SIGKILL') await ended;
    },
    async memory() {
      const [, pages = '0'] = (await readFile(`/proc/${child.pid}/statm`, 'utf8')).split(' ');
      return Number(pages) * PAGE_BYTES;
    },
    said: () => lines,
    async stop() {
      if (!isRunning(child)) return;
      const gone = once(child, 'exit').then(() => true);
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      if (!(await Promise.race([gone, delay(STOP_MS, false, { ref: false })]))) child.kill('SIGKILL');
      await gone;
    },
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
