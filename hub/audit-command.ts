import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { type AuditDatabase, openAuditDatabase, openAuditForReading } from '../audit/database.ts';
import { exportedHeads, exportedLines } from '../audit/export.ts';
import { readExportedHeads } from '../audit/exported-heads.ts';
import { keyId, readAuditKeys } from '../audit/keys.ts';
import { removeOldChains } from '../audit/retain.ts';
import { chainsOf } from '../audit/stored.ts';
import { verifyLog } from '../audit/verify.ts';
import { readSettings, SettingsFault } from '../core/setting.ts';
import { auditUrl, openHubAudit } from './audit.ts';
import type { Command } from './own-commands.ts';
import { type HubSettings, hubSettings } from './settings.ts';

interface Asked {
  readonly settings: HubSettings;
  readonly audit: AuditDatabase;
  readonly options: Options;
  readonly tell: (text: string) => void;
}

const COMMANDS: Readonly<Record<string, (asked: Asked) => Promise<number>>> = {
  verify,
  export: exportLog,
  retain,
  keys,
};

/** What is told of a log that is badly broken; the rest would say the same. */
const MOST_TOLD = 1_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** `node cli.ts audit verify|export|retain|keys` */
export const runAuditCommand: Command = async ({ args, environment, tell }) => {
  const [name = '', ...rest] = args;
  const run = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (run === undefined) throw new SettingsFault(['audit: expected verify, export, retain or keys']);
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
    return await run({ settings, audit, options, tell });
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
        'every-signature': { type: 'boolean', default: false },
        'heads-only': { type: 'boolean', default: false },
      },
    });
    for (const name of ['from', 'to'] as const) {
      if (!DAY.test(values[name] ?? '2026-01-01')) throw new Error(`--${name}: expected a day as yyyy-mm-dd`);
    }
    return values;
  } catch (error) {
    throw new SettingsFault([`audit: ${error instanceof Error ? error.message : 'unknown option'}`]);
  }
}

/** 0: whole; 1: broken; 2: could not be read. */
async function verify({ settings, audit, options, tell }: Asked): Promise<number> {
  const { from, to, heads: directory } = options;
  const told = { broken: 0, unproven: 0, note: 0 };
  try {
    const { chains, entries } = await verifyLog({
      ...{ database: audit.database, from, to, now: Date.now },
      heads: directory === undefined ? null : await readExportedHeads(directory),
      everySignature: options['every-signature'],
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
    return told.broken === 0 ? 0 : 1;
  } catch {
    tell('The access log or the heads could not be read to their end.');
    return 2;
  }
}

async function exportLog({ settings, audit, options, tell }: Asked): Promise<number> {
  const { from, to, file } = options;
  if (file === undefined) throw new SettingsFault(['audit export: expected --file FILE, where the entries go']);
  // Noted first: whoever takes the log out cannot be the one who leaves that out.
  await note(settings, 'audit export');
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

async function retain({ settings, audit, tell }: Asked): Promise<number> {
  await note(settings, 'audit retain');
  const removed = await removeOldChains(audit, { retentionDays: settings.AUDIT_RETENTION_DAYS, now: Date.now });
  for (const chain of removed) tell(`Removed: ${chain}`);
  tell(`${removed.length} chains were older than ${settings.AUDIT_RETENTION_DAYS} days.`);
  return 0;
}

async function keys({ settings, audit, tell }: Asked): Promise<number> {
  const { publicKey } = readAuditKeys(settings);
  const known = new Set([publicKey]);
  for await (const chain of chainsOf(audit.database)) known.add(chain.publicKey);
  for (const key of known) tell(`${keyId(key)} ${key}${key === publicKey ? ' (this hub’s)' : ''}`);
  return 0;
}

/** Writes into the log who did this with it. @throws where the log cannot be written */
async function note(settings: HubSettings, name: string): Promise<void> {
  const { log, close } = await openHubAudit({ settings, now: Date.now, warn: () => {}, delays: [] });
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
