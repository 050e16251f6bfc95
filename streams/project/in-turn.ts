import { setImmediate as yielded } from 'node:timers/promises';
import type { Statement } from '../../store/many-rows.ts';
import type { Transaction } from '../../store/transaction.ts';

/**
 * Works while the server does.
 *
 * @param running statements on their way; they leave this process only when the work in hand pauses
 */
export async function meanwhile<T>(running: Promise<unknown>, work: () => T): Promise<T> {
  // It is heard of only after the work.
  running.catch(() => {});
  await yielded();
  const made = work();
  await running;
  return made;
}

/**
 * Runs statements one after the other, each made while the server works on the one before it. None is given to the
 * connection earlier than that: a deadlock rolls the transaction back on the server, and what waited in the connection's
 * queue would be committed on its own.
 */
export async function runInTurn(trx: Transaction, statements: Iterable<Statement>): Promise<void> {
  const iterator = statements[Symbol.iterator]();
  for (let { done, value } = iterator.next(); done !== true; ) {
    const running = trx.run(value.sql, value.bindings);
    ({ done, value } = await meanwhile(running, () => iterator.next()));
  }
}
