import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openAuditDatabase, type WrittenAudit } from '../audit/database.ts';
import { strangeTable } from '../audit/tables.ts';
import { SettingsFault } from '../core/setting.ts';
import type { HubSettings } from './settings.ts';
import { openAt } from './unusable-database.ts';

type Place = Pick<HubSettings, 'AUDIT_DATABASE_URL' | 'DATABASE_URL' | 'DATA_DIR'>;

/**
 * Opens the access log that is written to, and brings its tables up to date.
 *
 * @throws SettingsFault for a place that cannot be used; UnusableDatabase where it cannot be opened there
 */
export async function openOwnAudit(settings: Place): Promise<WrittenAudit> {
  const url = auditUrl(settings);
  const place = { setting: settingOf(url, settings), what: 'the access log', url };
  const audit = await openAt(place, () => openAuditDatabase(url));
  try {
    const table = await strangeTable(audit.database);
    if (table === null) return audit;
    throw new SettingsFault([
      `AUDIT_DATABASE_URL: the access log in ${placeOf(url, settings)} was made by another version of the hub (${table} differs). Keep it, to be read with that version: move it away, or have AUDIT_DATABASE_URL name another place`,
    ]);
  } catch (error) {
    await audit.close();
    throw error;
  }
}

/** The setting that says where it is. */
function settingOf(url: string, { AUDIT_DATABASE_URL, DATABASE_URL }: Place): string {
  if (AUDIT_DATABASE_URL !== '') return 'AUDIT_DATABASE_URL';
  return url === DATABASE_URL ? 'DATABASE_URL' : 'DATA_DIR';
}

/** A file by its path; a server by the setting that names it, since its URL holds a password. */
function placeOf(url: string, settings: Place): string {
  if (url.startsWith('sqlite:')) return decodeURIComponent(new URL(url).pathname);
  return `the database of ${settingOf(url, settings)}`;
}

/** @throws SettingsFault for a database that would be gone with the process */
export function auditUrl(settings: Place): string {
  const { AUDIT_DATABASE_URL, DATABASE_URL, DATA_DIR } = settings;
  if (AUDIT_DATABASE_URL === 'sqlite::memory:') {
    throw new SettingsFault(['AUDIT_DATABASE_URL: expected a file or a server, came a database in memory']);
  }
  if (AUDIT_DATABASE_URL !== '') return AUDIT_DATABASE_URL;
  if (DATABASE_URL !== '' && !DATABASE_URL.startsWith('sqlite:')) return DATABASE_URL;
  return `sqlite://${pathToFileURL(join(resolve(DATA_DIR), 'audit.sqlite')).pathname}`;
}
