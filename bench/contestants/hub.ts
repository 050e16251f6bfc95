import { join } from 'node:path';
import pino from 'pino';
import { createHub } from '../../hub.ts';
import { openAccessParts } from '../../test/support/open-access.ts';
import { OPEN_LIMITS_ENVIRONMENT } from '../../test/support/open-limits.ts';
import { BENCH_NOW } from '../tables/databases.ts';
import type { StartContestant } from './contestant.ts';

/** The hub as it serves: sectors found on disk, behind their guards, its own store, the real gateway. Others capture. */
export const start: StartContestant = async ({ kind, urls, directory }) => {
  const urlOf = (path: string) => (kind === 'mariadb' ? path : `${kind}://${path}`);
  const hub = await createHub({
    access: openAccessParts(),
    logger: pino({ level: 'info' }, pino.destination(2)),
    now: () => BENCH_NOW,
    roles: ['gateway'],
    sectorDirectories: [join(import.meta.dirname, '..', 'sectors')],
    environment: {
      ...OPEN_LIMITS_ENVIRONMENT,
      PORT: '0',
      DATA_DIR: directory,
      DATABASE_URL: urls.index,
      SECTOR_LAND_DATABASE_URL: urlOf(urls.land),
      SECTOR_ONE_STOP_DATABASE_URL: urlOf(urls['one-stop']),
    },
  });
  return { url: `${await hub.gateway.listen()}/graphql` };
};
