import { open, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dayOf } from '../audit/chain.ts';
import { type AuditDatabase, openAuditForReading } from '../audit/database.ts';
import { exportedHeads, exportedLines } from '../audit/export.ts';
import { keyId, readAuditKeys } from '../audit/keys.ts';
import { commandsOf } from '../audit/last-heads.ts';
import { mendIndex } from '../audit/mend-index.ts';
import { type RetainOptions, removeOldChains } from '../audit/retain.ts';
import { chainsOf } from '../audit/stored.ts';
import { firstKey, newestChain } from '../audit/subject-keys.ts';
import { verifyLog } from '../audit/verify.ts';
import { counted } from '../core/counted.ts';
import { readSettings, SettingsFault } from '../core/setting.ts';
import { instanceOf, openHubAudit } from './audit.ts';
import { auditUrl, openOwnAudit } from './audit-database.ts';
import { type AuditCommandOptions, auditOptionsOf } from './audit-options.ts';
import { makeDataFolder } from './data-folder.ts';
import type { Command, CommandOptions } from './own-commands.ts';
import { type HubSettings, hubSettings } from './settings.ts';
import { headsIn, whyUnread } from './unread-audit.ts';
import { UnusableDatabase } from './unusable-database.ts';
import { unwritable } from './unwritable.ts';

interface Asked {
  readonly settings: HubSettings;
  readonly audit: AuditDatabase;
  readonly options: AuditCommandOptions;
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

/** `node cli.ts audit verify|export|retain|keys|index|new-subject-key` */
export const runAuditCommand: Command = async (options) => {
  if (options.args[0] !== 'verify') return runNamed(options);
  try {
    return await runNamed(options);
  } catch (error) {
    options.warn(whyNotVerified(error));
    return NOT_READ;
  }
};

/** With 1, `audit verify` says that the log is broken: whatever keeps it from reading the log ends it with another code. */
export const NOT_READ = 2;

/** A sentence for whoever verifies. Of what nobody foresaw only the name: what its message holds, nobody knows. */
export function whyNotVerified(error: unknown): string {
  if (error instanceof SettingsFault) return error.message;
  const { code, name = typeof error } = Object(error) as { readonly code?: unknown; readonly name?: string };
  const which = typeof code === 'string' ? code : name;
  return `The access log was not verified: something happened that nobody foresaw (${which}).`;
}

async function runNamed({ args, environment, tell, warn }: CommandOptions): Promise<number> {
  const [name = '', ...rest] = args;
  const run = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (run === undefined)
    throw new SettingsFault(['audit: expected verify, export, retain, keys, index or new-subject-key']);
  const options = auditOptionsOf(rest);
  const faults: string[] = [];
  const settings = readSettings(hubSettings, environment, faults);
  if (faults.length > 0) throw new SettingsFault(faults);
  // Whoever verifies need not be able to change anything.
  const readsAlone = run === verify;
  if (!readsAlone) makeDataFolder(settings.DATA_DIR);
  let audit: AuditDatabase;
  try {
    audit = readsAlone ? openAuditForReading(auditUrl(settings)) : await openOwnAudit(settings);
  } catch (error) {
    if (error instanceof UnusableDatabase) {
      warn(error.message);
      return NOT_READ;
    }
    if (error instanceof SettingsFault) throw error;
    tell(whyUnread(error, settings));
    return NOT_READ;
  }
  try {
    return await run({ settings, audit, options, tell, warn });
  } finally {
    await audit.close();
  }
}

/** 0: whole and proven but for what is written today; 1: broken; 2: could not be read; 3: whole, and some of it unproven. */
async function verify({ settings, audit, options, tell }: Asked): Promise<number> {
  const { from, to, heads: directory } = options;
  const told = { broken: 0, unproven: 0, open: 0, note: 0 };
  try {
    const { chains, entries } = await verifyLog({
      ...{ database: audit.database, from, to, now: Date.now },
      heads: directory === undefined ? null : await headsIn(directory),
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
      return NOT_READ;
    }
    if (directory === undefined) tell('unproven: no exported heads were compared; name their folder with --heads');
    tell(
      `${counted(entries, 'entry', 'entries')} in ${counted(chains, 'chain')}: ${told.broken === 0 ? 'whole' : `broken in ${counted(told.broken, 'place')}`}, ${counted(told.unproven, 'end')} unproven`,
    );
    if (told.broken > 0) return 1;
    return told.unproven > 0 || directory === undefined ? 3 : 0;
  } catch (error) {
    if (error instanceof SettingsFault) throw error;
    tell(whyUnread(error, settings, audit.database.faultOf));
    return NOT_READ;
  }
}

async function exportLog({ settings, audit, options, tell, warn }: Asked): Promise<number> {
  const { from, to, file } = options;
  if (file === undefined) throw new SettingsFault(['audit export: expected --file FILE, where the entries go']);
  const lines = options['heads-only'] ? exportedHeads : exportedLines;
  let written = 0;
  await writeNewFile(file, async function* () {
    // Noted before anything is read: whoever takes the log out cannot be the one who leaves that out.
    await note('audit export', { settings, warn });
    for await (const text of lines({ database: audit.database, from, to })) {
      written += text.split('\n').length - 1;
      yield text;
    }
  });
  tell(`${counted(written, 'line was', 'lines were')} written.`);
  return 0;
}

/** Opens it before anything else is done, and leaves none that is not whole. @throws SettingsFault where it cannot be written */
async function writeNewFile(file: string, texts: () => AsyncGenerator<string>): Promise<void> {
  // Of the file's own errors alone: what else fails on the way has another reason.
  const told = (error: unknown): never => {
    throw unwritable('audit export: --file', file, error);
  };
  const out = await open(file, 'wx', 0o600).catch(told);
  try {
    for await (const text of texts()) await out.appendFile(text).catch(told);
    await out.close().catch(told);
  } catch (error) {
    await out.close().catch(() => {});
    await rm(file, { force: true });
    throw error;
  }
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
  tell(`${counted(removed.length, 'chain was', 'chains were')} older than ${settings.AUDIT_RETENTION_DAYS} days.`);
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
  tell(`${counted(added, 'row of the index was', 'rows of the index were')} missing, ${removed} stood for no entry.`);
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
  tell(
    `Changed from ${before} to ${subjectKeyId}. Tell whoever verifies the log: audit verify --new-subject-key ${dayOf(Date.now())}`,
  );
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
