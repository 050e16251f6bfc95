import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditHead } from '../core/audit.ts';
import { type HttpClient, openHttp } from '../drivers/http.ts';

/** Takes signed heads to places that the hub cannot rewrite. */
export interface HeadsExport {
  /** Resolves when the folder has it, or has failed to take it: an export that fails is told, and refuses nothing. */
  put(head: AuditHead): Promise<void>;
  /** `none`: no place was named; `behind`: some heads wait for it. */
  state(): 'none' | 'exported' | 'behind';
  /** Tries once more to take out what waits. */
  close(): Promise<void>;
}

export interface HeadsOptions {
  /** Empty: none. */
  readonly directory: string;
  /** Empty: none. */
  readonly url: string;
  readonly token: string;
  readonly warn: (message: string) => void;
}

/** Beyond these the oldest are dropped from the queue; they stand signed in the log and can be exported from there. */
const MOST_WAITING = 10_000;
const MOST_AT_ONCE = 1_000;
const EVERY_MS = 1_000;
const SEND_MS = 10_000;
const WARN_EVERY_MS = 60_000;

/** The file of a chain's heads: `{instance-run}.{day}.heads.jsonl`. */
export function headsFile(chain: string): string {
  return `${chain.replace('/', '.')}.heads.jsonl`;
}

export function openHeads({ directory, url, token, warn }: HeadsOptions): HeadsExport {
  let warnedAt = Number.NEGATIVE_INFINITY;
  const fail = (): void => {
    if (performance.now() - warnedAt < WARN_EVERY_MS) return;
    warnedAt = performance.now();
    warn('Heads of the access log cannot be exported; until they are, what they would prove is unproven');
  };
  const folder = directory === '' ? null : openFolder(directory, fail);
  const sender = url === '' ? null : openSender({ url, token, fail });
  return {
    async put(head) {
      sender?.put(head);
      await folder?.put(head);
    },
    state() {
      if (folder === null && sender === null) return 'none';
      return folder?.isBehind() || sender?.isBehind() ? 'behind' : 'exported';
    },
    async close() {
      await Promise.all([folder?.close(), sender?.close()]);
    },
  };
}

interface HeadsSink {
  put(head: AuditHead): void | Promise<void>;
  isBehind(): boolean;
  close(): Promise<void>;
}

function openFolder(directory: string, fail: () => void): HeadsSink {
  const waiting: AuditHead[] = [];
  let flushing: Promise<void> | undefined;
  let file: { readonly chain: string; readonly handle: FileHandle } | undefined;
  /** After a failure a file may end in the middle of a line. */
  let wasInterrupted = false;

  async function append(chain: string, text: string): Promise<void> {
    if (file?.chain !== chain) {
      await file?.handle.close();
      file = undefined;
      await mkdir(directory, { recursive: true });
      file = { chain, handle: await open(join(directory, headsFile(chain)), 'a', 0o640) };
    }
    // All of it: `write` may take a part, and say so without an error.
    await file.handle.appendFile(wasInterrupted ? `\n${text}` : text);
    wasInterrupted = false;
  }

  async function writeWaiting(): Promise<void> {
    try {
      while (waiting.length > 0) {
        const { chain = '' } = waiting[0] ?? {};
        const length = waiting.findIndex((one) => one.chain !== chain);
        const together = waiting.slice(0, length === -1 ? waiting.length : length);
        await append(chain, linesOf(together));
        waiting.splice(0, together.length);
      }
    } catch {
      await file?.handle.close().catch(() => {});
      file = undefined;
      wasInterrupted = true;
      fail();
    }
  }

  /** One after the other, since heads of a chain stand in its file in their order. */
  function flush(): Promise<void> {
    flushing ??= writeWaiting().finally(() => {
      flushing = undefined;
    });
    return flushing;
  }

  return {
    async put(head: AuditHead): Promise<void> {
      waiting.push(head);
      if (waiting.length > MOST_WAITING) waiting.shift();
      await flush();
    },
    isBehind: () => waiting.length > 0,
    async close(): Promise<void> {
      await flush();
      await file?.handle.close().catch(() => {});
      file = undefined;
    },
  };
}

function openSender({ url, token, fail }: { url: string; token: string; fail: () => void }): HeadsSink {
  const waiting: AuditHead[] = [];
  const client: HttpClient = openHttp({ baseUrl: url, maxBytes: 65_536, connections: 1, silenceMs: SEND_MS });
  let sending: Promise<void> | undefined;
  let isBehind = false;

  async function send(): Promise<void> {
    const together = waiting.slice(0, MOST_AT_ONCE);
    if (together.length === 0) return;
    try {
      const { status } = await client.request({
        method: 'POST',
        path: '',
        headers: { 'content-type': 'application/x-ndjson', ...(token !== '' && { authorization: `Bearer ${token}` }) },
        body: linesOf(together),
        signal: AbortSignal.timeout(SEND_MS),
      });
      if (status < 200 || status > 299) throw new Error('The heads were not taken');
      // The oldest may have been dropped meanwhile.
      const sent = new Set(together);
      const left = waiting.filter((head) => !sent.has(head));
      waiting.splice(0, waiting.length, ...left);
      isBehind = false;
    } catch {
      isBehind = true;
      fail();
    }
  }

  const timer = setInterval(() => {
    sending ??= send().finally(() => {
      sending = undefined;
    });
  }, EVERY_MS);
  timer.unref();
  return {
    put(head: AuditHead): void {
      waiting.push(head);
      if (waiting.length > MOST_WAITING) waiting.shift();
    },
    isBehind: () => isBehind,
    async close(): Promise<void> {
      clearInterval(timer);
      await sending;
      await send();
      await client.close();
    },
  };
}

function linesOf(heads: readonly AuditHead[]): string {
  return heads.map((head) => `${JSON.stringify(head)}\n`).join('');
}
