import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { createHub } from '../../hub.ts';
import { openAccessParts } from '../../test/support/open-access.ts';
import { BENCH_NOW, type SystemUrls } from './databases.ts';

const MOST_MS = 900_000;
/** A page of the comparison with everything would only repeat what was just read. */
const NO_SWEEP_MS = '3600000';

/**
 * Lets a hub read both systems into its index, which all servers then answer dossiers from.
 *
 * @param urls of the systems, as the hub is told them
 * @param store database of the hub's store; made anew where it is an SQLite file
 */
export async function fillIndex(urls: SystemUrls, store: string, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  if (store.startsWith('sqlite:'))
    for (const end of ['', '-wal', '-shm']) rmSync(new URL(store).pathname + end, { force: true });
  const hub = await createHub({
    access: openAccessParts(),
    logger: pino({ level: 'warn' }, pino.destination(2)),
    now: () => BENCH_NOW,
    roles: ['capture', 'project'],
    sectorDirectories: [join(import.meta.dirname, '..', 'sectors')],
    environment: {
      ...{ PORT: '0', DATA_DIR: directory, DATABASE_URL: store, SWEEP_INTERVAL_MS: NO_SWEEP_MS },
      ...{ SECTOR_LAND_DATABASE_URL: urls.land, SECTOR_ONE_STOP_DATABASE_URL: urls['one-stop'] },
    },
  });
  const late = AbortSignal.timeout(MOST_MS);
  const overdue = new Promise<never>((_, reject) => late.addEventListener('abort', () => reject(late.reason)));
  try {
    await Promise.race([hub.caughtUp(), overdue]);
  } finally {
    await hub.close();
  }
}
