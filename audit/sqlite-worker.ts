import { parentPort, workerData } from 'node:worker_threads';
import { openSqlite, type SqliteConnection } from '../drivers/sqlite.ts';
import type { ThreadAnswer, ThreadRequest } from './sqlite-thread.ts';
import type { Statement } from './statements.ts';

const sqlite = openSqlite(workerData as string, { durable: true });
let connection: SqliteConnection | undefined;
let previous: Promise<void> = Promise.resolve();

parentPort?.on('message', ({ id, statements }: ThreadRequest) => {
  // Waiting for another process's lock does not block, so that a later group could overtake this one.
  previous = previous.then(async () => {
    const failed = await commit(statements).then(
      () => false,
      () => true,
    );
    parentPort?.postMessage({ id, failed } satisfies ThreadAnswer);
  });
});

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
