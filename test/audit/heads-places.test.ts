import { mkdtemp, open, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HeadsPlace, headsFile, openHeadsAddress, openHeadsFolder } from '../../audit/heads-places.ts';
import type { AuditHead } from '../../core/audit.ts';

const [FIRST, SECOND] = ['motcua-00000001/2026-11-20', 'motcua-00000001/2026-11-21'];
const EXT4 = 0xef53;
const NFS = 0x6969;
/** Which file system a folder lies on, whether its files may be read, and with which flags they were opened. */
const disk = vi.hoisted(() => ({ type: 0, isReadable: true, opened: [] as unknown[] }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    statfs: async () => disk,
    open: async (...asked: Parameters<typeof real.open>) => {
      const [, flags] = asked;
      disk.opened.push(flags);
      if (flags === 'r' && !disk.isReadable) throw Object.assign(new Error('not for you'), { code: 'EACCES' });
      return real.open(...asked);
    },
  };
});

const head = (seq: number, chain = FIRST): AuditHead => ({
  ...{ chain, seq, at: 1, hash: 'ab'.repeat(32), key: '0123456789abcdef', signature: 'c2ln' },
});
const heads = (...seqs: readonly number[]) => seqs.map((seq) => head(seq));
const lines = (all: readonly AuditHead[]) => all.map((one) => `${JSON.stringify(one)}\n`).join('');
const never = () => new AbortController().signal;

describe('A folder that heads leave for', () => {
  let folder: string;
  let place: HeadsPlace;

  beforeEach(async () => {
    Object.assign(disk, { type: EXT4, isReadable: true, opened: [] });
    folder = await mkdtemp(join(tmpdir(), 'lienthong-heads-places-'));
    place = openHeadsFolder(folder);
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await place.close();
    await rm(folder, { recursive: true, force: true });
  });

  const file = (chain: string) => join(folder, headsFile(chain));
  const textOf = (chain: string) => readFile(file(chain), 'utf8');

  /** Files of the folder that this process has open. */
  async function openFiles(): Promise<readonly string[]> {
    const numbers = await readdir('/proc/self/fd');
    const paths = await Promise.all(numbers.map((one) => readlink(`/proc/self/fd/${one}`).catch(() => '')));
    return paths.filter((path) => path.startsWith(`${folder}/`));
  }

  /** What becomes of each attempt to have the disk keep what was written. */
  async function onSync(answer: () => Promise<void>) {
    const handle = await open(join(folder, 'any'), 'w');
    const { prototype } = handle.constructor as unknown as { prototype: typeof handle };
    await handle.close();
    return vi.spyOn(prototype, 'datasync').mockImplementation(answer);
  }

  it('has a file for each chain, with its heads in the order in which they came', async () => {
    await place.take([...heads(1, 2), head(1, SECOND), ...heads(3)], never());
    await place.take([], never());
    await place.take([...heads(4), head(2, SECOND)], never());
    expect((await readdir(folder)).sort()).toEqual([
      'motcua-00000001.2026-11-20.heads.jsonl',
      'motcua-00000001.2026-11-21.heads.jsonl',
    ]);
    expect(await textOf(FIRST)).toBe(lines(heads(1, 2, 3, 4)));
    expect(await textOf(SECOND)).toBe(lines([head(1, SECOND), head(2, SECOND)]));
  });

  it('is made where it is not there, for its group to read and nobody else', async () => {
    const place_ = openHeadsFolder(join(folder, 'a', 'b'));
    await place_.take(heads(1), never());
    await place_.close();
    const { mode } = await stat(join(folder, 'a', 'b', headsFile(FIRST)));
    expect(mode & 0o777).toBe(0o640 & ~process.umask());
  });

  it('has one file open at a time, and none once it is closed or has failed', async () => {
    await place.take([...heads(1), head(1, SECOND), ...heads(2)], never());
    expect(await openFiles()).toEqual([file(FIRST)]);
    await place.take(heads(3), never());
    expect(await openFiles()).toEqual([file(FIRST)]);
    await expect(place.take([{ ...head(1), chain: 'a/b/c' }], never())).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await openFiles()).toEqual([]);
    await place.take(heads(4), never());
    await place.close();
    await place.close();
    expect(await openFiles()).toEqual([]);
    expect(await textOf(FIRST)).toBe(lines(heads(1, 2, 3, 4)));
  });

  it('is opened anew behind a failure, as somebody may have taken its file away', async () => {
    await place.take(heads(1), never());
    await rm(file(FIRST));
    disk.type = NFS;
    const other = [head(1, SECOND)];
    const sync = await onSync(() => Promise.reject(Object.assign(new Error('lost'), { code: 'EIO' })));
    await expect(place.take(other, never())).rejects.toThrow('lost');
    sync.mockRestore();
    await place.take(heads(2), never());
    expect(await textOf(FIRST)).toBe(lines(heads(2)));
  });

  it('gets nothing once nobody waits for it any more', async () => {
    await expect(place.take(heads(1), AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    expect(await textOf(FIRST)).toBe('');
    await place.take(heads(1), never());
    expect(await textOf(FIRST)).toBe(lines(heads(1)));
  });

  it('goes on in a line of its own, once, where the one before was cut off', async () => {
    await writeFile(file(FIRST), '{"chain"');
    await place.take(heads(1), never());
    await place.take(heads(2), never());
    expect(await textOf(FIRST)).toBe(`{"chain"\n${lines(heads(1, 2))}`);
  });

  it('goes on in a line of its own where nobody may read how the one before ended', async () => {
    await writeFile(file(FIRST), '{"chain"');
    disk.isReadable = false;
    await place.take(heads(1), never());
    expect(await textOf(FIRST)).toBe(`{"chain"\n${lines(heads(1))}`);
  });

  it('has its file opened once for what comes one after the other', async () => {
    for (const seq of [1, 2, 3]) await place.take(heads(seq), never());
    expect(disk.opened).toEqual(['a']);
  });

  it('on a disk of this machine is not waited for until the disk has it', async () => {
    const sync = await onSync(async () => {});
    await place.take(heads(1), never());
    expect(sync).not.toHaveBeenCalled();
  });

  it('on any other is waited for until it has left', async () => {
    disk.type = NFS;
    const seen: string[] = [];
    const sync = await onSync(async () => {
      seen.push(await textOf(FIRST));
    });
    await place.take(heads(1, 2), never());
    await place.take(heads(3), never());
    expect(seen).toEqual([lines(heads(1, 2)), lines(heads(1, 2, 3))]);
    expect(sync).toHaveBeenCalledTimes(2);
  });

  it.each(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'])(
    'has what it has where it knows no such thing: %s',
    async (code) => {
      disk.type = NFS;
      await onSync(() => Promise.reject(Object.assign(new Error('no'), { code })));
      await place.take(heads(1), never());
      expect(await textOf(FIRST)).toBe(lines(heads(1)));
    },
  );

  it('has not got what it says it could not keep', async () => {
    disk.type = NFS;
    for (const code of ['EIO', 'ENOSPC', undefined]) {
      const sync = await onSync(() => Promise.reject(Object.assign(new Error('lost'), { code })));
      await expect(place.take(heads(1), never())).rejects.toThrow('lost');
      sync.mockRestore();
    }
  });
});

describe('An address that heads leave for', () => {
  const seen: { method: string | undefined; url: string | undefined; headers: IncomingHttpHeaders; body: string }[] =
    [];
  const places: HeadsPlace[] = [];
  let status: number;
  let server: Server;
  let url: string;

  beforeEach(async () => {
    seen.length = 0;
    status = 204;
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => {
        body += String(part);
      });
      request.on('end', () => {
        seen.push({ method: request.method, url: request.url, headers: request.headers, body });
        if (status !== 0) response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/heads`;
  });

  afterEach(async () => {
    for (const place of places.splice(0)) await place.close();
    server.closeAllConnections();
    server.close();
  });

  function open(token = ''): HeadsPlace {
    const place = openHeadsAddress(url, token);
    places.push(place);
    return place;
  }

  it('is told of them as JSON lines, by a token where there is one', async () => {
    await open().take(heads(1, 2), never());
    await open('secret').take(heads(3), never());
    expect(seen.map(({ method, url: path, body }) => [method, path, body])).toEqual([
      ['POST', '/heads', lines(heads(1, 2))],
      ['POST', '/heads', lines(heads(3))],
    ]);
    expect(seen.map(({ headers }) => headers['content-type'])).toEqual(Array(2).fill('application/x-ndjson'));
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Bearer secret']);
  });

  it.each([200, 202, 299])('has them where it says %i', async (one) => {
    status = one;
    await open().take(heads(1), never());
  });

  it.each([300, 304, 401, 404, 500])('has not got them where it says %i', async (one) => {
    status = one;
    await expect(open().take(heads(1), never())).rejects.toThrow(`it answered with status ${one}`);
  });

  it('is left alone once it is closed', async () => {
    await open().take(heads(1), never());
    const connections = () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
    expect(await connections()).toBe(1);
    for (const place of places.splice(0)) await place.close();
    await expect.poll(connections).toBe(0);
  });

  it('is not waited for once nobody waits for it any more', async () => {
    status = 0;
    const over = new AbortController();
    const taken = expect(open().take(heads(1), over.signal)).rejects.toThrow();
    await expect.poll(() => seen.length).toBe(1);
    over.abort();
    await taken;
  });
});
