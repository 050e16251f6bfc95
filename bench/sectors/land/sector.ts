import type { Kit } from '../../../kit/index.ts';
import land from '../../../sectors/land/sector.ts';
import { benchDatabase } from '../../tables/bench-database.ts';

/** The land sector as it is; only that its tables may also be held in memory. */
export default (kit: Kit) => land({ ...kit, sql: (options) => benchDatabase(kit, options) });
