import { type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SettingsFault } from '../core/setting.ts';
import { openDatabase } from '../drivers/database.ts';

/** A database that the hub cannot do without, and that cannot be opened where a setting says that it is. */
export class UnusableDatabase extends SettingsFault {}

export interface DatabasePlace {
  /** The setting by which it is found. */
  readonly setting: string;
  /** What is kept there, such as `the access log`. */
  readonly what: string;
  readonly url: string;
}

/** Why, and what is to be done with the setting that is named behind it. */
type Reason = readonly [why: string, remedy: string];

const SILENT: Reason = ['nobody answers there', 'Start it, or correct'];
const REFUSED: Reason = ['it refused the account or its password', 'Correct them there, or in'];
const RIGHTS: Reason = [
  'the account has not the rights that it needs',
  'Give it all rights on that database, or correct',
];
const LOST: Reason = ['no machine of that name is found', 'Have the name resolved, or correct'];
const ACCOUNT: Reason = ['this account may not use it', 'Let it read and write there, or correct'];
const FOLDER: Reason = ['its folder is not there', 'Make the folder, or correct'];
const FULL: Reason = ['the disk is full', 'Make room, or name another place in'];

/** What a person can act on. */
const REASONS = new Map<unknown, Reason>([
  ['ECONNREFUSED', SILENT],
  ['ETIMEDOUT', SILENT],
  ['EHOSTUNREACH', SILENT],
  ['ENETUNREACH', SILENT],
  ['ENOTFOUND', LOST],
  ['EAI_AGAIN', LOST],
  ['ER_ACCESS_DENIED_ERROR', REFUSED],
  ['ER_ACCESS_DENIED_NO_PASSWORD_ERROR', REFUSED],
  ['ER_DBACCESS_DENIED_ERROR', RIGHTS],
  ['ER_TABLEACCESS_DENIED_ERROR', RIGHTS],
  ['ER_BAD_DB_ERROR', ['there is no database of that name', 'Make it, or correct']],
  ['ER_NO_DB_ERROR', ['no database is named', 'Put its name behind the server’s in']],
  ['HANDSHAKE_NO_SSL_SUPPORT', ['the server speaks no TLS', 'Set it up there, or take tls=verify out of']],
]);

/** Results of sqlite3. */
const SQLITE_REASONS = new Map<unknown, Reason>([
  [5, ['another program holds it', 'End that one, or name another place in']],
  [8, ACCOUNT],
  [11, ['it is damaged', 'Put a backup in its place, or name another place in']],
  [13, FULL],
  [26, ['it is no SQLite database', 'Move it away, or correct']],
]);
const CANNOT_OPEN = 14;

/**
 * Opens a database, and says in a sentence why that cannot be; anything else stays what it is.
 *
 * @throws UnusableDatabase where an operator can do something about it
 */
export async function openAt<T>(place: DatabasePlace, open: () => Promise<T>): Promise<T> {
  await demandUrl(place);
  try {
    return await open();
  } catch (error) {
    const known = reasonOf(place.url, error);
    if (known === undefined) throw error;
    const [why, remedy] = known;
    const { setting, what, url } = place;
    throw new UnusableDatabase([
      `${setting}: ${what} cannot be opened in ${shownPlace(url)}: ${why}. ${remedy} ${setting}`,
    ]);
  }
}

/** Of what no driver takes for a URL, the driver says what it expected, and does not repeat it. */
async function demandUrl({ setting, url }: DatabasePlace): Promise<void> {
  try {
    await openDatabase(url).close();
  } catch (error) {
    const { message } = error as Error;
    throw new UnusableDatabase([`${setting}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`]);
  }
}

/** Why a database cannot be used, and what to do about it; undefined for what nobody foresaw. */
export function reasonOf(url: string, error: unknown): Reason | undefined {
  const { code, errcode } = Object(error) as { readonly code?: unknown; readonly errcode?: number };
  if (code !== 'ERR_SQLITE_ERROR') return REASONS.get(code);
  // The lowest eight bits are the result; those above tell its kinds apart.
  const result = Number(errcode) & 0xff;
  const file = fileOf(url);
  // Read as one, a folder has a result of its own.
  return result === CANNOT_OPEN || isFolder(file) ? reasonOfFile(file) : SQLITE_REASONS.get(result);
}

/** SQLite says of all of these the same. */
function reasonOfFile(file: string): Reason {
  const folder = statOf(dirname(file));
  if (folder === undefined) return FOLDER;
  if (!folder.isDirectory()) return ['what stands before its name is no folder', 'Correct'];
  return isFolder(file) ? ['it is a folder', 'Put the name of a file behind it in'] : ACCOUNT;
}

function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory() === true;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Without account and parameters. */
function shownPlace(url: string): string {
  if (url.startsWith('sqlite:')) return fileOf(url);
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

function fileOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname);
}
