import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import closeWithGrace from 'close-with-grace';
import pino from 'pino';
import { SettingsFault } from './core/setting.ts';
import { startDemo } from './hub/demo.ts';
import { describeSettings } from './hub/describe-settings.ts';
import { describeErrors } from './hub/errors-doc.ts';
import { sampleQuery } from './hub/sample-query.ts';
import { createHub } from './hub.ts';

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
  if (command === 'settings') process.stdout.write(await describeSettings(join(root, 'sectors')));
  else if (command === 'errors') process.stdout.write(describeErrors());
  else if (command === 'demo' || command === 'serve') await start(command);
  else {
    process.stdout.write(USAGE);
    process.exitCode = command === '' || command === 'help' ? 0 : 2;
  }
}

async function start(command: 'demo' | 'serve'): Promise<void> {
  const logger = pino({ level: process.env.LOG_LEVEL ?? (command === 'demo' ? 'warn' : 'info') });
  const tell = (text: string) => process.stdout.write(`${text}\n`);
  const directory = resolve(process.env.DATA_DIR ?? 'data', 'demo');
  const demo = command === 'demo' ? await startDemo({ root, directory, tell }) : null;
  const environment = { ...demo?.environment, ...process.env };

  const hub = await createHub({ environment, logger, defaultQuery: sampleQuery });
  closeWithGrace({ delay: 15_000, logger }, async ({ err }) => {
    if (err) logger.fatal({ err }, 'The hub stops after an error nobody caught');
    await hub.close();
    await demo?.close();
  });
  const address = await hub.gateway.listen();
  logger.info({ address }, 'listening');
  if (demo !== null) {
    tell(`\nlienthong answers at ${address}/graphql; open ${address}/ in a browser to ask.`);
    tell(`Made-up systems: ${[...demo.processes].map(([id, pid]) => `${id} (pid ${pid})`).join(', ')}`);
    tell('Stop with Ctrl+C. Kill one of the systems to see the hub answer without it.');
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(
    `${error instanceof SettingsFault ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = 1;
}
