import { appendFile, mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { csv, file } from '../../connectors/file.ts';
import { HubError } from '../../core/errors.ts';
import type { Source } from '../../core/source.ts';
import { ENTITY, makeDrop, options, read, rowsOf, type TestDrop } from './drop.ts';
import { sourceContract } from './source-contract.ts';

const HEADER = 'Mã số;Chủ hộ;Số giấy tờ';
const CSV = { pattern: 'ho-kinh-doanh-*.csv', format: csv({ delimiter: ';' }) };

sourceContract(
  'file',
  async () => {
    const drop = await makeDrop();
    const rows = [
      ['97A8000123', 'Nguyễn Văn Hoà', '001058000042'],
      ['aB1', 'H’Hen Niê', '0042'],
      ['AB1', '"Bình"; & <con>', '1.0'],
      ['ma', '', ''],
      ['mã', 'hai\ndòng', '007'],
      ['mã', 'khác', '008'],
    ];
    const quoted = rows.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(';'));
    await drop.put('ho-kinh-doanh-20261101.csv', [HEADER, ...quoted].join('\r\n'));
    const source = drop.open(CSV, { search: { name: ['Chủ hộ'] } });
    return {
      source,
      entity: 'household',
      lookup: 'code',
      batchSize: 1000,
      fields: ['Mã số', 'Chủ hộ', 'Số giấy tờ'],
      keyField: 'Mã số',
      known: ['97A8000123', 'aB1', 'AB1', 'ma', 'mã'],
      unknownKey: '999',
      expected: (key) =>
        rows
          .filter(([code]) => code === key)
          .map(([code, name, number]) => ({ 'Mã số': code, 'Chủ hộ': name, 'Số giấy tờ': number })),
      twins: [
        ['aB1', 'AB1'],
        ['ma', 'mã'],
      ],
      secrets: [drop.directory],
      calls: () => 0,
      dead: () => {
        const declared = file({ ...CSV, directory: 'DROP' });
        return declared.open({
          sector: 'test',
          settings: { DROP: join(drop.directory, 'none') },
          entities: { household: declared.entity(ENTITY) },
          warn: () => {},
        });
      },
      search: { criteria: { name: 'h' }, matches: 3 },
      close: () => drop.close(),
    };
  },
  {
    'SRC-04': 'a drop is read once and answers from memory: no call reaches the carrier',
    'SRC-10': 'a folder that says nothing cannot be made here; the wait for the first reading is tested below',
    'SRC-11': 'a file that was read stays true while its folder is away; the check tells, and is tested below',
  },
);

describe('file', () => {
  let drop: TestDrop;
  beforeEach(async () => {
    drop = await makeDrop();
  });
  afterEach(() => drop.close());

  const one = (name: string, code = '1') => `${HEADER}\n${code};${name};0042\n`;

  async function failure(promise: Promise<unknown>): Promise<HubError> {
    const error = await promise.then(
      (value): unknown => value,
      (reason: unknown) => reason,
    );
    if (!(error instanceof HubError)) throw new Error('A HubError was expected', { cause: error });
    expect(error.message).not.toContain(drop.directory);
    return error;
  }

  /** Reads until the row of key 1 has this name, since a newer file is read while the old one answers. */
  async function until(source: Source, name: string): Promise<void> {
    await expect.poll(async () => (await rowsOf(source, '1'))[0]?.['Chủ hộ'], { timeout: 3_000 }).toBe(name);
  }

  it('answers from the file with the greatest name, and says line, file and time', async () => {
    await drop.put('ho-kinh-doanh-20261102.csv', one('mới'), { agedMs: 90_000 });
    await drop.put('ho-kinh-doanh-20261101.csv', one('cũ'));
    await drop.put('khac-20261103.csv', one('khác'));
    const [row] = await rowsOf(drop.open(CSV), '1');
    expect(row).toEqual({
      'Mã số': '1',
      'Chủ hộ': 'mới',
      '#line': 2,
      '#file': 'ho-kinh-doanh-20261102.csv',
      '#modifiedAt': expect.closeTo(Date.now() - 90_000, -4),
    });
  });

  it('answers from the file of the latest time where the declaration says so', async () => {
    await drop.put('ho-kinh-doanh-b.csv', one('cũ'), { agedMs: 90_000 });
    await drop.put('ho-kinh-doanh-a.csv', one('mới'));
    expect(await rowsOf(drop.open({ ...CSV, latest: 'modified' }), '1')).toMatchObject([{ 'Chủ hộ': 'mới' }]);
  });

  it('takes a newer file, and one that replaces another under its name, without a restart', async () => {
    await drop.put('ho-kinh-doanh-1.csv', one('một'));
    const source = drop.open(CSV);
    await until(source, 'một');
    await drop.put('ho-kinh-doanh-2.csv', one('hai'));
    await until(source, 'hai');
    await drop.put('ho-kinh-doanh-2.csv', one('hai, bản mới'));
    await until(source, 'hai, bản mới');
  });

  it('leaves alone what is still being written', async () => {
    await drop.put('ho-kinh-doanh-1.csv', one('một'));
    await drop.put('ho-kinh-doanh-2.csv', `${HEADER}\n1;dở`, { agedMs: 0 });
    await drop.put('ho-kinh-doanh-3.csv.part', one('phần'));
    await drop.put('~ho-kinh-doanh-4.csv', one('khóa'));
    const source = drop.open({ ...CSV, pattern: '*ho-kinh-doanh-*' });
    await until(source, 'một');
    await source.check(options());
  });

  it('takes a file once it stood still for long enough, whatever its clock says', async () => {
    await drop.put('ho-kinh-doanh-1.csv', one('mai'), { agedMs: -3_600_000 });
    const source = drop.open({ ...CSV, stableMs: 150 });
    expect(await failure(read(source, ['1']))).toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: true });
    await expect.poll(() => read(source, ['1']).catch(() => null), { timeout: 3_000 }).not.toBeNull();
    expect(await rowsOf(source, '1')).toMatchObject([{ 'Chủ hộ': 'mai' }]);
  });

  it('keeps answering from the last good file when the new one is faulty, warns once, and fails its check', async () => {
    await drop.put('ho-kinh-doanh-1.csv', one('một'));
    const source = drop.open(CSV);
    await until(source, 'một');
    await drop.put('ho-kinh-doanh-2.csv', 'Mã số;Chủ hộ;Số\n1;hai;2\n');
    expect(await failure(source.check(options()))).toMatchObject({
      code: 'SOURCE_MALFORMED',
      field: 'Số giấy tờ',
      message: 'ho-kinh-doanh-2.csv: the column Số giấy tờ is missing',
    });
    await until(source, 'một');
    await failure(source.check(options()));
    expect(drop.warnings).toHaveLength(1);
    expect(drop.warnings[0]?.message).toContain('ho-kinh-doanh-1.csv stays in use');
    await drop.put('ho-kinh-doanh-2.csv', one('hai'));
    await until(source, 'hai');
    await source.check(options());
  });

  it('falls back to an older file where the newest is faulty from the start', async () => {
    await drop.put('ho-kinh-doanh-1.csv', one('một'));
    await drop.put('ho-kinh-doanh-2.csv', '');
    const source = drop.open(CSV);
    await until(source, 'một');
    expect(await failure(source.check(options()))).toMatchObject({ message: 'ho-kinh-doanh-2.csv: is empty' });
  });

  it('refuses a file that lost half of its rows, as that is more likely a file cut off', async () => {
    const rows = (count: number) => [HEADER, ...Array.from({ length: count }, (_, at) => `${at};tên;1`)].join('\n');
    await drop.put('ho-kinh-doanh-1.csv', rows(300));
    const source = drop.open(CSV);
    expect(await rowsOf(source, '299')).toHaveLength(1);
    await drop.put('ho-kinh-doanh-2.csv', rows(140));
    expect(await failure(source.check(options()))).toMatchObject({ code: 'SOURCE_MALFORMED' });
    expect(await rowsOf(source, '299')).toHaveLength(1);
    await drop.put('ho-kinh-doanh-3.csv', rows(160));
    await source.check(options());
    expect(await rowsOf(source, '299')).toHaveLength(0);
  });

  it('says that nothing was dropped, rather than that there is nothing', async () => {
    const source = drop.open(CSV);
    expect(await failure(read(source, ['1']))).toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    await drop.put('ho-kinh-doanh-1.csv', one('một'));
    await until(source, 'một');
  });

  it('keeps answering while its folder is away, and says so in its check', async () => {
    await drop.put('ho-kinh-doanh-1.csv', one('một'));
    const source = drop.open(CSV);
    await until(source, 'một');
    await rm(drop.directory, { recursive: true });
    expect(await failure(source.check(options()))).toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(await rowsOf(source, '1')).toHaveLength(1);
    expect(await failure(read(drop.open(CSV), ['1']))).toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
  });

  it('fails its check when no new file came for too long', async () => {
    await drop.put('ho-kinh-doanh-1.csv', one('một'), { agedMs: 100_000 });
    await drop.open({ ...CSV, staleMs: 200_000 }).check(options());
    const stale = drop.open({ ...CSV, staleMs: 50_000 });
    expect(await failure(stale.check(options()))).toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(await rowsOf(stale, '1')).toHaveLength(1);
  });

  it('lets go of a caller who gives up while the first file is read', async () => {
    await drop.put('ho-kinh-doanh-1.csv', `${one('một')}${'2;x;y\n'.repeat(200_000)}`);
    const source = drop.open(CSV);
    const signal = AbortSignal.timeout(20);
    const reading = source.read(
      { entity: 'household', lookup: 'code', keys: ['1'], fields: [] },
      { ...options(), signal },
    );
    await expect(reading).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await rowsOf(source, '1')).toHaveLength(1);
  });

  it('refuses a file that is larger than allowed or has too many rows', async () => {
    await drop.put('ho-kinh-doanh-1.csv', one('x'.repeat(5_000)));
    expect(await failure(read(drop.open({ ...CSV, maxBytes: 1_000 }), ['1']))).toMatchObject({
      code: 'SOURCE_MALFORMED',
    });
    await drop.put('ho-kinh-doanh-1.csv', `${one('một')}2;a;b\n3;a;b\n`);
    expect(await failure(read(drop.open({ ...CSV, maxRows: 2 }), ['1']))).toMatchObject({
      message: 'ho-kinh-doanh-1.csv: has more than 2 rows',
    });
  });

  it('does not keep a file that was written to while it was read', async () => {
    await drop.put('ho-kinh-doanh-1.csv', `${one('một')}${'2;x;y\n'.repeat(300_000)}`);
    const source = drop.open(CSV);
    const reading = read(source, ['1']);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await appendFile(join(drop.directory, 'ho-kinh-doanh-1.csv'), '3;x;y\n');
    expect(await failure(reading)).toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: true });
    expect(drop.warnings).toEqual([]);
  });

  it('passes over folders, and over links wherever they lead, and says that they are links', async () => {
    const elsewhere = await makeDrop();
    await elsewhere.put('secret.csv', one('bí mật'));
    await drop.put('ho-kinh-doanh-1.csv', one('một'));
    await mkdir(join(drop.directory, 'ho-kinh-doanh-4.csv'));
    await symlink(join(elsewhere.directory, 'secret.csv'), join(drop.directory, 'ho-kinh-doanh-2.csv'));
    await symlink(join(drop.directory, 'none'), join(drop.directory, 'ho-kinh-doanh-3.csv'));
    const source = drop.open({ ...CSV, stableMs: 0 });
    await until(source, 'một');
    expect(await failure(source.check(options()))).toMatchObject({ code: 'SOURCE_MALFORMED' });
    expect(drop.warnings.map(({ message }) => message.split(';')[0])).toEqual([
      'ho-kinh-doanh-3.csv: is a link',
      'ho-kinh-doanh-2.csv: is a link',
    ]);
    await elsewhere.close();
  });

  it('finds rows by a function of the whole row, by several keys and by normalised ones', async () => {
    await drop.put('ho-kinh-doanh-1.csv', 'Mã số;Chủ hộ;Số giấy tờ;Ngày cấp\n1;a;0042;x\n2;b;0042;y\n3;c;;z\n');
    const source = drop.open(CSV, {
      lookups: {
        code: { keys: (row) => [[String(row['Số giấy tờ']), String(row['Ngày cấp'])]] },
        either: { keys: ['Mã số', 'Số giấy tờ'], normaliseKey: (key) => key.replace(/^0+/, '') },
      },
    });
    expect(await rowsOf(source, ['0042', 'y'])).toMatchObject([{ 'Mã số': '2' }]);
    const either = { entity: 'household', lookup: 'either', keys: ['42', '003'], fields: ['Mã số'] };
    const [two, three] = await source.read(either, options());
    expect(two).toMatchObject([{ 'Mã số': '1' }, { 'Mã số': '2' }]);
    expect(three).toMatchObject([{ 'Mã số': '3' }]);
  });

  it('refuses a file in which no row states a key, as its keys stand elsewhere now', async () => {
    await drop.put('ho-kinh-doanh-1.csv', `${HEADER}\n;a;1\n;b;2\n`);
    expect(await failure(read(drop.open(CSV), ['1']))).toMatchObject({ code: 'SOURCE_MALFORMED' });
  });

  it('searches as a counter does', async () => {
    await drop.put('ho-kinh-doanh-1.csv', `${HEADER}\n1;Nguyễn Văn Hoà;\n2;Y Bhăm;\n3;Nguyễn Thị Hoa;\n`);
    const source = drop.open(CSV, { search: { name: 'Chủ hộ' } });
    const search = async (name: string) =>
      (
        await source.search?.(
          { entity: 'household', criteria: { name, birthDate: '1958' }, fields: ['Mã số'], limit: 10 },
          options(),
        )
      )?.rows.map((row) => row['Mã số']);
    expect(await search('nguyen hoa')).toEqual(['1', '3']);
    expect(await search('hòa')).toEqual(['1']);
    expect(await search('bham')).toEqual(['2']);
    expect(drop.open(CSV).search).toBeUndefined();
  });

  it.each([
    ['a pattern that leads elsewhere', () => file({ ...CSV, directory: 'DROP', pattern: '../*.csv' })],
    [
      'a lookup without a key',
      () => file({ ...CSV, directory: 'DROP' }).entity({ ...ENTITY, lookups: { code: { keys: [] } } }),
    ],
    ['a delimiter of two characters', () => csv({ delimiter: '||' })],
  ])('refuses a declaration with %s', (_, declare) => {
    expect(declare).toThrow(Error);
  });
});
