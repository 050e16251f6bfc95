import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FormatInput } from '../../connectors/file/format.ts';
import { csv, type FileFormat, xlsx, xml } from '../../connectors/file.ts';
import { field, makeDrop, read, rowsOf, type TestDrop } from './drop.ts';
import { workbook, zip } from './workbook.ts';

type Told = readonly [line: number, what: readonly unknown[] | string];

/** Reads bytes in small chunks, so that every cut is tried, and tells rows and faults in order. */
async function told(format: FileFormat, content: string | Uint8Array, wanted: readonly string[] = [], chunk = 7) {
  const bytes = Buffer.from(content as Uint8Array);
  const events: Told[] = [];
  let names: readonly string[] = [];
  const input: FormatInput = {
    size: bytes.length,
    wanted,
    chunks: async function* () {
      for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
    },
  };
  await format.read(input, {
    columns: (given) => {
      names = given;
    },
    row: (line, values) => events.push([line, values]),
    faulty: (line, why) => events.push([line, why]),
  });
  return { names, events };
}

describe('csv', () => {
  const semicolon = csv({ delimiter: ';' });

  it('names the line where a row begins, though values hold line breaks', async () => {
    const { events } = await told(semicolon, 'a;b\r\n1;"x\r\ny\r\nz"\r\n\r\n2;"q"\r\n3;r');
    expect(events).toEqual([
      [2, ['1', 'x\r\ny\r\nz']],
      [6, ['2', 'q']],
      [7, ['3', 'r']],
    ]);
  });

  it('leaves out a wrong row, names its line, and goes on with the next', async () => {
    const lines = ['a;b', '1;x', '2', '3;x;y', '4;5" nail', '5;"x"y', '6;"x', '7;"y"', '8;a\0b', '9;', ';;;', '10;x;'];
    const { events } = await told(semicolon, lines.join('\n'));
    expect(events).toEqual([
      [2, ['1', 'x']],
      [3, 'has 1 fields instead of 2'],
      [4, 'has 3 fields instead of 2'],
      [5, 'has a quote in the wrong place'],
      [6, 'has a quote in the wrong place'],
      [7, 'has a quote that is not closed'],
      [8, ['7', 'y']],
      [9, 'holds a NUL'],
      [10, ['9', '']],
      [12, ['10', 'x', '']],
    ]);
  });

  it('loses one line, not the rest of the file, to a quote that is never closed', async () => {
    const rest = Array.from({ length: 200 }, (_, at) => `${at};x`);
    const { events } = await told(semicolon, ['a;b', '0;"x', ...rest].join('\n'));
    expect(events[0]).toEqual([2, 'has a quote that is not closed']);
    expect(events).toHaveLength(201);
    expect(events.at(-1)).toEqual([202, ['199', 'x']]);
  });

  it('does not hold back the whole file for a quote that is never closed', async () => {
    const lines = ['a;b', '0;"x', ...Array.from({ length: 2_000 }, (_, at) => `${at};x`)];
    let given = 0;
    let first = 0;
    const input = {
      size: 0,
      wanted: [],
      chunks: async function* () {
        for (const line of lines) {
          given += 1;
          yield Buffer.from(`${line}\n`);
        }
      },
    };
    const row = () => {
      if (first === 0) first = given;
    };
    await semicolon.read(input, { columns: () => {}, faulty: () => {}, row });
    expect(first).toBeLessThan(100);
  });

  it.each([
    ['UTF-8 with a byte order mark', csv(), '\ufeffmã,tên\n1,Hoà Bệ\n', 'utf8'],
    ['UTF-16, little end first', csv(), '\ufeffmã,tên\n1,Hoà Bệ\n', 'utf16le'],
  ] as const)('reads %s, wherever it is cut', async (_, format, text, encoding) => {
    for (const chunk of [1, 2, 3, 5, 100]) {
      const { names, events } = await told(format, Buffer.from(text, encoding), [], chunk);
      expect([names, events]).toEqual([['mã', 'tên'], [[2, ['1', 'Hoà Bệ']]]]);
    }
  });

  it('reads UTF-16, big end first, and Windows-1258 in composed letters', async () => {
    const big = Buffer.from('\ufeffa,b\n1,Bệ\n', 'utf16le').swap16();
    expect((await told(csv(), big)).events).toEqual([[2, ['1', 'Bệ']]]);
    const vietnamese = Buffer.from([...Buffer.from('a,b\n1,B'), 0xea, 0xf2, ...Buffer.from('\n')]);
    expect((await told(csv({ encoding: 'cp1258' }), vietnamese)).events).toEqual([[2, ['1', 'Bệ']]]);
  });

  it('leaves out a line with bytes its encoding does not have, and no other', async () => {
    const bytes = Buffer.concat([Buffer.from('a;b\n1;ệ\n2;'), Buffer.from([0xe1, 0x0a]), Buffer.from('3;ệ\n')]);
    expect((await told(semicolon, bytes, [], 100)).events).toEqual([
      [2, ['1', 'ệ']],
      [3, 'holds bytes its encoding does not have'],
      [4, ['3', 'ệ']],
    ]);
  });

  it('refuses a file in another encoding than was declared', async () => {
    const utf16 = Buffer.from('\ufeffa;b\n', 'utf16le');
    await expect(told(csv({ encoding: 'cp1258' }), utf16)).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
    await expect(told(csv(), utf16.subarray(2))).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
  });

  it('finds the column names further down where the declaration says so', async () => {
    const { names, events } = await told(csv({ headerRow: 3 }), 'Danh sách "hộ"\n\na,b\n1,2\n');
    expect([names, events]).toEqual([['a', 'b'], [[4, ['1', '2']]]]);
  });

  it('takes quotes for letters where nothing is quoted', async () => {
    expect((await told(csv({ quote: null }), 'a,b\n"x,5" nail\n')).events).toEqual([[2, ['"x', '5" nail']]]);
  });

  it('refuses what has no end of line for a megabyte', async () => {
    await expect(told(csv(), Buffer.alloc(2_000_000, 'x'), [], 65_536)).rejects.toMatchObject({
      code: 'SOURCE_MALFORMED',
    });
  });
});

describe('xlsx', () => {
  it('keeps zeros, long digits and blanks as the sheet holds them', async () => {
    const sheet = workbook([
      ['Mã', 'Số', 'Ghi chú'],
      ['00012', { raw: '<v>123456789012345678</v>' }, '  hai dấu cách  '],
      [null, null, null],
      [{ raw: '<v>1.0</v>' }, { raw: '<v>66058000123</v>', type: 'n' }, { raw: '<v>1</v>', type: 'b' }],
      [{ raw: '<is><t>0042</t></is>', type: 'inlineStr' }, { raw: '<f>1/0</f><v>#DIV/0!</v>', type: 'e' }, null],
    ]);
    const { names, events } = await told(xlsx(), sheet, [], 64);
    expect(names).toEqual(['Mã', 'Số', 'Ghi chú']);
    expect(events).toEqual([
      [2, ['00012', '123456789012345678', '  hai dấu cách  ']],
      [4, ['1.0', '66058000123', 'TRUE']],
      [5, ['0042', '', '']],
    ]);
  });

  it('gives dates as the day the sheet shows, in every time zone', async () => {
    const script = `
      import { xlsx } from './connectors/file.ts';
      import { workbook } from './test/connectors/workbook.ts';
      const sheet = workbook([['Ngày', 'Giờ'], [{ raw: '<v>21252</v>', style: 1 }, { raw: '<v>46000.3541666667</v>', style: 2 }]]);
      const sink = { columns() {}, faulty() {}, row: (line, values) => console.log(JSON.stringify(values)) };
      await xlsx().read({ size: sheet.length, wanted: [], chunks: async function* () { yield sheet; } }, sink);`;
    for (const TZ of ['America/New_York', 'Asia/Ho_Chi_Minh']) {
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', script], {
        env: { ...process.env, TZ },
      });
      expect(JSON.parse(stdout)).toEqual(['1958-03-08', '2025-12-09T08:30:00']);
    }
  });

  it('reads the sheet that is named and refuses one that is missing', async () => {
    const sheet = workbook([['a'], ['1']], 'Hộ kinh doanh');
    expect((await told(xlsx({ sheet: 'Hộ kinh doanh' }), sheet)).events).toEqual([[2, ['1']]]);
    await expect(told(xlsx({ sheet: 'Khác' }), sheet)).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
  });

  it.each([
    ['is truncated', workbook([['a'], ['1']]).subarray(0, -40)],
    ['is no archive', Buffer.from('Mã,Tên\n1,2\n')],
    ['is the old binary format', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])],
    ['is an archive of something else', zip({ 'a.xml': '<a/>' })],
    ['is empty', Buffer.alloc(0)],
  ])('refuses a file that %s', async (_, bytes) => {
    await expect(told(xlsx(), bytes, [], 64)).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
  });
});

it('xlsx refuses a workbook that unpacks to gigabytes before it unpacks it', async () => {
  const message = expect.stringContaining('unpacks to more than');
  await expect(told(xlsx(), zip({ 'a.xml': '<a/>' }, { 'a.xml': 2 ** 31 }))).rejects.toMatchObject({ message });
});

it.each([
  ['more than it says', { 'a.xml': 1_000 }],
  ['less than it says', { 'a.xml': 9_000_000 }],
])('xlsx refuses a workbook that holds %s, without unpacking the rest', async (_, claimed) => {
  const message = 'a part of the workbook unpacks to another size than it says';
  const bomb = zip({ 'a.xml': '0'.repeat(8_000_000) }, claimed);
  await expect(told(xlsx(), bomb)).rejects.toMatchObject({ code: 'SOURCE_MALFORMED', message });
});

it('xlsx reads what the directory of a workbook names, and nothing that lies beside it', async () => {
  const hidden = zip({ 'xl/worksheets/sheet1.xml': '<worksheet>hidden</worksheet>' });
  const own = workbook([['a'], ['1']]);
  const end = own.length - 22;
  const start = own.readUInt32LE(end + 16);
  const shift = hidden.length;
  const directory = Buffer.from(own.subarray(start));
  // Every place moves back by what stands before it now.
  for (let at = 0; directory.readUInt32LE(at) === 0x02014b50; ) {
    directory.writeUInt32LE(directory.readUInt32LE(at + 42) + shift, at + 42);
    at += 46 + directory.readUInt16LE(at + 28) + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  directory.writeUInt32LE(start + shift, directory.length - 6);
  const both = Buffer.concat([hidden, own.subarray(0, start), directory]);
  expect((await told(xlsx(), both)).events).toEqual([[2, ['1']]]);
});

describe('xml', () => {
  const record = xml({ record: 'h:DanhSach/h:Ho', namespaces: { h: 'urn:h' } });
  const columns = ['h:Ma', 'h:ChuHo/h:Ten', 'h:Nganh[]', '@loai'];
  const document = `<?xml version="1.0"?>
<DanhSach xmlns="urn:h">
  <Ho loai="1"><Ma>00012</Ma><ChuHo><Ten>Hoà &amp; Bệ</Ten></ChuHo><Nganh>0111</Nganh></Ho>
  <Ho><Ma>2</Ma><Ma>3</Ma></Ho>
  <Ho
    loai="2"><Ma/><Nganh>1</Nganh><Nganh>2</Nganh></Ho>
</DanhSach>`;

  it('reads records as they come, leaves out a wrong one and names its line', async () => {
    for (const encoding of ['utf8', 'utf16le'] as const) {
      for (const chunk of [1, 6, 1_000]) {
        const text = encoding === 'utf8' ? document : `\ufeff${document}`;
        expect((await told(record, Buffer.from(text, encoding), columns, chunk)).events).toEqual([
          [3, ['00012', 'Hoà & Bệ', ['0111'], '1']],
          [4, 'h:Ma occurs more than once'],
          [6, ['', null, ['1', '2'], '2']],
        ]);
      }
    }
  });

  it.each([
    ['is truncated', document.slice(0, -12)],
    ['has another root', document.replaceAll('DanhSach', 'Danh')],
    ['is in another namespace', document.replace('urn:h', 'urn:k')],
    ['has a document type', document.replace('?>', '?><!DOCTYPE a [<!ENTITY b "c">]>')],
    ['is not in its encoding', Buffer.from(document, 'latin1')],
    ['is empty', ''],
  ])('refuses a document that %s', async (_, text) => {
    await expect(told(record, text, columns)).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
  });
});

describe('a drop with faulty rows', () => {
  let drop: TestDrop;
  beforeEach(async () => {
    drop = await makeDrop();
  });
  afterEach(() => drop.close());

  const HEADER = 'Mã số;Chủ hộ;Số giấy tờ';
  const format = csv({ delimiter: ';' });

  it('answers with the others and warns with lines, not with values', async () => {
    await drop.put('a.csv', `${HEADER}\n1;Bí mật\n2;b;c\n`);
    expect(await read(drop.open({ pattern: '*.csv', format }), ['1', '2'])).toMatchObject([[], [{ '#line': 3 }]]);
    expect(drop.warnings).toEqual([
      {
        message: 'a.csv: 1 of 2 rows are left out',
        details: { rows: [{ line: 2, why: 'has 2 fields instead of 3' }] },
      },
    ]);
  });

  it('is refused when more than a tenth is faulty, as it is another file then', async () => {
    const rows = Array.from({ length: 100 }, (_, at) => (at < 12 ? `${at};x` : `${at};x;y`));
    await drop.put('a.csv', [HEADER, ...rows].join('\n'));
    const source = drop.open({ pattern: '*.csv', format });
    await expect(read(source, ['50'])).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
  });

  it('is refused when a column that is read has its name twice, and not when another has', async () => {
    await drop.put('a.csv', 'Mã số;Chủ hộ;Số giấy tờ;Ghi chú;Ghi chú\n1;a;b;c;d\n');
    expect(await rowsOf(drop.open({ pattern: 'a.csv', format }), '1')).toHaveLength(1);
    await drop.put('b.csv', 'Mã số;Chủ hộ;Số giấy tờ;Chủ hộ\n1;a;b;c\n');
    await expect(read(drop.open({ pattern: 'b.csv', format }), ['1'])).rejects.toMatchObject({
      message: 'b.csv: the column Chủ hộ is there twice',
      field: 'Chủ hộ',
    });
  });

  it('reads workbooks and XML as it reads text', async () => {
    await drop.put(
      'a.xlsx',
      workbook([
        ['Mã số', 'Chủ hộ', 'Số giấy tờ'],
        ['0042', 'a', 'b'],
      ]),
    );
    expect(await rowsOf(drop.open({ pattern: '*.xlsx', format: xlsx() }), '0042')).toMatchObject([{ 'Chủ hộ': 'a' }]);
    await drop.put('a.xml', '<Ds><Ho><Ma>0042</Ma><Ten>a</Ten></Ho></Ds>');
    const source = drop.open(
      { pattern: '*.xml', format: xml({ record: 'Ds/Ho' }) },
      { fields: { name: field('Ten') }, lookups: { code: { keys: ['Ma'] } } },
    );
    expect(await rowsOf(source, '0042', ['Ma', 'Ten'])).toMatchObject([{ Ma: '0042', Ten: 'a', '#line': 1 }]);
  });
});
