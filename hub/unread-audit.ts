import { statSync } from 'node:fs';
import { type ExportedHeads, readExportedHeads } from '../audit/exported-heads.ts';
import { SettingsFault } from '../core/setting.ts';
import type { Database, DatabaseFault } from '../drivers/database.ts';
import { auditUrl } from './audit-database.ts';
import type { HubSettings } from './settings.ts';
import { reasonOf } from './unusable-database.ts';

type Place = Pick<HubSettings, 'AUDIT_DATABASE_URL' | 'DATABASE_URL' | 'DATA_DIR'>;

const NO_FOLDER: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'it is no folder',
  EACCES: 'this account may not read it',
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
  const table = faultOf === undefined ? null : missingTable(faultOf(error));
  const file = isMissing(url) ? 'there is no such file' : null;
  const why = table ?? file ?? reasonOf(url, error)?.[0] ?? unforeseen(error);
  return `The access log could not be read to its end: ${placeOf(settings, url)}: ${why}.`;
}

function placeOf({ AUDIT_DATABASE_URL }: Place, url: string): string {
  if (AUDIT_DATABASE_URL !== '') return 'the database of AUDIT_DATABASE_URL';
  return url.startsWith('sqlite:') ? 'audit.sqlite in DATA_DIR' : 'the database of DATABASE_URL';
}

function missingTable(fault: DatabaseFault): string | null {
  if (fault.kind !== 'schema' || fault.name === undefined) return null;
  return `it has no table ${fault.name.split('.').at(-1)}, so it holds no access log`;
}

/** Whoever only reads makes no file, so that one is missing is told apart from a folder that is. */
function isMissing(url: string): boolean {
  if (!url.startsWith('sqlite:')) return false;
  try {
    return statSync(decodeURIComponent(new URL(url).pathname), { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

/** Of what nobody foresaw only the name: what its message holds, nobody knows. */
function unforeseen(error: unknown): string {
  return `something happened that nobody foresaw (${codeOf(error)})`;
}

function codeOf(error: unknown): string {
  const { code, name = typeof error } = Object(error) as { readonly code?: unknown; readonly name?: string };
  return typeof code === 'string' ? code : name;
}
