import type { Database, Knex } from '../drivers/database.ts';

/**
 * UTC milliseconds by the clock that all hubs on a database share: the server's, or this machine's where the database
 * is a file on it. What one hub writes for another to wait for goes by it: their own clocks need not agree.
 */
export async function sharedClock(knex: Knex, { traits }: Database): Promise<number> {
  if (traits.name === 'sqlite') return Date.now();
  const [rows] = (await knex.raw('select floor(unix_timestamp(now(3)) * 1000) as clock')) as [{ clock: unknown }[]];
  return Number(rows[0]?.clock);
}
