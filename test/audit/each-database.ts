import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { ownDatabase } from '../services/mariadb.ts';
import { skipByName } from '../support/missing.ts';

/** An empty database for an access log. */
export interface LogPlace {
  readonly url: string;
  remove(): Promise<void>;
}

/** Runs a contract of the access log on each database that it may lie in. */
export function onEachDatabase(
  title: string,
  contract: (title: string, makePlace: () => Promise<LogPlace>) => void,
): void {
  contract(`${title} on SQLite`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lienthong-audit-'));
    return { url: `sqlite://${folder}/audit.sqlite`, remove: () => rm(folder, { recursive: true, force: true }) };
  });
  const mariadb = inject('mariadb');
  if ('missing' in mariadb) skipByName(`${title} on MariaDB`, mariadb);
  else {
    contract(`${title} on MariaDB`, async () => {
      const { url, drop } = await ownDatabase(mariadb);
      return { url, remove: drop };
    });
  }
}
