import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import iconv from 'iconv-lite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCp1258 } from '../../sectors/business-registration/stand-in/cp1258.ts';
import {
  columns,
  csvLine,
  type HouseholdRow,
  writeDrops,
} from '../../sectors/business-registration/stand-in/households.ts';
import { createWorld } from '../../stand-ins/world/world.ts';

const directory = mkdtempSync(join(tmpdir(), 'drop-'));
const world = createWorld({ citizens: 5_000, dossiers: 100 });
let latest: HouseholdRow[] = [];
let earlier: HouseholdRow[] = [];
let bytes = Buffer.alloc(0);

function rowsOf(file: Buffer): HouseholdRow[] {
  const text = iconv.decode(file, 'cp1258').normalize('NFC');
  return parse(text, { columns: true, delimiter: ';', record_delimiter: '\r\n' }) as HouseholdRow[];
}

beforeAll(() => {
  writeDrops(world, directory);
  bytes = readFileSync(join(directory, 'ho-kinh-doanh-20261120.csv'));
  latest = rowsOf(bytes);
  earlier = rowsOf(readFileSync(join(directory, 'ho-kinh-doanh-20261119.csv')));
});

afterAll(() => rmSync(directory, { recursive: true }));

describe('Windows-1258', () => {
  it('comes back whole for every Vietnamese letter', () => {
    const shapes = [...'aăâeêioôơuưyAĂÂEÊIOÔƠUƯY'];
    const tones = ['', '\u0300', '\u0301', '\u0303', '\u0309', '\u0323'];
    const letters = shapes.flatMap((shape) => tones.map((tone) => (shape + tone).normalize('NFC')));
    const text = `${letters.join('')}đĐ₫–“”…`;
    expect(letters).toHaveLength(144);
    expect(iconv.decode(Buffer.from(encodeCp1258(text)), 'cp1258').normalize('NFC')).toBe(text);
  });

  it('has exactly these bytes: the shape, then the tone', () => {
    expect(Buffer.from(encodeCp1258('Lê Thị Ngọc ệ ì đ ☃')).toString('hex')).toBe(
      '4cea205468 69f2 204e676ff263 20eaf2 2069cc 20f0 203f'.replaceAll(' ', ''),
    );
    expect(encodeCp1258('ệ'.normalize('NFD'))).toEqual(encodeCp1258('ệ'));
  });
});

describe('the nightly drop of household businesses', () => {
  it('holds two nights and no half-written file', () => {
    expect(readdirSync(directory).toSorted()).toEqual(['ho-kinh-doanh-20261119.csv', 'ho-kinh-doanh-20261120.csv']);
  });

  it('starts with its columns, without a byte order mark, every line ended by CRLF', () => {
    expect(bytes.subarray(0, 10).toString('hex')).toBe('4d61de2073f4ec2068f4');
    expect(bytes.subarray(-2).toString('hex')).toBe('0d0a');
    expect(Object.keys(latest[0] ?? {})).toEqual([...columns]);
    expect(latest).toHaveLength(world.counts.businesses / 2);
  });

  it('quotes what would break a line and writes nothing else in quotes', () => {
    expect(csvLine(['a', 'b;c', 'd "e"', 'f\ng', ''])).toBe('a;"b;c";"d ""e""";"f\ng";\r\n');
  });

  it('has in the earlier file fewer rows, and some that changed since', () => {
    const now = new Map(latest.map((row) => [row['Mã số hộ kinh doanh'], row]));
    expect(earlier.length).toBeLessThan(latest.length);
    expect(earlier.some((row) => now.get(row['Mã số hộ kinh doanh'])?.['Tình trạng'] !== row['Tình trạng'])).toBe(true);
  });

  const quirks: [string, keyof HouseholdRow, RegExp][] = [
    ['a personal number of 11 digits', 'Số giấy tờ chủ hộ', /^\d{11}$/],
    ['a personal number of 10 digits: two zeros lost', 'Số giấy tờ chủ hộ', /^\d{10}$/],
    ['a personal number kept whole', 'Số giấy tờ chủ hộ', /^0\d{11}$/],
    ['an old number of 9 digits', 'Số giấy tờ chủ hộ', /^\d{9}$/],
    ['a personal number with a decimal', 'Số giấy tờ chủ hộ', /^\d+\.0$/],
    ['a tax code with a decimal', 'Mã số thuế', /^\d{10}\.0$/],
    ['an owner whose letters the code page does not have', 'Chủ hộ', /\?/],
    ['a birth year', 'Ngày sinh chủ hộ', /^\d{4}$/],
    ['a whole birth date', 'Ngày sinh chủ hộ', /^\d{2}\/\d{2}\/\d{4}$/],
    ['an address of two lines', 'Địa chỉ', /\n/],
    ['a name with quotes and a semicolon', 'Tên hộ kinh doanh', /"; /],
    ['a line of business that lost its zero', 'Mã ngành', /^\d{3}$/],
    ['a capital with dots', 'Vốn kinh doanh', /^\d{1,3}(\.\d{3})+$/],
    ['a capital without', 'Vốn kinh doanh', /^\d{7,}$/],
    ['a registration of which only the year is known', 'Ngày đăng ký', /^\d{4}$/],
  ];
  it.each(quirks)('has %s', (_title, column, shape) => {
    expect(latest.some((row) => shape.test(row[column]))).toBe(true);
  });

  it('can be read back: no owner became somebody else', () => {
    const households = Array.from({ length: world.counts.businesses }, (_, index) => world.business(index)).filter(
      ({ kind }) => kind === 'household',
    );
    for (const [position, { code, representatives }] of households.entries()) {
      const row = latest[position];
      const owner = world.identityIn('business-registration', representatives[0]?.person ?? -1);
      const digits = (row?.['Số giấy tờ chủ hộ'] ?? '').replace(/\.0$/, '');
      const restored = digits === '' ? '' : digits.padStart(digits.length > 9 ? 12 : 9, '0');
      expect(row?.['Mã số hộ kinh doanh']).toBe(code);
      expect(restored).toBe(owner.personalNumber ?? owner.oldNumber ?? '');
      expect(row?.['Chủ hộ']).toBe(owner.name.normalize('NFC').replace(/[ĕŏŭĔŎŬ]/g, '?'));
    }
  });
});
