import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKBOOK } from '../../connectors/file/limits.ts';
import { readApart } from '../../connectors/file/xlsx-thread.ts';
import { rawWorkbook } from '../connectors/workbook.ts';
import { HIDDEN_CELLS, longRows, WORKBOOK_BOMBS } from './workbook-bombs.ts';

/** What reading a bomb may add to a process, in megabytes; docs/security.md promises it of every workbook. */
const MOST_GROWTH_MB = 1_024;

/** Reads a workbook in a process of its own, since memory that was taken once is not always given back. */
const READ = `
import { readFileSync } from 'node:fs';
import { xlsx } from './connectors/file.ts';
const bytes = readFileSync(process.argv[1]);
const told = { rows: 0, faulty: [], failed: null };
const before = process.resourceUsage().maxRSS;
const sink = { columns() {}, row: () => { told.rows += 1; }, faulty: (line, why) => { told.faulty.push([line, why]); } };
try {
  await xlsx().read({ size: bytes.length, wanted: [], chunks: async function* () { yield bytes; } }, sink);
} catch (error) {
  told.failed = { code: error.code, message: error.message };
}
const grown = Math.round((process.resourceUsage().maxRSS - before) / 1024);
console.log(JSON.stringify({ ...told, grown }));`;

interface Told {
  readonly rows: number;
  readonly faulty: readonly (readonly [line: number, why: string])[];
  readonly failed: { readonly code: string; readonly message: string } | null;
  readonly grown: number;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lienthong-workbooks-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function readElsewhere(bytes: Uint8Array): Promise<Told> {
  const path = join(folder, 'one.xlsx');
  await writeFile(path, bytes);
  const run = promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', READ, path], {
    timeout: 120_000,
    maxBuffer: 1 << 24,
  });
  return JSON.parse((await run).stdout) as Told;
}

describe('A workbook that stands for more than it is', () => {
  it.each(Object.entries(WORKBOOK_BOMBS))(
    '%s: it is refused by name, and takes no memory that matters',
    async (_, [refused, bomb]) => {
      const bytes = bomb();
      expect(bytes.length).toBeLessThan(1_000_000);
      const { rows, failed, grown } = await readElsewhere(bytes);
      expect([rows, failed]).toEqual([0, { code: 'SOURCE_MALFORMED', message: expect.stringMatching(refused) }]);
      expect(grown).toBeLessThan(MOST_GROWTH_MB);
    },
    150_000,
  );

  it('leaves out rows that hold too much, names them, and reads the others', async () => {
    const { rows, faulty, failed, grown } = await readElsewhere(longRows());
    expect([rows, faulty.length, failed]).toEqual([1, 20, null]);
    expect(faulty[0]).toEqual([2, 'has more than 1000000 characters']);
    expect(grown).toBeLessThan(MOST_GROWTH_MB);
  }, 150_000);

  it.each(HIDDEN_CELLS)('is not read where it hides a cell from one reader and not from another: %s', async (cell) => {
    const bytes = new Uint8Array(rawWorkbook({ data: `<row r="1">${cell}</row>` }));
    let width = 0;
    const read = readApart({ bytes, sheet: 1, limits: WORKBOOK }, async ({ rows }) => {
      for (const row of rows) width = Math.max(width, row.length);
    });
    await expect(read).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
    expect(width).toBe(0);
  });

  it('is left off once it has cost as much computing as it may', async () => {
    // The library looks for the end of each bracket, up to the end of the text.
    const formats = `<numFmts><numFmt numFmtId="200" formatCode="${'['.repeat(2_000_000)}"/></numFmts>`;
    const styles = `${formats}<cellXfs count="1"><xf numFmtId="200"/></cellXfs>`;
    const bytes = new Uint8Array(rawWorkbook({ data: '<row r="1"><c r="A1" s="0"><v>1</v></c></row>', styles }));
    const limits = { ...WORKBOOK, computingMs: 1_000 };
    await expect(readApart({ bytes, sheet: 1, limits }, async () => {})).rejects.toMatchObject({
      code: 'SOURCE_MALFORMED',
      message: 'the workbook takes longer to read than it may',
    });
  }, 60_000);

  it('comes in parts, and the next one only when the last was taken', async () => {
    const rows = Array.from({ length: 3_000 }, (_, at) => `<row r="${at + 1}"><c r="A${at + 1}"><v>1</v></c></row>`);
    const bytes = new Uint8Array(rawWorkbook({ data: rows.join('') }));
    let waiting = 0;
    const taken: number[] = [];
    await readApart({ bytes, sheet: 1, limits: WORKBOOK }, async (part) => {
      waiting += 1;
      // Long enough for any that does not wait to come.
      for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
      expect(waiting).toBe(1);
      waiting -= 1;
      taken.push(part.rows.length);
    });
    expect(taken).toEqual([1_000, 1_000, 1_000]);
  });
});

it('A workbook may have empty cells that are formatted up to the last column, and references of any prefix', async () => {
  const empty = '<c r="XFC1" s="0"/><c r="XFD1" s="0"></c>';
  const data = `<!-- A1 --><x:row r="1"><c r="A1"><v>1</v></c>${empty}</x:row>`;
  const bytes = new Uint8Array(rawWorkbook({ data }));
  const parts: unknown[] = [];
  await readApart({ bytes, sheet: 1, limits: WORKBOOK }, async (part) => void parts.push(part));
  expect(parts).toEqual([{ from: 1, rows: [['1']] }]);
});
