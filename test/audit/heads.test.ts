import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readExportedHeads } from '../../audit/exported-heads.ts';
import { headsFile, openHeads } from '../../audit/heads.ts';
import type { AuditHead } from '../../core/audit.ts';

const head = (seq: number, chain = 'motcua-00000001/2026-11-20'): AuditHead => ({
  ...{ chain, seq, at: 1, hash: 'ab'.repeat(32), key: '0123456789abcdef', signature: 'c2ln' },
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
    expect(warnings).toHaveLength(1);
    await rm(blocked);
    await heads.put(head(3));
    expect(heads.state()).toBe('exported');
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

  it('are told from lines that are none, but for one that a lost machine cut off at the end', async () => {
    const lines = [1, 2, 3].map((seq) => JSON.stringify(head(seq)));
    const file = join(folder, headsFile(head(1).chain));
    await writeFile(file, `${lines[0]}\n${lines[1]?.replace('seq', 'sec')}\n${lines[2]}\n${lines[2]?.slice(0, 40)}`);
    expect(await seqsIn(folder)).toEqual([1, 3, null]);
  });

  it('are sent as JSON lines until the other side has taken them', async () => {
    const bodies: string[] = [];
    const seen: (string | undefined)[] = [];
    let status = 503;
    const server = createServer((request, response) => {
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
    const { port } = server.address() as AddressInfo;
    const heads = openHeads({ directory: '', url: `http://127.0.0.1:${port}/heads`, token: 'secret', warn });
    try {
      await heads.put(head(1));
      await expect.poll(() => heads.state(), { timeout: 5_000 }).toBe('behind');
      status = 204;
      await heads.put(head(2));
      await expect.poll(() => heads.state(), { timeout: 5_000 }).toBe('exported');
      expect(
        bodies
          .join('')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).seq),
      ).toEqual([1, 2]);
      expect(seen[0]).toBe('Bearer secret');
      expect(warnings).toHaveLength(1);
    } finally {
      await heads.close();
      server.close();
    }
  });
});

/** Null for a line that is no head. */
async function seqsIn(folder: string): Promise<(number | null)[]> {
  const exported = await readExportedHeads(folder);
  return (await Array.fromAsync(exported.of(head(1).chain))).map((one) => one?.seq ?? null);
}
