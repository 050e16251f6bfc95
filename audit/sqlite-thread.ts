import { Worker } from 'node:worker_threads';
import type { Statement } from './statements.ts';

/** What the thread is told. */
export interface ThreadRequest {
  readonly id: number;
  readonly statements: readonly Statement[];
}

/** What it answers. */
export interface ThreadAnswer {
  readonly id: number;
  readonly failed: boolean;
}

export interface SqliteThread {
  commit(statements: readonly Statement[]): Promise<void>;
  close(): Promise<void>;
}

type Waiting = ReturnType<typeof Promise.withResolvers<void>>;

/**
 * A writer of an SQLite file in a thread of its own: each commit waits for the disk, and SQLite waits in the thread that
 * asked. In the hub's own, every question would wait with it.
 */
export function openSqliteThread(path: string): SqliteThread {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined = start();
  let last = 0;
  let closed = false;

  function start(): Worker {
    const started = new Worker(new URL('./sqlite-worker.ts', import.meta.url), {
      workerData: path,
      // What the process was started with may not fit a thread.
      execArgv: [],
    });
    started.on('message', ({ id, failed }: ThreadAnswer) => {
      const one = waiting.get(id);
      waiting.delete(id);
      if (failed) one?.reject(new Error('The access log did not take the entries'));
      else one?.resolve();
    });
    // An error ends the thread, and its end is told next.
    started.on('error', () => {});
    started.on('exit', () => {
      if (worker === started) worker = undefined;
      const left = [...waiting.values()];
      waiting.clear();
      for (const one of left) one.reject(new Error('The thread that writes the access log ended'));
    });
    return started;
  }

  return {
    commit(statements) {
      if (closed) return Promise.reject(new Error('The access log is closed'));
      worker ??= start();
      const one = Promise.withResolvers<void>();
      last += 1;
      waiting.set(last, one);
      worker.postMessage({ id: last, statements } satisfies ThreadRequest);
      return one.promise;
    },
    async close() {
      closed = true;
      await worker?.terminate();
    },
  };
}
