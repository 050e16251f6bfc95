import type { Database, Knex } from '../../drivers/database.ts';

/**
 * The store as a process sees it that is stopped right after a transaction: nothing of it goes on until it is continued.
 */
export function stoppable(
  database: Database,
  stopsNow: () => Promise<boolean>,
): Database & { isStopped(): boolean; goOn(): void } {
  let stopped: Promise<void> | undefined;
  let goOn = () => {};
  const knex = new Proxy(database.knex, {
    get: (target, name) =>
      name !== 'transaction'
        ? Reflect.get(target, name)
        : async (work: Parameters<typeof target.transaction>[0], config?: Knex.TransactionConfig) => {
            const done = await target.transaction(work, config);
            if (stopped === undefined && (await stopsNow())) {
              stopped = new Promise((resolve) => {
                goOn = resolve;
              });
            }
            await stopped;
            return done;
          },
  });
  const { traits, query, faultOf, close } = database;
  return { traits, query, faultOf, close, knex, isStopped: () => stopped !== undefined, goOn: () => goOn() };
}
