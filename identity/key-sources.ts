import { readFile, stat } from 'node:fs/promises';
import { openHttp } from '../drivers/http.ts';
import type { KeySource } from './key-set.ts';

const MOST_BYTES = 65_536;
/** A file that somebody has just replaced is noticed within. */
const FILE_EVERY_MS = 5_000;

/** Keys that an issuer publishes at a URL. */
export function keysAtUrl(url: string, everyMs: number): KeySource {
  const http = openHttp({ baseUrl: url, maxBytes: MOST_BYTES, connections: 1, silenceMs: 5_000 });
  return {
    everyMs,
    async read(signal) {
      const { status, bytes } = await http.request({
        ...{ method: 'GET', path: '', headers: { accept: 'application/json' }, signal },
      });
      if (status !== 200) throw new Error(`the issuer answered with status ${status}`);
      return keysIn(new TextDecoder().decode(bytes));
    },
    close: () => http.close(),
  };
}

/** Keys in a JWKS file, for networks that no issuer can be reached from. */
export function keysInFile(path: string): KeySource {
  let seen = '';
  return {
    everyMs: FILE_EVERY_MS,
    async read() {
      const { mtimeMs, size, ino } = await stat(path).catch(unreadable);
      const mark = `${mtimeMs} ${size} ${ino}`;
      if (mark === seen) return null;
      if (size > MOST_BYTES) throw new Error(`the file of keys is larger than ${MOST_BYTES} bytes`);
      const keys = keysIn(new TextDecoder().decode(await readFile(path).catch(unreadable)));
      seen = mark;
      return keys;
    },
    close: async () => {},
  };
}

function keysIn(text: string): readonly unknown[] {
  const { keys } = parsed(text) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('expected a JSON Web Key Set: an object with `keys`');
  return keys;
}

function parsed(text: string): object {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    throw new Error('expected a JSON Web Key Set; what came is no JSON');
  }
}

/** The name of the fault alone: the rest of the message is a path. */
function unreadable(error: NodeJS.ErrnoException): never {
  throw new Error(`the file of keys cannot be read: ${error.code ?? error.name}`);
}
