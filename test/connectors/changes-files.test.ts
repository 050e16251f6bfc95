import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { csv, type FileFormat, xlsx, xml } from '../../connectors/file.ts';
import { type FilesOptions, files } from '../../connectors/files.ts';
import type { Row } from '../../core/source.ts';
import { text } from '../../kit/fields.ts';
import { changeFeedContract } from './change-feed-contract.ts';
import type { Change } from './change-feed-subject.ts';
import { createFollower, type Follower, followToNow } from './followed.ts';
import { workbook } from './workbook.ts';

type Contents = FilesOptions['contents'];

const fields = { code: text('Mã hồ sơ'), note: text('Ghi chú') };
const rowOf = (row: Row) => {
  const code = fields.code.read(row['Mã hồ sơ']);
  return code === null ? null : { code, revision: String(row['Ghi chú']) };
};
const lines = (rows: Iterable<readonly [string, string]>) =>
  ['Mã hồ sơ;Ghi chú', ...[...rows].map(([code, revision]) => `${code};${revision}`), ''].join('\r\n');

/** A folder, and a system that drops files into it as a careful one does: written elsewhere, then renamed. */
async function makeDrop(contents: Contents, options: Partial<FilesOptions> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'drops-'));
  const aside = `${directory}.aside`;
  await mkdir(aside);
  const warnings: string[] = [];
  const declare = (more: Partial<FilesOptions> = {}) => {
    const way = files({
      directory: 'DROP',
      pattern: 'ho-so-*',
      format: csv({ delimiter: ';' }),
      contents,
      stableMs: 0,
      lookMs: 20,
      ...options,
      ...more,
    });
    way.entity({ type: 'Dossier', identity: ['code'], fields });
    return way;
  };
  return {
    directory,
    warnings,
    declare,
    put: async (name: string, content: string | Uint8Array) => {
      await writeFile(join(aside, name), content);
      await rename(join(aside, name), join(directory, name));
    },
    open: (more?: Partial<FilesOptions>) =>
      declare(more).open({ sector: 'test', settings: { DROP: directory }, warn: (message) => warnings.push(message) }),
    close: async () => {
      await rm(directory, { recursive: true, force: true });
      await rm(aside, { recursive: true, force: true });
    },
  };
}

for (const contents of ['all', 'changes'] as const) {
  changeFeedContract(
    contents === 'all' ? 'files that list everything' : 'files that list changes',
    async () => {
      const drop = await makeDrop(contents);
      const truth = new Map<string, string>();
      let count = 0;
      const name = () => {
        count += 1;
        return `ho-so-${String(count).padStart(6, '0')}.csv`;
      };
      return {
        capability: drop.declare().capability,
        rowOf,
        read: async () => new Map(),
        open: () => drop.open(),
        async write(changes: readonly Change[]) {
          for (const [code, revision] of changes) {
            if (revision === null) truth.delete(code);
            else truth.set(code, revision);
          }
          const listed = contents === 'all' ? truth : changes.filter((one): one is [string, string] => one[1] !== null);
          await drop.put(name(), lines(listed));
        },
        truth: async () => truth,
        async spoil() {
          const cut = name();
          const bad = name();
          await drop.put(cut, 'Tên khác;Ghi chú\r\n1;2\r\n');
          await drop.put(bad, lines([...truth, ['spoilt-1', '1']]).replace(/\r\n$/, '\r\nx;y;z;w\r\n'));
          return [cut, `${bad}:${truth.size + 3}`];
        },
        mostInBatch: 501,
        breaks: 40,
        close: drop.close,
      };
    },
    { 'CHG-08': 'a file is there or it is not; one that is still written is taken later' },
  );
}

describe('files', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function dropOf(contents: Contents, options?: Partial<FilesOptions>) {
    const drop = await makeDrop(contents, options);
    closing.push(drop.close);
    return drop;
  }

  /** Follows until what is there has been taken. */
  async function taken(
    drop: Awaited<ReturnType<typeof makeDrop>>,
    follower: Follower = createFollower({ rowOf, read: async () => new Map() }),
    more?: Partial<FilesOptions>,
  ): Promise<Follower> {
    const feed = drop.open(more);
    await followToNow(follower, feed);
    return follower;
  }

  it('changes nothing when the same file comes twice, under its name or another', async () => {
    const drop = await dropOf('changes');
    await drop.put('ho-so-1.csv', lines([['a', '1']]));
    const follower = await taken(drop);
    await drop.put('ho-so-2.csv', lines([['a', '2']]));
    await taken(drop, follower);
    await drop.put('ho-so-1.csv', lines([['a', '1']]));
    await drop.put('ho-so-3.csv', lines([['a', '1']]));
    await taken(drop, follower);
    expect(follower.history.get('a')).toEqual(['1', '2']);
  });

  it('takes a file that came again under its name with other contents', async () => {
    const drop = await dropOf('changes');
    await drop.put('ho-so-1.csv', lines([['a', '1']]));
    const follower = await taken(drop);
    await drop.put('ho-so-1.csv', lines([['a', '22']]));
    await taken(drop, follower);
    expect(follower.known.get('a')).toBe('22');
  });

  it('passes over a list that is older than the one it has taken, and says so', async () => {
    const drop = await dropOf('all');
    await drop.put('ho-so-2.csv', lines([['a', '2']]));
    const follower = await taken(drop);
    await drop.put('ho-so-1.csv', lines([['b', '1']]));
    await taken(drop, follower);
    expect([...follower.known]).toEqual([['a', '2']]);
    expect(drop.warnings).toEqual(['ho-so-1.csv came after a later list and is passed over']);
  });

  it('names a file of changes that came among those it remembers no longer, once, and takes none of them again', async () => {
    const drop = await dropOf('changes');
    const name = (index: number) => `ho-so-${String(index).padStart(4, '0')}.csv`;
    for (let index = 1; index <= 503; index++) await drop.put(name(index), lines([['a', String(index)]]));
    const follower = await taken(drop);
    await drop.put('ho-so-0001-bis.csv', lines([['a', 'late']]));
    await taken(drop, follower);
    await taken(drop, follower);
    expect(follower.faulty.map(({ place }) => place)).toEqual(['ho-so-0001-bis.csv']);
    expect(drop.warnings).toEqual(['ho-so-0001-bis.csv came long after its turn and is passed over']);
    expect(follower.history.get('a')).toHaveLength(503);
  });

  it('believes a list that went back to what it was before', async () => {
    const drop = await dropOf('all');
    const follower = createFollower({ rowOf, read: async () => new Map() });
    for (const [index, revision] of ['1', '2', '1'].entries()) {
      await drop.put(`ho-so-${index}.csv`, lines([['a', revision]]));
      await taken(drop, follower);
    }
    expect(follower.known.get('a')).toBe('1');
  });

  it('names a link, reads nothing of where it leads, and goes on with the next file', async () => {
    const drop = await dropOf('changes');
    const elsewhere = await dropOf('changes');
    await elsewhere.put('ho-so-1.csv', lines([['secret', '1']]));
    await symlink(join(elsewhere.directory, 'ho-so-1.csv'), join(drop.directory, 'ho-so-1.csv'));
    await drop.put('ho-so-2.csv', lines([['a', '1']]));
    const follower = await taken(drop);
    const reason = 'ho-so-1.csv: is a link; only files of the folder itself are read';
    expect(follower.faulty).toEqual([{ kind: 'faulty', place: 'ho-so-1.csv', reason }]);
    expect([...follower.known]).toEqual([['a', '1']]);
  });

  it('does not touch a file that is still being written', async () => {
    const drop = await dropOf('changes', { stableMs: 60_000 });
    await drop.put('ho-so-1.csv', lines([['a', '1']]));
    const follower = createFollower({ rowOf, read: async () => new Map() });
    const feed = drop.open();
    await follower.follow(feed, AbortSignal.timeout(300));
    expect(follower.known.size).toBe(0);
    await feed.close();
  });

  it('says nothing of what is gone when a row of the list is faulty: it may be that very dossier', async () => {
    const drop = await dropOf('all');
    const listed = Array.from({ length: 20 }, (_, index) => [`a${index}`, '1'] as const);
    await drop.put('ho-so-1.csv', lines(listed));
    const follower = await taken(drop);
    await drop.put('ho-so-2.csv', lines(listed).replace('a3;1', 'a3;1;2;3'));
    await taken(drop, follower);
    expect(follower.known.has('a3')).toBe(true);
    expect(follower.faulty.map(({ place }) => place)).toEqual(['ho-so-2.csv:5']);
    expect(drop.warnings).toEqual(['ho-so-2.csv has faulty rows, so it does not say what is gone']);
  });

  it('goes on inside a file where it was broken off, without handing its beginning over again', async () => {
    const drop = await dropOf('changes');
    await drop.put('ho-so-1.csv', lines(Array.from({ length: 60_000 }, (_, index) => [`c${index}`, 'x'.repeat(40)])));
    const follower = createFollower({ rowOf, read: async () => new Map() });
    const feed = drop.open();
    await expect(
      follower.follow(feed, new AbortController().signal, () => {
        if (follower.batches > 100) throw new Error('broken off');
      }),
    ).rejects.toThrow('broken off');
    await feed.close();
    expect(follower.known.size).toBe(50_000);
    await taken(drop, follower);
    expect(follower.known.size).toBe(60_000);
    expect([...follower.history.values()].every((seen) => seen.length === 1)).toBe(true);
  });

  const table = [
    ['Mã hồ sơ', 'Ghi chú'],
    ['000042', 'Đất đai'],
  ];
  const utf16 = Buffer.from(`\ufeff${lines([['000042', 'Đất đai']])}`, 'utf16le');
  const document = '<L><H><Ma>000042</Ma><Gc>Đất đai</Gc></H></L>';
  it.each<[string, Uint8Array | string, FileFormat]>([
    ['UTF-8 with a mark', `\ufeff${lines([['000042', 'Đất đai']])}`, csv({ delimiter: ';' })],
    ['UTF-16', utf16, csv({ delimiter: ';' })],
    ['XLSX', workbook(table), xlsx()],
    ['XML', document.replaceAll('Ma>', 'Mã-hồ-sơ>').replaceAll('Gc>', 'Ghi-chú>'), xml({ record: 'L/H' })],
  ])('reads %s, and codes keep their zeros', async (_, content, format) => {
    const own =
      format.name === 'xml'
        ? { code: text('Mã-hồ-sơ'), note: text('Ghi-chú') }
        : { code: text('Mã hồ sơ'), note: text('Ghi chú') };
    const drop = await dropOf('all');
    await drop.put('ho-so-1', content);
    const way = files({ directory: 'DROP', pattern: 'ho-so-*', format, contents: 'all', stableMs: 0, lookMs: 20 });
    way.entity({ type: 'Dossier', identity: ['code'], fields: own });
    const feed = way.open({ sector: 'test', settings: { DROP: drop.directory }, warn: () => {} });
    const follower = createFollower({
      rowOf: (row) => ({ code: String(row[own.code.from[0] ?? '']), revision: String(row[own.note.from[0] ?? '']) }),
      read: async () => new Map(),
    });
    await followToNow(follower, feed);
    expect([...follower.known]).toEqual([['000042', 'Đất đai']]);
  });

  it.each<[string, Uint8Array | string, FileFormat]>([
    ['a workbook that is cut', workbook(table).slice(0, 300), xlsx()],
    ['a document that is cut', '<L><H><Mã>1</Mã></H><H><Mã>2', xml({ record: 'L/H' })],
    [
      'a file that is no CSV at all',
      Uint8Array.from({ length: 5_000 }, (_, index) => (index * 131) % 251),
      csv({ delimiter: ';' }),
    ],
    ['an empty file', '', csv({ delimiter: ';' })],
  ])('names %s, takes nothing of it, and goes on with the next', async (_, content, format) => {
    const drop = await dropOf('changes');
    const isXml = format.name === 'xml';
    const code = isXml ? text('Mã') : fields.code;
    await drop.put('ho-so-1', content);
    await drop.put(
      'ho-so-2',
      isXml ? '<L><H><Mã>7</Mã></H></L>' : format.name === 'xlsx' ? workbook([['Mã hồ sơ'], ['7']]) : 'Mã hồ sơ\n7\n',
    );
    const way = files({ directory: 'DROP', pattern: 'ho-so-*', format, contents: 'changes', stableMs: 0, lookMs: 20 });
    way.entity({ type: 'Dossier', identity: ['code'], fields: { code } });
    const feed = way.open({ sector: 'test', settings: { DROP: drop.directory }, warn: () => {} });
    const follower = createFollower({
      rowOf: (row) => ({ code: String(code.read(row[code.from[0] ?? ''])), revision: '' }),
      read: async () => new Map(),
    });
    await followToNow(follower, feed);
    expect(follower.faulty.map(({ place }) => place)).toEqual(['ho-so-1']);
    expect([...follower.known.keys()]).toEqual(['7']);
  });

  it('names the line of a NUL, and takes the lines around it', async () => {
    const drop = await dropOf('changes');
    const rows = Array.from({ length: 30 }, (_, index) => [`n${index}`, index === 7 ? 'a\0b' : '1'] as const);
    await drop.put('ho-so-1.csv', lines(rows));
    const follower = await taken(drop);
    expect(follower.faulty).toEqual([{ kind: 'faulty', place: 'ho-so-1.csv:9', reason: 'holds a NUL' }]);
    expect(follower.known.size).toBe(29);
  });

  it('cannot be asked for what files of changes told: an empty answer would claim that there is nothing', async () => {
    const drop = await dropOf('changes');
    const { source } = drop.declare();
    const opened = source.open({ sector: 'test', settings: {}, entities: {}, warn: () => {} });
    const options = { caller: { actor: 'test', purpose: 'test', requestId: '1' }, signal: AbortSignal.timeout(1_000) };
    await expect(
      opened.read({ entity: 'dossier', lookup: 'code', keys: ['1'], fields: [] }, options),
    ).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: false });
  });
});
