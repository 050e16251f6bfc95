import { setImmediate as yielded } from 'node:timers/promises';
import type { Statement } from '../../store/many-rows.ts';
import type { Transaction } from '../../store/transaction.ts';

/**
 * Runs statements one after the other, each made while the server works on the one before it. None is given to the
 * connection earlier than that: a deadlock rolls the transaction back on the server, and what waited in the connection's
 * queue would be committed on its own.
 */
export async function runInTurn(trx: Transaction, statements: Iterable<Statement>): Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  for (const { sql, bindings } of statements) {
    await running;
    running = trx.run(sql, bindings);
    // Awaited only after the next is made.
    running.catch(() => {});
    // It leaves this process only when the work in hand pauses.
    await yielded();
  }
  await running;
}
