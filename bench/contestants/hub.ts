import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ISSUER } from '../../stand-ins/issuer/sign.ts';
import { startBenchHub } from '../bench-hub.ts';
import type { StartContestant } from './contestant.ts';

/** For fifty people at once a counter's list costs more than one operation may without a word from whoever runs the hub. */
const MAX_COST = '1000000';

/** The hub with all it is trusted for: tokens, grants, purposes, limits, and the log with its heads before each answer. */
export const start: StartContestant = (options) => {
  const { directory, keysFile = '' } = options;
  const log = join(directory, 'log');
  mkdirSync(log, { recursive: true });
  return startBenchHub(options, {
    environment: {
      ...{ ISSUER, ISSUER_KEYS_FILE: keysFile, DEMO_ISSUER: 'accept', MAX_COST },
      ACCESS_FILE: join(import.meta.dirname, '..', 'access.json'),
      ...{ AUDIT_DATABASE_URL: `sqlite://${join(log, 'audit.sqlite')}`, AUDIT_HEADS_DIR: join(log, 'heads') },
    },
  });
};
