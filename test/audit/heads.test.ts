import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readExportedHeads } from '../../audit/exported-heads.ts';
import { openHeads } from '../../audit/heads.ts';
import { headsFile, needsSync, openHeadsAddress } from '../../audit/heads-places.ts';
import { openHeadsQueue } from '../../audit/heads-queue.ts';
import type { AuditHead } from '../../core/audit.ts';

const head = (seq: number, chain = 'motcua-00000001/2026-11-20'): AuditHead => ({
  ...{ chain, seq, at: 1, hash: 'ab'.repeat(32), key: '0123456789abcdef', signature: 'c2ln' },
});

describe('A folder of heads', () => {
  it('is synced unless it is known to lie on a disk of this machine', async () => {
    expect(await needsSync(tmpdir())).toBe(false);
    expect(await needsSync('/proc')).toBe(true);
  });
});

describe('Heads of the access log', () => {
  let folder: string;
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lienthong-heads-'));
    warnings.length = 0;
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('leave for nowhere where no place was named', async () => {
    const heads = openHeads({ directory: '', url: '', token: '', warn });
    await heads.put(head(1));
    expect(heads.state()).toBe('none');
    await heads.close();
  });

  it('are appended to a file of their chain', async () => {
    const heads = openHeads({ directory: folder, url: '', token: '', warn });
    await heads.put(head(1));
    await heads.put(head(2));
    await heads.put(head(1, 'motcua-00000001/2026-11-21'));
    await heads.close();
    expect((await readdir(folder)).sort()).toEqual([
      'motcua-00000001.2026-11-20.heads.jsonl',
      'motcua-00000001.2026-11-21.heads.jsonl',
    ]);
    const lines = (await readFile(join(folder, 'motcua-00000001.2026-11-20.heads.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).seq)).toEqual([1, 2]);
  });

  it('wait in their order for a folder that does not take them, and refuse nothing', async () => {
    const blocked = join(folder, 'heads');
    await writeFile(blocked, 'a file where the folder should be');
    const heads = openHeads({ directory: blocked, url: '', token: '', warn });
    await heads.put(head(1));
    await heads.put(head(2));
    expect(heads.state()).toBe('behind');
    expect(warnings).toEqual([expect.stringContaining('cannot be exported (AUDIT_HEADS_DIR: EEXIST); until')]);
    await rm(blocked);
    await heads.put(head(3));
    await expect.poll(() => heads.state(), { timeout: 5_000 }).toBe('exported');
    await heads.close();
    const text = await readFile(join(blocked, 'motcua-00000001.2026-11-20.heads.jsonl'), 'utf8');
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).seq),
    ).toEqual([1, 2, 3]);
  });

  it('are read as they are after an export that broke off in the middle of a line', async () => {
    const file = join(folder, headsFile(head(1).chain));
    await symlink('/dev/full', file);
    const heads = openHeads({ directory: folder, url: '', token: '', warn });
    await heads.put(head(1));
    expect(heads.state()).toBe('behind');
    await rm(file);
    await writeFile(file, JSON.stringify(head(1)).slice(0, 60));
    await heads.put(head(2));
    await heads.close();
    expect(await seqsIn(folder)).toEqual([1, 2]);
  });

  it('go on in a new line where whoever wrote before was killed in the middle of one', async () => {
    const lines = [1, 2].map((seq) => JSON.stringify(head(seq)));
    await writeFile(join(folder, headsFile(head(1).chain)), `${lines[0]}\n${lines[1]?.slice(0, 60)}`);
    const heads = openHeads({ directory: folder, url: '', token: '', warn });
    heads.again([head(2), head(3), head(1, 'motcua-00000002/2026-11-20')]);
    await heads.close();
    expect(await seqsIn(folder)).toEqual([1, 2, 3]);
  });

  it('are read as if one had never arrived that was cut off and not exported again', async () => {
    const lines = [1, 2, 3].map((seq) => JSON.stringify(head(seq)));
    const file = join(folder, headsFile(head(1).chain));
    for (const length of [1, 20, 60, 150]) {
      await writeFile(file, `${lines[0]}\n${lines[1]?.slice(0, length)}\0\0\n${lines[2]}\n`);
      expect(await seqsIn(folder)).toEqual([1, 3]);
    }
    for (const strange of ['nothing', lines[1]?.replace('seq', 'sec'), `${lines[1]?.slice(0, 60)}}`, 'x{']) {
      await writeFile(file, `${lines[0]}\n${strange}\n${lines[2]}\n`);
      expect(await seqsIn(folder)).toEqual([1, 3, null]);
    }
  });

  it('go on behind whole lines as if they were of one hand', async () => {
    for (const seq of [1, 2]) {
      const heads = openHeads({ directory: folder, url: '', token: '', warn });
      await heads.put(head(seq));
      await heads.close();
    }
    const text = await readFile(join(folder, headsFile(head(1).chain)), 'utf8');
    expect(text).toBe([1, 2].map((seq) => `${JSON.stringify(head(seq))}\n`).join(''));
  });

  it('hold nobody up where the folder hangs, and leave when it goes on', async () => {
    // A pipe that nobody reads cannot be opened.
    const pipe = join(folder, headsFile(head(1).chain));
    await promisify(execFile)('mkfifo', [pipe]);
    const heads = openHeads({ directory: folder, url: '', token: '', warn });
    await heads.put(head(1));
    await heads.put(head(2));
    expect(heads.state()).toBe('behind');
    expect(warnings).toHaveLength(1);
    const reader = await open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    await expect.poll(() => heads.state(), { timeout: 5_000 }).toBe('exported');
    const { bytesRead, buffer } = await reader.read();
    const lines = buffer.toString('utf8', 0, bytesRead).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).seq)).toEqual([1, 2]);
    await heads.close();
    await reader.close();
  });

  it('let the hub end where the folder hangs', async () => {
    const pipe = join(folder, headsFile(head(1).chain));
    await promisify(execFile)('mkfifo', [pipe]);
    const heads = openHeads({ directory: folder, url: '', token: '', warn });
    await heads.put(head(1));
    await heads.close();
    expect(warnings.at(-1)).toMatch(/^Heads of the access log have not left: 1\./);
    // Lets go the thread that opens it.
    const reader = await open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    await reader.close();
  }, 20_000);

  it('are told from lines that are none, but for one that a lost machine cut off at the end', async () => {
    const lines = [1, 2, 3].map((seq) => JSON.stringify(head(seq)));
    const file = join(folder, headsFile(head(1).chain));
    await writeFile(file, `${lines[0]}\n${lines[1]?.replace('seq', 'sec')}\n${lines[2]}\n${lines[2]?.slice(0, 40)}`);
    expect(await seqsIn(folder)).toEqual([1, 3, null]);
  });

  describe('to an address', () => {
    const bodies: string[] = [];
    const seen: (string | undefined)[] = [];
    let status: number;
    let server: Server;
    let url: string;

    beforeEach(async () => {
      bodies.length = 0;
      seen.length = 0;
      status = 204;
      server = createServer((request, response) => {
        seen.push(request.headers.authorization);
        let body = '';
        request.on('data', (part) => {
          body += part;
        });
        request.on('end', () => {
          if (status === 204) bodies.push(body);
          response.writeHead(status).end();
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/heads`;
    });

    afterEach(() => {
      server.close();
    });

    const arrived = () =>
      bodies
        .join('')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).seq);

    it('have arrived before the answer leaves', async () => {
      const place = openHeadsAddress(url, '');
      const queue = openHeadsQueue({ place, fail: () => expect.fail('it was behind'), budgetMs: 60_000 });
      await queue.put(head(1));
      expect(arrived()).toEqual([1]);
      await queue.close();
    });

    it('are sent as JSON lines until the other side has taken them', async () => {
      status = 503;
      const heads = openHeads({ directory: '', url, token: 'secret', warn });
      try {
        await heads.put(head(1));
        await expect.poll(() => heads.state(), { timeout: 5_000 }).toBe('behind');
        status = 204;
        await heads.put(head(2));
        await expect.poll(() => heads.state(), { timeout: 5_000 }).toBe('exported');
        expect(arrived()).toEqual([1, 2]);
        expect(seen[0]).toBe('Bearer secret');
        const why = 'AUDIT_HEADS_URL: it answered with status 503';
        expect(warnings).toEqual([expect.stringContaining(`cannot be exported (${why}); until`)]);
      } finally {
        await heads.close();
      }
    });
  });
});

/** Null for a line that is no head. */
async function seqsIn(folder: string): Promise<(number | null)[]> {
  const exported = await readExportedHeads(folder);
  return (await Array.fromAsync(exported.of(head(1).chain))).map((one) => one?.seq ?? null);
}
