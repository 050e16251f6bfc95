/** A database needs no server of its own here: whoever has its file has it. */

import { join, resolve } from 'node:path';
import type { Running } from '../../../stand-ins/serve.ts';
import { securityCode } from './callbacks.ts';
import { store } from './populate.ts';

export { populate, store } from './populate.ts';

export async function start(options: { directory: string; port?: number }): Promise<Running> {
  return {
    settings: { DATABASE_URL: `sqlite://${resolve(join(options.directory, store))}`, SECURITY_CODE: securityCode },
    close: async () => {},
    faults: () => {
      throw new Error('A file cannot be made to fail by a switch; move it away or lock it.');
    },
    calls: () => ({ total: 0, byPath: {} }),
    forgetCalls: () => {},
  };
}
