import { accessSync, constants, statSync } from 'node:fs';
import { type ExportedHeads, readExportedHeads } from '../audit/exported-heads.ts';
import { SettingsFault } from '../core/setting.ts';
import type { Database, DatabaseFault } from '../drivers/database.ts';
import { auditUrl } from './audit-database.ts';
import type { HubSettings } from './settings.ts';

type Place = Pick<HubSettings, 'AUDIT_DATABASE_URL' | 'DATABASE_URL' | 'DATA_DIR'>;

const NO_FOLDER: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'it is no folder',
  EACCES: 'this account may not read it',
};
const OF_SERVER: Readonly<Record<string, string>> = {
  ER_ACCESS_DENIED_ERROR: 'its server does not let this account in',
  ER_DBACCESS_DENIED_ERROR: 'its server does not let this account in',
  ER_TABLEACCESS_DENIED_ERROR: 'its account may not read the tables of the log',
  ER_BAD_DB_ERROR: 'its server has no such database',
};
/** Results of sqlite3. */
const OF_SQLITE: Readonly<Record<number, string>> = {
  5: 'another process holds it',
  8: 'this account may not write to it',
  11: 'it is damaged',
  13: 'the disk is full',
  23: 'this account may not read it',
  26: 'it is no SQLite database',
};

/** Heads that tell in words why they cannot be read. @throws SettingsFault, also while they are read */
export async function headsIn(directory: string): Promise<ExportedHeads> {
  const unread = (why: string) => new SettingsFault([`audit verify: --heads: ${directory} cannot be read: ${why}`]);
  const heads = await readExportedHeads(directory).catch((error) => {
    throw unread(NO_FOLDER[codeOf(error)] ?? codeOf(error));
  });
  return {
    chains: heads.chains,
    async *of(chain) {
      try {
        yield* heads.of(chain);
      } catch (error) {
        throw unread(`a file in it cannot be read (${codeOf(error)})`);
      }
    },
  };
}

/**
 * A sentence that names the setting of the log's database, and neither its path nor its URL.
 *
 * @param faultOf of the database, where it was opened
 */
export function whyUnread(error: unknown, settings: Place, faultOf?: Database['faultOf']): string {
  const url = auditUrl(settings);
  const why = url.startsWith('sqlite:') ? ofFile(error, decodeURIComponent(new URL(url).pathname)) : ofServer(error);
  const table = faultOf === undefined ? null : missingTable(faultOf(error));
  return `The access log could not be read to its end: ${placeOf(settings, url)}: ${table ?? why}.`;
}

function placeOf({ AUDIT_DATABASE_URL }: Place, url: string): string {
  if (AUDIT_DATABASE_URL !== '') return 'the database of AUDIT_DATABASE_URL';
  return url.startsWith('sqlite:') ? 'audit.sqlite in DATA_DIR' : 'the database of DATABASE_URL';
}

function missingTable(fault: DatabaseFault): string | null {
  if (fault.kind !== 'schema' || fault.name === undefined) return null;
  return `it has no table ${fault.name.split('.').at(-1)}, so it holds no access log`;
}

function ofFile(error: unknown, path: string): string {
  const { errcode } = Object(error) as { readonly errcode?: unknown };
  if (typeof errcode !== 'number') return unforeseen(error);
  // Whatever keeps SQLite from opening a file has one result: the file itself says more.
  try {
    const file = statSync(path, { throwIfNoEntry: false });
    if (file === undefined) return 'there is no such file';
    if (file.isDirectory()) return 'it is a folder';
    accessSync(path, constants.R_OK);
  } catch (denied) {
    return `this account may not read it (${codeOf(denied)})`;
  }
  // Extended results hold the plain one in their low byte.
  return OF_SQLITE[errcode & 0xff] ?? `SQLite cannot read it (${errcode})`;
}

function ofServer(error: unknown): string {
  const code = codeOf(error);
  if (OF_SERVER[code] !== undefined) return OF_SERVER[code];
  return /^E[A-Z]+$/.test(code) ? `its server cannot be reached (${code})` : unforeseen(error);
}

/** Of what nobody foresaw only the name: what its message holds, nobody knows. */
function unforeseen(error: unknown): string {
  return `something happened that nobody foresaw (${codeOf(error)})`;
}

function codeOf(error: unknown): string {
  const { code, name = typeof error } = Object(error) as { readonly code?: unknown; readonly name?: string };
  return typeof code === 'string' ? code : name;
}
