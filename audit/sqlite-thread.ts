import { Worker } from 'node:worker_threads';
import type { Indexer } from './indexer.ts';
import type { Statement } from './statements.ts';

/** What the thread is started with. */
export interface ThreadStart {
  readonly path: string;
  /** Whether it indexes from the start, as the one before it did. */
  readonly indexes: boolean;
}

/** What the thread is told: to write, to index all that is written, to index no more. */
export type ThreadWork =
  | { readonly kind: 'commit'; readonly statements: readonly Statement[] }
  | { readonly kind: 'catch-up' | 'index-no-more' };

export type ThreadRequest = ThreadWork & { readonly id: number };

/** What it answers. */
export interface ThreadAnswer {
  readonly id: number;
  readonly failed: boolean;
}

export interface SqliteThread {
  commit(statements: readonly Statement[]): Promise<void>;
  /** Makes the index in the thread, so that the hub's own neither reads back what was written nor waits for it. */
  index(): Indexer;
  close(): Promise<void>;
}

/** The first answers are not to wait for the index. */
const BEGIN_MS = 1_000;

type Waiting = ReturnType<typeof Promise.withResolvers<void>>;

/**
 * A writer of an SQLite file in a thread of its own: each commit waits for the disk, and SQLite waits in the thread that
 * asked. In the hub's own, every question would wait with it.
 */
export function openSqliteThread(path: string): SqliteThread {
  const waiting = new Map<number, Waiting>();
  let indexes = false;
  let worker: Worker | undefined = start();
  let last = 0;
  let closed = false;

  function start(): Worker {
    const started = new Worker(new URL('./sqlite-worker.ts', import.meta.url), {
      workerData: { path, indexes } satisfies ThreadStart,
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

  function ask(work: ThreadWork): Promise<void> {
    if (closed) return Promise.reject(new Error('The access log is closed'));
    worker ??= start();
    const one = Promise.withResolvers<void>();
    last += 1;
    waiting.set(last, one);
    worker.postMessage({ ...work, id: last } satisfies ThreadRequest);
    return one.promise;
  }

  return {
    commit: (statements) => ask({ kind: 'commit', statements }),
    index() {
      indexes = true;
      // From then on it looks by itself, and again for what it could not do.
      const begin = setTimeout(() => ask({ kind: 'catch-up' }).catch(() => {}), BEGIN_MS);
      begin.unref();
      return {
        catchUp: () => ask({ kind: 'catch-up' }),
        async close() {
          clearTimeout(begin);
          indexes = false;
          if (worker !== undefined) await ask({ kind: 'index-no-more' }).catch(() => {});
        },
      };
    },
    async close() {
      closed = true;
      await worker?.terminate();
    },
  };
}
