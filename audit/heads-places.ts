import { type FileHandle, mkdir, open, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditHead } from '../core/audit.ts';
import { type HttpClient, openHttp } from '../drivers/http.ts';

/** A place outside the hub's reach that takes heads. */
export interface HeadsPlace {
  /**
   * Takes all of them, in their order, and keeps them.
   *
   * @param signal tells that nobody waits for it any more
   * @throws where it may not have; some of them may be there then
   */
  take(heads: readonly AuditHead[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const SEND_MS = 10_000;
/** What file systems say that know no such thing. */
const NO_SYNC: ReadonlySet<unknown> = new Set(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

/**
 * File systems of this machine's own (statfs(2)): tmpfs, ext4, overlay, XFS, btrfs, ZFS, F2FS. What was written there
 * outlives the process; what a machine loses with its power is exported again at the next start. Elsewhere what is
 * written may stay in this machine's memory until it is synced, and so has not left.
 */
const OWN_DISKS: ReadonlySet<number> = new Set([
  0x01021994, 0xef53, 0x794c7630, 0x58465342, 0x9123683e, 0x2fc12fc1, 0xf2f52010,
]);

/** Whether what is written to a folder has left only once it is synced. */
export async function needsSync(directory: string): Promise<boolean> {
  return !OWN_DISKS.has((await statfs(directory)).type);
}

/** The file of a chain's heads: `{instance-run}.{day}.heads.jsonl`. */
export function headsFile(chain: string): string {
  return `${chain.replace('/', '.')}.heads.jsonl`;
}

interface OpenFile {
  readonly chain: string;
  readonly handle: FileHandle;
  readonly syncs: boolean;
  /** Who wrote there before may have stopped in the middle of a line. */
  before: '' | '\n';
}

/** A folder with a file for each chain, to which is only ever appended. */
export function openHeadsFolder(directory: string): HeadsPlace {
  let file: OpenFile | undefined;

  async function closeFile(): Promise<void> {
    const closing = file;
    file = undefined;
    await closing?.handle.close().catch(() => {});
  }

  async function openFile(chain: string, signal: AbortSignal): Promise<OpenFile> {
    await closeFile();
    await mkdir(directory, { recursive: true });
    const syncs = await needsSync(directory);
    const path = join(directory, headsFile(chain));
    const handle = await open(path, 'a', 0o640);
    file = { chain, handle, syncs, before: '' };
    signal.throwIfAborted();
    const { size } = await handle.stat();
    if (size > 0 && !(await isLineFeedAt(path, size - 1))) file.before = '\n';
    return file;
  }

  async function append(chain: string, text: string, signal: AbortSignal): Promise<void> {
    const into = file?.chain === chain ? file : await openFile(chain, signal);
    // All of it: `write` may take a part, and say so without an error.
    await into.handle.appendFile(into.before + text);
    into.before = '';
    if (!into.syncs) return;
    await into.handle.datasync().catch((error: NodeJS.ErrnoException) => {
      if (!NO_SYNC.has(error.code)) throw error;
    });
  }

  return {
    async take(heads, signal) {
      try {
        for (let from = 0; from < heads.length; ) {
          const { chain = '' } = heads[from] ?? {};
          const length = heads.slice(from).findIndex((one) => one.chain !== chain);
          const next = length === -1 ? heads.length : from + length;
          await append(chain, linesOf(heads.slice(from, next)), signal);
          from = next;
        }
      } catch (error) {
        await closeFile();
        throw error;
      }
    },
    close: closeFile,
  };
}

/** Also false where it may not be read: an empty line does no harm. */
async function isLineFeedAt(path: string, position: number): Promise<boolean> {
  try {
    await using handle = await open(path, 'r');
    const { buffer } = await handle.read({ buffer: Buffer.alloc(1), position });
    return buffer.toString() === '\n';
  } catch {
    return false;
  }
}

/** An address to which they are sent, as JSON lines. */
export function openHeadsAddress(url: string, token: string): HeadsPlace {
  const client: HttpClient = openHttp({ baseUrl: url, maxBytes: 65_536, connections: 1, silenceMs: SEND_MS });
  return {
    async take(heads, signal) {
      const { status } = await client.request({
        method: 'POST',
        path: '',
        headers: { 'content-type': 'application/x-ndjson', ...(token !== '' && { authorization: `Bearer ${token}` }) },
        body: linesOf(heads),
        signal: AbortSignal.any([signal, AbortSignal.timeout(SEND_MS)]),
      });
      if (status < 200 || status > 299) throw new Error(`it answered with status ${status}`);
    },
    close: () => client.close(),
  };
}

function linesOf(heads: readonly AuditHead[]): string {
  return heads.map((head) => `${JSON.stringify(head)}\n`).join('');
}
