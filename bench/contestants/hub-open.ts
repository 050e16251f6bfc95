import { openAccessParts } from '../../test/support/open-access.ts';
import { OPEN_LIMITS_ENVIRONMENT } from '../../test/support/open-limits.ts';
import { startBenchHub } from '../bench-hub.ts';
import type { StartContestant } from './contestant.ts';

/** The same hub with everybody let in, to everything, and nothing written down: what the trust in the other one costs. */
export const start: StartContestant = (options) =>
  startBenchHub(options, { access: openAccessParts(), environment: OPEN_LIMITS_ENVIRONMENT });
