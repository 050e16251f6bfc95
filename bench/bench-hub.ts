import { join } from 'node:path';
import pino from 'pino';
import { createHub, type HubOptions } from '../hub.ts';
import type { ContestantOptions, StartedContestant } from './contestants/contestant.ts';
import { BENCH_NOW } from './tables/databases.ts';

/** The hub as it serves: sectors found on disk, behind their guards, its own store, the real gateway. Others capture. */
export async function startBenchHub(
  { kind, urls, directory }: ContestantOptions,
  own: { readonly access?: HubOptions['access']; readonly environment: Readonly<Record<string, string>> },
): Promise<StartedContestant> {
  const urlOf = (path: string) => (kind === 'mariadb' ? path : `${kind}://${path}`);
  const hub = await createHub({
    access: own.access,
    logger: pino({ level: 'info' }, pino.destination(2)),
    now: () => BENCH_NOW,
    roles: ['gateway'],
    sectorDirectories: [join(import.meta.dirname, 'sectors')],
    environment: {
      ...{ PORT: '0', DATA_DIR: directory, DATABASE_URL: urls.index },
      ...{ SECTOR_LAND_DATABASE_URL: urlOf(urls.land), SECTOR_ONE_STOP_DATABASE_URL: urlOf(urls['one-stop']) },
      ...own.environment,
    },
  });
  return { url: `${await hub.gateway.listen()}/graphql` };
}
