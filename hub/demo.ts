import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { takeFolder } from './demo-folder.ts';
import { type DemoProcess, outputOf, runToEnd, startProcess } from './demo-process.ts';
import type { Environment } from './sectors.ts';
import { settingsPrefix } from './sectors.ts';

/** The made-up systems of the demo: each a process of its own, as real systems are, so that each can be killed alone. */
export interface Demo {
  /** The settings that lead the hub to them; what the real environment sets wins. */
  readonly environment: Environment;
  /** Those whose end is felt: a database that is a file is read whether or not the program that made it still runs. */
  readonly processes: ReadonlyMap<string, DemoProcess>;
  /**
   * Lets people begin to work on dossiers in the made-up systems.
   *
   * @param hub address at which the systems call it
   * @returns the program that plays them
   */
  openOffices(hub: string): Promise<DemoProcess>;
  /** A token of one of the made-up accounts, such as `leader`; good for half an hour. */
  tokenOf(account: string): Promise<string>;
  /** What people type in the repository's folder for such a token. */
  tokenCommand(account: string): string;
  close(): Promise<void>;
}

/** Systems that are no sector's: folder of the stand-in → what the names of its settings begin with. */
const OTHERS: Readonly<Record<string, string>> = { portal: 'PORTAL_', issuer: 'ISSUER_' };

/** How often somebody somewhere takes a dossier one step on. */
const WORK_EVERY_MS = 1_000;

/**
 * Makes the demo's data when there is none yet, and starts the stand-in of every sector that has one, the portal's and
 * the identity provider's.
 *
 * @param options.root the repository
 * @param options.directory where the made-up systems keep their data
 * @throws SettingsFault where the directory cannot be used
 */
export async function startDemo(options: {
  root: string;
  directory: string;
  tell: (text: string) => void;
}): Promise<Demo> {
  const { root, directory, tell } = options;
  const standIns = join(root, 'stand-ins');
  const isUsual = directory === resolve(root, 'data', 'demo');
  const giveBack = takeFolder(directory);
  // Written last: data whose making was broken off is made anew.
  const complete = join(directory, 'complete');
  if (!existsSync(complete)) {
    tell('Making up a province: people, land, businesses, dossiers …');
    await runToEnd([join(standIns, 'generate.ts'), '--out', directory]);
    writeFileSync(complete, '');
  }
  const sectors = readdirSync(join(root, 'sectors')).filter((id) => existsSync(scriptOf(root, id)));
  const scripts = new Map(sectors.map((id) => [id, scriptOf(root, id)]));
  for (const id of Object.keys(OTHERS)) scripts.set(id, join(standIns, id, 'main.ts'));
  const started = await startAll(scripts, directory);
  const environment: Record<string, string> = {
    PORTAL_MODE: 'send',
    ISSUER: 'urn:lienthong:demo-issuer',
    DEMO_ISSUER: 'accept',
    ACCESS_FILE: join(root, 'hub', 'demo-access.json'),
    // In earnest this is another machine's.
    AUDIT_HEADS_DIR: join(directory, 'audit-heads'),
  };
  for (const [id, { settings }] of started) {
    const prefix = OTHERS[id] ?? settingsPrefix(id);
    for (const [name, value] of Object.entries(settings)) environment[prefix + name] = value;
  }
  // Where each of them listens: for the programs that play the people who work with them.
  const systems = Object.fromEntries([...started].map(([id, { settings }]) => [id, settings]));
  writeFileSync(join(directory, 'systems.json'), JSON.stringify(systems));
  await runToEnd([join(standIns, 'held.ts'), 'spoil', '--data', directory]);
  return {
    environment,
    processes: new Map([...started].filter(([, one]) => !isFile(one.settings))),
    async openOffices(hub) {
      const day = [join(standIns, 'day.ts'), '--data', directory, '--every', String(WORK_EVERY_MS), '--hub', hub];
      const people = await startProcess('The day at the offices', day);
      started.set('the day at the offices', people);
      return people;
    },
    tokenCommand: (account) => `npm run --silent token -- ${account}${isUsual ? '' : ` --data '${directory}'`}`,
    tokenOf: (account) => outputOf([join(standIns, 'issuer', 'token.ts'), account, '--data', directory]),
    async close() {
      await Promise.all([...started.values()].map((one) => one.stop()));
      giveBack();
    },
  };
}

function scriptOf(root: string, sector: string): string {
  return join(root, 'sectors', sector, 'stand-in', 'main.ts');
}

async function startAll(scripts: ReadonlyMap<string, string>, directory: string): Promise<Map<string, DemoProcess>> {
  const starting = await Promise.allSettled(
    [...scripts].map(async ([id, script]) => {
      const started = await startProcess(`The stand-in of ${id}`, [script, '--data', directory]);
      return [id, started] as const;
    }),
  );
  const started = new Map(starting.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  const failed = starting.find((one) => one.status === 'rejected');
  if (failed === undefined) return started;
  await Promise.all([...started.values()].map((one) => one.stop()));
  throw failed.reason;
}

function isFile(settings: Readonly<Record<string, string>>): boolean {
  return Object.entries(settings).every(([name, value]) => !name.endsWith('URL') || value.startsWith('sqlite:'));
}
