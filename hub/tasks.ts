import { join, resolve } from 'node:path';
import { loadCatalogues } from '../catalogues/catalogue.ts';
import { createSeal } from '../core/seal.ts';
import { readSettings, SettingsFault } from '../core/setting.ts';
import { confirmDeletes, knownWays } from '../store/capture-way.ts';
import { readQuarantine } from '../store/quarantine.ts';
import type { Store } from '../store/store.ts';
import { createDeliverer } from '../streams/deliver.ts';
import { openEventLog } from '../streams/logs/open-log.ts';
import { openPortal } from '../streams/portals/open-portal.ts';
import { recover } from '../streams/recover.ts';
import { replay } from '../streams/replay.ts';
import { makeDataFolder } from './data-folder.ts';
import { readSealingKey } from './sealing-key.ts';
import { findSectors } from './sectors.ts';
import { type HubSettings, hubSettings } from './settings.ts';
import { settingsAtOdds } from './settings-at-odds.ts';
import { openOwnStore } from './store-url.ts';

/** What an operator has done once, beside the hub that runs: each ends by itself. */
const TASKS = {
  replay: replayIndex,
  recover: recoverIndex,
  reconcile,
  quarantine,
  'confirm-deletes': confirm,
} as const;

export type Task = keyof typeof TASKS;

/** A task could not be done as asked; the message says what to do. */
export class TaskFailed extends Error {}

interface Workplace {
  readonly settings: HubSettings;
  readonly database: Store['database'];
  readonly sectors: readonly { readonly id: string; readonly role: 'reception' | 'course' }[];
  readonly catalogues: ReturnType<typeof loadCatalogues>;
  readonly args: readonly string[];
  readonly tell: (text: string) => void;
}

export function isTask(command: string): command is Task {
  return Object.hasOwn(TASKS, command);
}

/** @throws SettingsFault for settings that cannot be used */
export async function runTask(
  task: Task,
  args: readonly string[],
  options: { root: string; tell: (text: string) => void },
): Promise<void> {
  const faults: string[] = [];
  const settings = readSettings(hubSettings, process.env, faults);
  faults.push(...settingsAtOdds(settings));
  const directories = [join(options.root, 'sectors'), ...(settings.SECTORS_DIR ? [resolve(settings.SECTORS_DIR)] : [])];
  const found = await findSectors(directories, faults);
  if (faults.length > 0) throw new SettingsFault(faults);
  makeDataFolder(settings.DATA_DIR);
  const store = await openOwnStore(settings, { seal: createSeal(readSealingKey(settings)) });
  const sectors = found.flatMap(({ id, declaration }) =>
    declaration.dossiers === undefined ? [] : [{ id, role: declaration.dossiers.role }],
  );
  const catalogues = loadCatalogues(join(options.root, 'catalogues'));
  try {
    await TASKS[task]({ settings, database: store.database, sectors, catalogues, args, tell: options.tell });
  } finally {
    await store.close();
  }
}

async function replayIndex({ settings, database, sectors, catalogues, tell }: Workplace): Promise<void> {
  const warn = (message: string) => tell(message);
  const log = openEventLog({ settings, database, warn, now: Date.now });
  try {
    const { read, added, putAside, unseen, unseenCount } = await replay({
      ...{ database, log, sectors, catalogues, warn, now: Date.now },
    });
    tell(`${read} events were read again; ${added} of them the history did not have, ${putAside} cannot be read.`);
    if (unseenCount === 0) return;
    tell(`${unseenCount} views are in the index that no event speaks of; they were left as they are. The first:`);
    for (const { sector, code } of unseen.slice(0, 20)) tell(`  ${sector} ${code}`);
  } finally {
    await log.close();
  }
}

async function recoverIndex({ settings, database, sectors, tell }: Workplace): Promise<void> {
  const log = openEventLog({ settings, database, warn: (message) => tell(message), now: Date.now });
  try {
    const { topics, toldAgain } = await recover({ database, log, sectors, now: Date.now });
    for (const topic of topics) tell(`${topic} is read again from the first record it holds.`);
    tell(`${toldAgain} dossiers whose last version the index does not have are told again by the next capture.`);
  } finally {
    await log.close();
  }
}

async function reconcile({ settings, database, sectors, catalogues, tell }: Workplace): Promise<void> {
  if (settings.PORTAL_URL === '')
    throw new SettingsFault(['PORTAL_URL is not set: there is no portal to compare with']);
  const portal = openPortal(settings);
  const deliverer = createDeliverer({
    ...{ database, portal, catalogues, sectors, settings, now: Date.now },
    holder: `reconcile:${process.pid}`,
    warn: (message, details = {}) => tell([message, ...Object.values(details)].join(': ')),
  });
  try {
    const [{ copies = 0 } = {}] = await database.query('select count(*) as copies from portal_copy');
    tell(`${copies} dossiers were delivered so far and are compared with what the portal has.`);
    let told = 0;
    const outcome = await deliverer.reconcileAll(({ compared }) => {
      if (compared < told + TELL_EVERY) return;
      told = compared;
      tell(`compared: ${compared} …`);
    });
    for (const [name, count] of Object.entries(outcome)) tell(`${name}: ${count}`);
    if (outcome.unanswered > 0) {
      throw new TaskFailed(
        `The portal did not answer after ${outcome.compared} of ${copies}. Nothing is lost: run this again once it does.`,
      );
    }
  } finally {
    await deliverer.close();
    await portal.close();
  }
}

const TELL_EVERY = 1_000;
const MOST_LISTED = 100;

async function quarantine({ database, sectors, args, tell }: Workplace): Promise<void> {
  const [sector = null] = args;
  if (sector !== null && !sectors.some(({ id }) => id === sector)) {
    throw new SettingsFault([`quarantine SECTOR: expected one of ${sectors.map(({ id }) => id).join(', ')}, or none`]);
  }
  const records = await readQuarantine(database, { sector, limit: MOST_LISTED });
  if (records.length === 0) tell('Nothing is put aside.');
  for (const { sector: of, way, place, reason, lastAt, times } of records) {
    tell(`${new Date(lastAt).toISOString()} ${of} ${way} ${place} (${times} times): ${reason}`);
  }
}

async function confirm({ database, sectors, args, tell }: Workplace): Promise<void> {
  const [sector = '', way = ''] = args;
  if (!sectors.some(({ id }) => id === sector) || way === '') {
    throw new SettingsFault([
      `confirm-deletes SECTOR WAY: expected one of ${sectors.map(({ id }) => id).join(', ')} and a way that \`sectors { changes }\` names`,
    ]);
  }
  const held = await confirmDeletes(database, sector, way);
  if (held === null) {
    const ways = await knownWays(database, sector);
    throw new TaskFailed(
      `confirm-deletes ${sector} WAY: expected ${ways.join(' or ') || 'a way that has been read, and none has yet'}; came ${way}`,
    );
  }
  if (held === 0) tell(`No deletes of ${sector} wait to be confirmed.`);
  else tell(`${held} dossiers that ${sector} no longer has are taken as deleted in the next full comparison.`);
}
