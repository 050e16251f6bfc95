import pino from 'pino';
import { createHub } from '../../hub.ts';
import { untilTold } from '../../stand-ins/run.ts';
import { openAccessParts } from '../../test/support/open-access.ts';

/**
 * A hub of some roles over the bench's sectors, in a process of its own as in production: `node hub-process.ts ROLE
 * FOLDER ENVIRONMENT`, the last as JSON. Says in a line when it runs.
 */
const [role = '', sectors = '', environment = '{}'] = process.argv.slice(2);
const hub = await createHub({
  access: openAccessParts(),
  logger: pino({ level: 'warn' }, pino.destination(2)),
  roles: [role],
  sectorDirectories: [sectors],
  environment: JSON.parse(environment) as Readonly<Record<string, string>>,
});
console.log(JSON.stringify({ ready: true, settings: {} }));
await untilTold();
await hub.close();
process.exit(0);
