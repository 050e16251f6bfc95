import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import closeWithGrace from 'close-with-grace';
import pino from 'pino';
import { readSettings, SettingsFault } from './core/setting.ts';
import { loopbackAddress } from './gateway/loopback.ts';
import { startDemo } from './hub/demo.ts';
import { describeSettings } from './hub/describe-settings.ts';
import { describeErrors } from './hub/errors-doc.ts';
import { sampleQuery } from './hub/sample-query.ts';
import { hubSettings } from './hub/settings.ts';
import { createHub, type Hub } from './hub.ts';

const USAGE = `lienthong: one GraphQL API over the systems of all sectors

  node cli.ts demo        start the hub with made-up systems to try it on
  node cli.ts serve       start the hub with the systems that the settings name
  node cli.ts errors      print docs/errors.md
  node cli.ts settings    list every setting, its standard value and meaning
`;

const root = import.meta.dirname;

async function main(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true, options: {} });
  const [command = ''] = positionals;
  if (command === 'settings') {
    const { SECTORS_DIR } = process.env;
    process.stdout.write(await describeSettings(join(root, 'sectors'), ...(SECTORS_DIR ? [SECTORS_DIR] : [])));
  } else if (command === 'errors') process.stdout.write(describeErrors());
  else if (command === 'demo' || command === 'serve') await start(command);
  else {
    process.stdout.write(USAGE);
    process.exitCode = command === '' || command === 'help' ? 0 : 2;
  }
}

async function start(command: 'demo' | 'serve'): Promise<void> {
  const standard = command === 'demo' ? { LOG_LEVEL: 'warn' } : {};
  const faults: string[] = [];
  const { DATA_DIR, HOST, LOG_LEVEL } = readSettings(hubSettings, { ...standard, ...process.env }, faults);
  if (HOST !== undefined) await loopbackAddress(HOST).catch((error: SettingsFault) => faults.push(...error.faults));
  // Before a province is made up for nothing; the hub itself reports these together with the sectors' own.
  if (command === 'demo' && faults.length > 0) throw new SettingsFault(faults);
  const logger = pino({ level: LOG_LEVEL ?? 'info' });
  const tell = (text: string) => process.stdout.write(`${text}\n`);
  const directory = resolve(DATA_DIR, 'demo');
  const demo = command === 'demo' ? await startDemo({ root, directory, tell }) : null;
  let hub: Hub | undefined;
  try {
    hub = await createHub({ environment: { ...demo?.environment, ...process.env }, logger, defaultQuery: sampleQuery });
    const address = await hub.gateway.listen();
    logger.info({ address }, 'listening');
    if (demo !== null) {
      tell(`\nlienthong answers at ${address}/graphql; open ${address}/ in a browser to ask.`);
      tell(`Made-up systems: ${[...demo.processes].map(([id, pid]) => `${id} (pid ${pid})`).join(', ')}`);
      tell('Stop with Ctrl+C. Kill one of these systems to see the hub answer without it; a restart brings it back.');
    }
  } catch (error) {
    await hub?.close();
    await demo?.close();
    throw error;
  }
  closeWithGrace({ delay: 15_000, logger }, async ({ err }) => {
    // The name only: what the message of an unforeseen error holds, nobody knows.
    if (err) logger.fatal({ name: err.name, frames: err.stack?.split('\n').slice(1, 6) }, 'The hub stops');
    await hub.close();
    await demo?.close();
  });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${toldToOperator(error)}\n`);
  process.exitCode = 1;
}

/** What an operator can act on is told in words; only what nobody foresaw comes with its stack. */
function toldToOperator(error: unknown): string | undefined {
  if (error instanceof SettingsFault) return error.message;
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken by another program. Stop that one, or set PORT to another port.`;
  return error instanceof Error ? error.stack : String(error);
}
