import { DAY_MS } from '../core/time.ts';
import type { Database } from '../drivers/database.ts';
import { removeOldVisits } from '../store/visits.ts';
import { describeFailure } from '../streams/failure.ts';

const EVERY_MS = 3_600_000;

/**
 * Removes visits that have been kept long enough, now and every hour. Several hubs on one store may do so at the same
 * time.
 */
export function keepVisitsShort({
  database,
  days,
  warn,
}: {
  readonly database: Database;
  readonly days: number;
  readonly warn: (message: string, details: Readonly<Record<string, unknown>>) => void;
}): { close(): Promise<void> } {
  const stopping = new AbortController();
  const remove = async (): Promise<void> => {
    try {
      await removeOldVisits(database, { keptMs: days * DAY_MS, signal: stopping.signal });
    } catch (error) {
      warn('Old visits cannot be removed; it is tried again in an hour', describeFailure(error));
    }
  };
  let running = remove();
  const timer = setInterval(() => {
    running = running.then(remove);
  }, EVERY_MS);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}
