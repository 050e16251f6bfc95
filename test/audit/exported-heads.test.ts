import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readExportedHeads } from '../../audit/exported-heads.ts';
import { headsFile } from '../../audit/heads-places.ts';
import type { AuditHead } from '../../core/audit.ts';

const CHAIN = 'motcua-00000001/2026-11-20';

const head = (seq: number, chain = CHAIN): AuditHead => ({
  ...{ chain, seq, at: 1, hash: 'ab'.repeat(32), key: '0123456789abcdef', signature: 'c2ln' },
});

describe('A folder of exported heads', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lienthong-exported-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Seqs of what is read of a file that holds this; null for what is no head. */
  async function read(text: string, chain = CHAIN): Promise<readonly (number | null)[]> {
    await writeFile(join(folder, headsFile(CHAIN)), text);
    const heads: (number | null)[] = [];
    for await (const one of (await readExportedHeads(folder)).of(chain)) heads.push(one?.seq ?? null);
    return heads;
  }

  it('has the chains that its files are called by, whatever else lies there', async () => {
    for (const name of [
      ...['b-00000001.2026-11-20.heads.jsonl', 'a.b-00000001.2026-11-21.heads.jsonl', 'a-1.2026-11-20.heads.jsonl'],
      ...['.2026-11-20.heads.jsonl', 'a-1.2026-11-20.heads.jsonl.bak', 'a-1.20261120.heads.jsonl', 'a-1.heads.jsonl'],
      ...['a-1.2026-11-20.heads_jsonl', 'a-1.2026-11-20xheads.jsonl', 'a-1x2026-11-20.heads.jsonl', 'notes.txt'],
      ...['a-1.12026-11-201.heads.jsonl', 'a-1.2026-11-20.heads.jsonl\n'],
    ]) {
      await writeFile(join(folder, name), '');
    }
    const { chains } = await readExportedHeads(folder);
    expect(chains).toEqual(['a-1/2026-11-20', 'a.b-00000001/2026-11-21', 'b-00000001/2026-11-20']);
  });

  it('says of a chain of which nothing left that there is nothing, and fails where it is not there', async () => {
    expect(await read(`${JSON.stringify(head(1))}\n`, 'motcua-00000002/2026-11-20')).toEqual([]);
    await expect(readExportedHeads(join(folder, 'absent'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('has every head of a file that is longer than what is read at once', async () => {
    const seqs = Array.from({ length: 1_500 }, (_, place) => place + 1);
    const text = seqs.map((seq) => `${JSON.stringify(head(seq))}\n`).join('');
    expect(text.length).toBeGreaterThan(3 * 65_536);
    expect(await read(text)).toEqual(seqs);
  });

  it('reads a letter of several bytes as one, wherever what is read at once ends', async () => {
    const chain = 'mộtcửa-00000001/2026-11-20';
    const bytes = (one: AuditHead) => Buffer.byteLength(`${JSON.stringify(one)}\n`);
    const second = head(2, chain);
    const before = 65_536 - (JSON.stringify(second).indexOf('ộ') + 1);
    const short = head(1, chain);
    const first = { ...short, signature: short.signature + 'x'.repeat(before - bytes(short)) };
    expect(bytes(first)).toBe(before);
    await writeFile(join(folder, headsFile(chain)), `${JSON.stringify(first)}\n${JSON.stringify(second)}\n`);
    const heads = await Array.fromAsync((await readExportedHeads(folder)).of(chain));
    expect(heads).toEqual([first, second]);
  });

  it('has the last one, too, where the line feed behind it is missing', async () => {
    expect(await read(`${JSON.stringify(head(1))}\n${JSON.stringify(head(2))}`)).toEqual([1, 2]);
  });

  it('has no head of another chain, and says so behind all others', async () => {
    const other = JSON.stringify(head(2, 'motcua-00000001/2026-11-21'));
    expect(await read(`${other}\n${JSON.stringify(head(1))}\n${other}\n`)).toEqual([1, null, null]);
  });

  it('passes over the beginning of a line, wherever an export broke off, and zeros that nobody wrote', async () => {
    const line = JSON.stringify(head(2));
    for (let length = 0; length < line.length; length++) {
      for (const zeros of ['', '\0\0']) {
        const cut = `${line.slice(0, length)}${zeros}`;
        const text = `${JSON.stringify(head(1))}\n${cut}\n${JSON.stringify(head(3))}\n`;
        expect([cut, await read(text)]).toEqual([cut, [1, 3]]);
      }
    }
  });

  it('tells what is no beginning of a line of this chain', async () => {
    const line = JSON.stringify(head(2));
    for (const strange of [
      'x',
      '{}',
      `${line}}`,
      line.slice(1),
      line.replace(CHAIN, 'other'),
      `{"chain":"${CHAIN}"}`,
    ]) {
      expect([strange, await read(`${strange}\n${JSON.stringify(head(3))}\n`)]).toEqual([strange, [3, null]]);
    }
    // At the end of the file it may be what is being written.
    expect(await read('x')).toEqual([]);
  });
});
