import { readFileSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import type { Statement } from './projection.ts';

/**
 * Sends recorded statements by bare mysql2, in their transactions: `bare-writer.ts URL FILE`. A process of its own, so
 * that neither side has to collect the other's garbage. Each message from its parent is a round, answered with seconds.
 */
const [uri = '', file = ''] = process.argv.slice(2);
const transactions = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as readonly Statement[]);
const connection = await createConnection({ uri });

async function write(): Promise<number> {
  const startedAt = performance.now();
  for (const statements of transactions) {
    await connection.query('begin');
    for (const { sql, bindings } of statements) await connection.query(sql, [...bindings]);
    await connection.query('commit');
  }
  return (performance.now() - startedAt) / 1_000;
}

process.on('message', () => {
  write().then(
    (seconds) => process.send?.({ seconds }),
    (error: Error) => process.send?.({ failure: error.message }),
  );
});
process.once('disconnect', () => process.exit(0));
