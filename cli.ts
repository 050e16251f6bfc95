import { flushCompileCache } from 'node:module';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import closeWithGrace from 'close-with-grace';
import pino from 'pino';
import { readSettings, SettingsFault } from './core/setting.ts';
import { bindableAddress } from './gateway/loopback.ts';
import { NOT_READ, whyNotVerified } from './hub/audit-command.ts';
import { startDemo } from './hub/demo.ts';
import { describeSettings } from './hub/describe-settings.ts';
import { describeErrors } from './hub/errors-doc.ts';
import { exposureOf } from './hub/identity-faults.ts';
import { type LiveDemo, showDemo } from './hub/live-demo.ts';
import { ownCommand } from './hub/own-commands.ts';
import { sampleQuery } from './hub/sample-query.ts';
import { hubSettings } from './hub/settings.ts';
import { isTask, runTask, TaskFailed } from './hub/tasks.ts';
import { describeTriggers } from './hub/triggers.ts';
import { createHub, type Hub } from './hub.ts';

const USAGE = `lienthong: one GraphQL API over the systems of all sectors

  npx node cli.ts demo        start the hub with made-up systems to try it on
  npx node cli.ts serve       start the hub with the systems that the settings name
      --role ROLE             only a part of it: gateway, capture, project or deliver; several separated by commas
  npx node cli.ts replay      build the index anew from the log, while hubs serve from it
  npx node cli.ts recover     go on after the log has lost records: tell again what the index lacks
  npx node cli.ts reconcile   compare everything that was delivered with what the portal has, and repair it
  npx node cli.ts quarantine [SECTOR]
                              list the latest 100 records that could not be read: when, way, place, reason
  npx node cli.ts confirm-deletes SECTOR WAY
                              let capture believe that as many dossiers are gone as it holds back
  npx node cli.ts triggers SECTOR [mysql|sqlite]
                              print the triggers by which a system's database notes its changes
  npx node cli.ts access [FILE]
                              check the file of grants and print who may see what
  npx node cli.ts audit verify|export|retain|keys|index|new-subject-key
                              check the access log, take it out, remove its oldest days, print its public keys,
                              make what finds its entries anew, go on with another subject key
  npx node cli.ts operations register DIR --to FILE
                              write down the operations of a folder, for OPERATIONS_FILE
  npx node cli.ts errors      print docs/errors.md
  npx node cli.ts settings    list every setting, its standard value and meaning
`;

const root = import.meta.dirname;
/** Time that systems, store and log may take to close once the last request is answered. */
const CLOSE_SYSTEMS_MS = 5_000;
/** Standard output fails anew with every line. */
let isToldNotAll = false;

async function main(): Promise<void> {
  // The stores hold names and numbers: what is made here is for the hub's account and its group alone.
  process.umask(process.umask() | 0o027);
  const [named = '', ...args] = process.argv.slice(2);
  const own = ownCommand(named);
  if (own !== null) {
    prepareOwn(named, args);
    process.exitCode = await own({ args, root, environment: process.env, tell, warn });
    return;
  }
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { role: { type: 'string', multiple: true }, help: { type: 'boolean', default: false } },
  });
  const [command = '', ...rest] = values.help ? ['help'] : positionals;
  if (command === 'settings') {
    const { SECTORS_DIR } = process.env;
    process.stdout.write(await describeSettings(join(root, 'sectors'), ...(SECTORS_DIR ? [SECTORS_DIR] : [])));
  } else if (command === 'triggers') {
    const directories = [join(root, 'sectors'), ...(process.env.SECTORS_DIR ? [process.env.SECTORS_DIR] : [])];
    process.stdout.write(await describeTriggers(directories, rest[0], rest[1]));
  } else if (command === 'errors') process.stdout.write(describeErrors());
  else if (command === 'demo') await start('demo', []);
  else if (command === 'serve') await start('serve', values.role ?? []);
  else if (isTask(command)) await runTask(command, rest, { root, tell });
  else {
    process.stdout.write(USAGE);
    process.exitCode = command === '' || command === 'help' ? 0 : 2;
  }
}

/** For what fails beside a command's own work, where it waits for nothing. */
function prepareOwn(named: string, [first]: readonly string[]): void {
  const verifies = named === 'audit' && first === 'verify';
  process.stdout.on('error', (error: NodeJS.ErrnoException) => toldNotAll(error, verifies ? NOT_READ : 1));
  // Of what cannot be told here, nothing can be told.
  process.stderr.on('error', () => {});
  if (!verifies) return;
  process.once('uncaughtException', (error) => {
    warn(whyNotVerified(error));
    process.exit(NOT_READ);
  });
}

/** @param code with which the process ends where it would end with success */
function toldNotAll({ code: why }: NodeJS.ErrnoException, code: number): void {
  // Whoever reads what it says may have enough: what it does is done to its end, and its code says how that was.
  if (why === 'EPIPE' || isToldNotAll) return;
  isToldNotAll = true;
  warn(`What was told could not be written to its end (${why}): what standard output holds is not whole.`);
  process.once('exit', () => {
    process.exitCode ||= code;
  });
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Standard output is for what was asked for: somebody may read it with a program. */
function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function start(command: 'demo' | 'serve', roles: readonly string[]): Promise<void> {
  // What fails in the demo is told by the answers; its terminal is for people.
  const standard = command === 'demo' ? { LOG_LEVEL: 'error', GRAPHIQL: 'on' } : {};
  const faults: string[] = [];
  const settings = readSettings(hubSettings, { ...standard, ...process.env }, faults);
  const { DATA_DIR, LOG_LEVEL } = settings;
  await bindableAddress(settings.HOST, exposureOf(settings)).catch((error: SettingsFault) => {
    faults.push(...error.faults);
  });
  // Before a province is made up for nothing; the hub itself reports these together with the sectors' own.
  if (command === 'demo' && faults.length > 0) throw new SettingsFault(faults);
  const logger = pino({ level: LOG_LEVEL ?? 'info' });
  const directory = resolve(DATA_DIR, 'demo');
  const demo = command === 'demo' ? await startDemo({ root, directory, tell }) : null;
  let hub: Hub | undefined;
  let show: LiveDemo | undefined;
  let address: string;
  try {
    const environment = { ...standard, ...demo?.environment, ...process.env };
    hub = await createHub({ environment, logger, roles, defaultQuery: sampleQuery });
    address = await hub.gateway.listen();
  } catch (error) {
    await hub?.close();
    await demo?.close();
    throw error;
  }
  logger.info({ address }, 'listening');
  // With NODE_COMPILE_CACHE the next process is back sooner, also after one that was killed.
  flushCompileCache();
  const running = hub;
  const closingMs = settings.CLOSE_DELAY_MS + settings.CLOSE_TIMEOUT_MS + CLOSE_SYSTEMS_MS;
  const end = closeWithGrace({ delay: closingMs, logger }, async ({ err }) => {
    // The name only: what the message of an unforeseen error holds, nobody knows.
    if (err) logger.fatal({ name: err.name, frames: err.stack?.split('\n').slice(1, 6) }, 'The hub stops');
    await show?.close();
    await running.close();
    await demo?.close();
  });
  if (demo !== null) show = showDemo({ hub: running, demo, address, tell });
  // A gateway goes on answering from the index it has; a process that has nothing else to do must not look alive.
  running.ended.catch(() => {
    if (!roles.length || roles.join().includes('gateway')) return;
    process.exitCode = 1;
    end.close();
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
  if (error instanceof SettingsFault || error instanceof TaskFailed) return error.message;
  const { code, port } = error as { code?: string; port?: number };
  if (code?.startsWith('ERR_PARSE_ARGS')) return `${(error as Error).message}\n\n${USAGE}`;
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken by another program. Stop that one, or set PORT to another port.`;
  return error instanceof Error ? error.stack : String(error);
}
