import { constants, type FileHandle, lstat, open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { HubError } from '../../core/errors.ts';

/** One file of a drop, as it stood when the folder was looked at. */
export interface Dropped {
  readonly name: string;
  readonly size: number;
  /** UTC milliseconds. */
  readonly modifiedAt: number;
  /** The same as long as the file is the same: replaced or written to, it is another. */
  readonly identity: string;
  /** Whether nobody writes to it any more. */
  readonly whole: boolean;
  /** It is no file but the name of one, which may lie anywhere; it is never read. */
  readonly link: boolean;
}

export interface FolderOptions {
  readonly directory: string;
  /** File name with `*` for any characters and `?` for one. */
  readonly pattern: string;
  /** What makes a file the latest. */
  readonly latest: 'name' | 'modified';
  /** How long a file has to be left alone before it counts as whole, in milliseconds. */
  readonly stableMs: number;
  readonly now?: (() => number) | undefined;
}

/** Most entries of a folder; a drop is emptied now and then. */
const MAX_ENTRIES = 20_000;
/** Names under which files are written before they are renamed. */
const UNFINISHED = /^[.~]|\.(?:tmp|part|partial|filepart|crdownload|swp)$/i;

/** Not what took the file's place since the folder was looked at: a link, or a pipe that nobody writes to. */
const AS_IT_LIES = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface Folder {
  /** The files of the drop, the latest first. Rejects with SOURCE_UNAVAILABLE where the folder cannot be read. */
  look(): Promise<readonly Dropped[]>;
}

/** Looks at nothing until asked. */
export function openFolder({ directory, pattern, latest, stableMs, now = Date.now }: FolderOptions): Folder {
  const matches = patternOf(pattern);
  /** By identity: when it was seen first. A clock on a network share may be wrong; ours tells how long it stood still. */
  let seen = new Map<string, number>();
  return {
    async look() {
      const names = (await namesIn(directory)).filter((name) => matches.test(name) && !UNFINISHED.test(name));
      const at = now();
      const found: Dropped[] = [];
      for (const name of names) {
        const file = await lstat(join(directory, name)).catch(() => null);
        const link = file?.isSymbolicLink() ?? false;
        if (file === null || !(link || file.isFile())) continue;
        const identity = `${name}|${file.ino}|${file.size}|${file.mtimeMs}`;
        const first = seen.get(identity) ?? at;
        const whole = at - file.mtimeMs >= stableMs || at - first >= stableMs;
        found.push({ name, size: file.size, modifiedAt: Math.round(file.mtimeMs), identity, whole, link });
      }
      seen = new Map(found.map(({ identity }) => [identity, seen.get(identity) ?? at]));
      const byName = (a: Dropped, b: Dropped) => (a.name < b.name ? 1 : -1);
      const byTime = (a: Dropped, b: Dropped) => b.modifiedAt - a.modifiedAt || byName(a, b);
      return found.sort(latest === 'name' ? byName : byTime);
    },
  };
}

async function namesIn(directory: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const entry of await opendir(directory)) {
      names.push(entry.name);
      if (names.length > MAX_ENTRIES) break;
    }
  } catch (cause) {
    throw new HubError('SOURCE_UNAVAILABLE', 'the folder of the drop cannot be read', { cause });
  }
  if (names.length > MAX_ENTRIES) {
    throw new HubError('SOURCE_UNAVAILABLE', `the folder of the drop has more than ${MAX_ENTRIES} entries`);
  }
  return names;
}

/** @throws Error for a pattern that reaches into other folders */
export function patternOf(pattern: string): RegExp {
  if (/[/\\]/.test(pattern) || pattern === '') throw new Error('file: the pattern has to be a file name, with * and ?');
  const source = pattern
    .normalize('NFC')
    .replace(/[.+^${}()|[\]]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'u');
}

/**
 * Reads a file of the folder and makes sure that it stayed the same meanwhile.
 *
 * @throws HubError SOURCE_MALFORMED for a link, SOURCE_UNAVAILABLE for a file that is gone or was written to, and whatever
 * `use` throws
 */
export async function readDropped<T>(
  directory: string,
  { name, size, modifiedAt, link }: Dropped,
  use: (chunks: () => AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  // Whoever may write into the folder could have the hub read what only the hub may read.
  if (link) throw new HubError('SOURCE_MALFORMED', `${name}: is a link; only files of the folder itself are read`);
  let handle: FileHandle;
  try {
    handle = await open(join(directory, name), AS_IT_LIES);
  } catch (cause) {
    throw new HubError('SOURCE_UNAVAILABLE', `${name} is gone or may not be read`, { cause });
  }
  const demandSame = async () => {
    const file = await handle.stat();
    if (file.size === size && Math.round(file.mtimeMs) === modifiedAt) return;
    throw new HubError('SOURCE_UNAVAILABLE', `${name} was written to while it was read`);
  };
  try {
    await demandSame();
    const used = await use(async function* () {
      if (size > 0) yield* handle.createReadStream({ autoClose: false, start: 0, end: size - 1 });
    });
    await demandSame();
    return used;
  } finally {
    await handle.close();
  }
}
