import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../../drivers/database.ts';
import { openEventLog } from '../../streams/logs/open-log.ts';
import { eventually, pause } from './event-log-subject.ts';

/** A member of a group in a process of its own, to be stopped and killed. Says a line for each batch it begins. */
export interface ReaderProcess {
  /** Resolves when it has begun so many batches. */
  until(batches: number): Promise<void>;
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
}

interface Task {
  readonly topic: string;
  readonly group: string;
  /** How long it holds every batch. */
  readonly holdMs: number;
}

type ProcessSettings = Readonly<Record<string, string | number>>;

export async function startReaderProcess(settings: ProcessSettings, task: Task): Promise<ReaderProcess> {
  const file = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [file, JSON.stringify(settings), JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  let batches = 0;
  child.stdout.on('data', (bytes: Buffer) => {
    batches += bytes.toString().split('\n').length - 1;
  });
  await once(child, 'spawn');
  return {
    until: (count) =>
      eventually(
        () => batches >= count,
        () => `the process began ${batches} of ${count} batches`,
      ),
    signal: (name) => void child.kill(name),
  };
}

async function main(settings: ProcessSettings, { topic, group, holdMs }: Task): Promise<void> {
  const log = openEventLog({
    settings: settings as unknown as Parameters<typeof openEventLog>[0]['settings'],
    database: openDatabase(String(settings.STORE_URL)),
    warn: () => {},
    now: Date.now,
  });
  await log.read({
    topics: [topic],
    group,
    batchSize: 5,
    handle: async ({ partition }) => {
      process.stdout.write(`${partition}\n`);
      await pause(holdMs);
    },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(JSON.parse(process.argv[2] ?? ''), JSON.parse(process.argv[3] ?? ''));
}
