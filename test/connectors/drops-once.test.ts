import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KEPT } from '../../connectors/file/limits.ts';
import { csv, type FileFormat, xlsx } from '../../connectors/file.ts';
import { files } from '../../connectors/files.ts';
import { text } from '../../kit/fields.ts';
import { createFollower, followToNow } from './followed.ts';
import { workbook } from './workbook.ts';

const fields = { code: text('Mã'), note: text('Ghi chú') };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drops-once-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** How often the file is read, and what came of it. */
async function followed(format: FileFormat, content: Uint8Array | string) {
  await writeFile(join(directory, 'ho-so-1'), content);
  let reads = 0;
  const counted: FileFormat = {
    ...format,
    read: (file, sink) => {
      reads += 1;
      return format.read(file, sink);
    },
  };
  const way = files({
    ...{ directory: 'DROP', pattern: 'ho-so-*', format: counted, contents: 'changes', stableMs: 0, lookMs: 20 },
  });
  way.entity({ type: 'Dossier', identity: ['code'], fields });
  const feed = way.open({ sector: 'test', settings: { DROP: directory }, warn: () => {} });
  const follower = createFollower({
    rowOf: (row) => ({ code: String(row.Mã), revision: String(row['Ghi chú']) }),
    read: async () => new Map(),
  });
  await followToNow(follower, feed);
  return { reads, known: follower.known };
}

const table = (count: number) => [
  ['Mã', 'Ghi chú'],
  ...Array.from({ length: count }, (_, at) => [String(at), 'x'] as const),
];
const asCsv = (rows: readonly (readonly string[])[]) => rows.map((row) => row.join(',')).join('\n');

it.each<[string, FileFormat, () => Uint8Array | string]>([
  ['text', csv(), () => asCsv(table(KEPT.records))],
  ['workbook', xlsx(), () => workbook(table(KEPT.records))],
])('a %s of no more records than may be kept is judged and handed over in one reading', async (_, format, content) => {
  const { reads, known } = await followed(format, content());
  expect(known.size).toBe(KEPT.records);
  expect(reads).toBe(1);
});

it.each<[string, FileFormat, () => Uint8Array | string]>([
  ['records', csv(), () => asCsv(table(KEPT.records + 1))],
  ['records of a workbook', xlsx(), () => workbook(table(KEPT.records + 1))],
  [
    'text',
    csv(),
    () =>
      asCsv([['Mã', 'Ghi chú'], ...Array.from({ length: 30 }, (_, at) => [String(at), 'x'.repeat(KEPT.text / 25)])]),
  ],
])(
  'one of more %s is read again to be handed over, and nothing of it is held meanwhile',
  async (_, format, content) => {
    const { reads, known } = await followed(format, content());
    expect(known.size).toBeGreaterThan(0);
    expect(reads).toBe(2);
  },
);
