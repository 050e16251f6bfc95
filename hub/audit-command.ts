import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { type AuditDatabase, openAuditDatabase, openAuditForReading } from '../audit/database.ts';
import { exportedHeads, exportedLines } from '../audit/export.ts';
import { readExportedHeads } from '../audit/exported-heads.ts';
import { keyId, readAuditKeys } from '../audit/keys.ts';
import { commandsOf } from '../audit/last-heads.ts';
import { mendIndex } from '../audit/mend-index.ts';
import { type RetainOptions, removeOldChains } from '../audit/retain.ts';
import { chainsOf } from '../audit/stored.ts';
import { firstKey, newestChain } from '../audit/subject-keys.ts';
import { verifyLog } from '../audit/verify.ts';
import { readSettings, SettingsFault } from '../core/setting.ts';
import { auditUrl, instanceOf, openHubAudit } from './audit.ts';
import type { Command } from './own-commands.ts';
import { type HubSettings, hubSettings } from './settings.ts';

interface Asked {
  readonly settings: HubSettings;
  readonly audit: AuditDatabase;
  readonly options: Options;
  readonly tell: (text: string) => void;
  readonly warn: (text: string) => void;
}

const COMMANDS: Readonly<Record<string, (asked: Asked) => Promise<number>>> = {
  verify,
  export: exportLog,
  retain,
  keys,
  index,
  'new-subject-key': newSubjectKey,
};

/** What is told of a log that is badly broken; the rest would say the same. */
const MOST_TOLD = 1_000;
const LEFT_ALONE: Readonly<Record<Parameters<RetainOptions['refuse']>[1], string>> = {
  UNPROVEN: 'is listed as if it could go, and no signed head says that it is old enough',
  TOO_YOUNG: 'is listed as being removed, and its signed head is younger than AUDIT_RETENTION_DAYS says',
};
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** `node cli.ts audit verify|export|retain|keys|index|new-subject-key` */
export const runAuditCommand: Command = async ({ args, environment, tell, warn }) => {
  const [name = '', ...rest] = args;
  const run = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (run === undefined)
    throw new SettingsFault(['audit: expected verify, export, retain, keys, index or new-subject-key']);
  const options = optionsOf(rest);
  const faults: string[] = [];
  const settings = readSettings(hubSettings, environment, faults);
  if (faults.length > 0) throw new SettingsFault(faults);
  mkdirSync(settings.DATA_DIR, { recursive: true });
  let audit: AuditDatabase;
  try {
    // Whoever verifies need not be able to change anything.
    const open = run === verify ? openAuditForReading : openAuditDatabase;
    audit = await open(auditUrl(settings));
  } catch (error) {
    if (error instanceof SettingsFault) throw error;
    tell('The access log’s database cannot be reached: see AUDIT_DATABASE_URL.');
    return 2;
  }
  try {
    return await run({ settings, audit, options, tell, warn });
  } finally {
    await audit.close();
  }
};

type Options = ReturnType<typeof optionsOf>;

function optionsOf(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        heads: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        file: { type: 'string' },
        'new-subject-key': { type: 'string', multiple: true, default: [] },
        'every-signature': { type: 'boolean', default: false },
        'heads-only': { type: 'boolean', default: false },
      },
    });
    for (const name of ['from', 'to', 'new-subject-key'] as const) {
      const days = [values[name] ?? []].flat();
      if (!days.every((day) => DAY.test(day))) throw new Error(`--${name}: expected a day as yyyy-mm-dd`);
    }
    return values;
  } catch (error) {
    throw new SettingsFault([`audit: ${error instanceof Error ? error.message : 'unknown option'}`]);
  }
}

/** 0: whole and proven but for what is written today; 1: broken; 2: could not be read; 3: whole, and some of it unproven. */
async function verify({ settings, audit, options, tell }: Asked): Promise<number> {
  const { from, to, heads: directory } = options;
  const told = { broken: 0, unproven: 0, open: 0, note: 0 };
  try {
    const { chains, entries } = await verifyLog({
      ...{ database: audit.database, from, to, now: Date.now },
      heads: directory === undefined ? null : await readExportedHeads(directory),
      everySignature: options['every-signature'],
      newSubjectKey: options['new-subject-key'],
      retentionDays: settings.AUDIT_RETENTION_DAYS,
      report(level, text) {
        told[level] += 1;
        if (told[level] <= MOST_TOLD) tell(`${level}: ${text}`);
      },
    });
    if (chains === 0 && told.broken === 0) {
      tell('Nothing is logged here: see AUDIT_DATABASE_URL, and the days that were named.');
      return 2;
    }
    if (directory === undefined) tell('unproven: no exported heads were compared; name their folder with --heads');
    tell(
      `${entries} entries in ${chains} chains: ${told.broken === 0 ? 'whole' : `broken in ${told.broken} places`}, ${told.unproven} ends unproven`,
    );
    if (told.broken > 0) return 1;
    return told.unproven > 0 || directory === undefined ? 3 : 0;
  } catch {
    tell('The access log or the heads could not be read to their end.');
    return 2;
  }
}

async function exportLog({ settings, audit, options, tell, warn }: Asked): Promise<number> {
  const { from, to, file } = options;
  if (file === undefined) throw new SettingsFault(['audit export: expected --file FILE, where the entries go']);
  // Noted first: whoever takes the log out cannot be the one who leaves that out.
  await note('audit export', { settings, warn });
  const out = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  await once(out, 'open');
  const lines = options['heads-only'] ? exportedHeads : exportedLines;
  let written = 0;
  for await (const text of lines({ database: audit.database, from, to })) {
    written += text.split('\n').length - 1;
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
  tell(`${written} lines were written.`);
  return 0;
}

async function retain({ settings, audit, tell, warn }: Asked): Promise<number> {
  await note('audit retain', { settings, warn });
  let refused = 0;
  const removed = await removeOldChains(audit, {
    ...{ retentionDays: settings.AUDIT_RETENTION_DAYS, now: Date.now },
    refuse(chain, reason) {
      refused += 1;
      tell(`Left alone: ${chain} ${LEFT_ALONE[reason]}.`);
    },
  });
  for (const chain of removed) tell(`Removed: ${chain}`);
  tell(`${removed.length} chains were older than ${settings.AUDIT_RETENTION_DAYS} days.`);
  return refused > 0 ? 1 : 0;
}

async function keys({ settings, audit, tell }: Asked): Promise<number> {
  const { publicKey } = readAuditKeys(settings);
  const known = new Set([publicKey]);
  for await (const chain of chainsOf(audit.database)) known.add(chain.publicKey);
  for (const key of known) tell(`${keyId(key)} ${key}${key === publicKey ? ' (this hub’s)' : ''}`);
  return 0;
}

async function index({ settings, audit, tell, warn }: Asked): Promise<number> {
  await note('audit index', { settings, warn });
  const { added, removed } = await mendIndex(audit);
  tell(`${added} rows of the index were missing, ${removed} stood for no entry.`);
  return 0;
}

/** From here on people's hashes are made with the key that is there now. */
async function newSubjectKey({ settings, audit, tell, warn }: Asked): Promise<number> {
  const { subjectKeyId } = readAuditKeys(settings);
  const before = (await newestChain(audit.database))?.subjectKey ?? (await firstKey(audit.database));
  if (before === null || before === subjectKeyId) {
    tell(`Nothing was changed: ${before === null ? 'the log is empty' : 'the log is written with this key'}.`);
    return 0;
  }
  await note('audit new-subject-key', { settings, warn, acceptsNewSubjectKey: true });
  tell(`Changed from ${before} to ${subjectKeyId}. Tell whoever verifies the log: --new-subject-key DAY`);
  return 0;
}

/** Writes into the log who did this with it. @throws where the log cannot be written */
async function note(
  name: string,
  options: Pick<Asked, 'settings' | 'warn'> & { readonly acceptsNewSubjectKey?: boolean },
): Promise<void> {
  const { warn } = options;
  // In chains of their own: whatever the hub's own chain before ended with, its next start has to find and tell.
  const settings = { ...options.settings, AUDIT_INSTANCE: commandsOf(instanceOf(options.settings)) };
  const { log, close } = await openHubAudit({
    ...{ ...options, settings, now: Date.now, delays: [] },
    warn: (message) => warn(`${name}: ${message}`),
  });
  try {
    await log.write({
      operation: {
        ...{ kind: 'OPERATION', request: name, actor: userInfo().username, client: 'cli', role: 'admin' },
        ...{ unit: null, purpose: 'AUDIT', dossier: null, visit: null },
        op: { hash: '', name, type: 'query' },
        ...{ fields: [], systems: [], outcome: 'ANSWERED', codes: [] },
      },
      subjects: [],
      // Refused like a reading of personal data where it cannot be written.
      personal: true,
    });
  } finally {
    await close();
  }
}
