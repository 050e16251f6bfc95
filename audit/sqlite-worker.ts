import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openSqlite, type SqliteConnection } from '../drivers/sqlite.ts';
import type { Indexer } from './indexer.ts';
import type { ThreadAnswer, ThreadRequest, ThreadStart, ThreadWork } from './sqlite-thread.ts';
import type { Statement } from './statements.ts';

const { path, indexes } = workerData as ThreadStart;
const sqlite = openSqlite(path, { durable: true });
let connection: SqliteConnection | undefined;
let previous: Promise<unknown> = Promise.resolve();
let indexer: Promise<Indexer> | undefined;
if (indexes) index().catch(() => {});

parentPort?.on('message', async (request: ThreadRequest) => {
  const failed = await done(request).then(
    () => false,
    () => true,
  );
  parentPort?.postMessage({ id: request.id, failed } satisfies ThreadAnswer);
});

async function done(work: ThreadWork): Promise<void> {
  if (work.kind === 'commit') await inTurn(work.statements);
  else if (work.kind === 'catch-up') await (await index()).catchUp();
  else {
    const closing = indexer;
    indexer = undefined;
    await (await closing)?.close();
  }
}

/** Loaded when it is asked for: the first group waits until the thread has started. */
function index(): Promise<Indexer> {
  indexer ??= import('./indexer.ts').then(({ openIndexer }) =>
    openIndexer({
      database: sqlite,
      async commit(statements) {
        // Groups that came meanwhile, whose answers wait, go first.
        await setImmediate();
        await inTurn(statements);
      },
    }),
  );
  return indexer;
}

/** Waiting for another process's lock does not block, so that a later group could overtake this one. */
function inTurn(statements: readonly Statement[]): Promise<void> {
  const turn = previous.then(() => commit(statements));
  previous = turn.catch(() => {});
  return turn;
}

async function commit(statements: readonly Statement[]): Promise<void> {
  connection ??= sqlite.connect();
  const { run } = connection;
  const [only, ...others] = statements;
  if (only === undefined) return;
  if (others.length === 0) {
    await sqlite.whileBusy(() => run(only.sql, only.bindings));
    return;
  }
  await sqlite.whileBusy(() => run('begin immediate', []));
  try {
    for (const { sql, bindings } of statements) run(sql, bindings);
    await sqlite.whileBusy(() => run('commit', []));
  } catch (error) {
    run('rollback', []);
    throw error;
  }
}
