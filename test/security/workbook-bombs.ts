import { rawWorkbook } from '../connectors/workbook.ts';

/** The longest text that a cell may hold. */
const LONGEST = 100_000;
const text = (value: string) => `<si><t>${value}</t></si>`;
const cell = (place: string, shared: number) => `<c r="${place}" t="s"><v>${shared}</v></c>`;
const row = (at: number, ...cells: readonly string[]) => `<row r="${at}">${cells.join('')}</row>`;
const rows = (count: number, of: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => of(at + 1)).join('');
const header = row(1, cell('A1', 0));
const name = text('a');
/** Twenty-six names of columns. */
const LETTERS = Array.from({ length: 26 }, (_, at) => String.fromCharCode(65 + at));

/** Small files that stand for much: what each is, and why nothing of it is read. */
export const WORKBOOK_BOMBS: Readonly<Record<string, readonly [refused: RegExp, bomb: () => Buffer]>> = {
  'a text of four megabytes that every row names': [
    /column names has a value of more than 100000 characters/,
    () => rawWorkbook({ data: rows(800, (at) => row(at, cell(`A${at}`, 0))), strings: text('x'.repeat(4 << 20)) }),
  ],
  'a text just not too long that twenty thousand rows name': [
    /hold more than 134217728 characters/,
    () =>
      rawWorkbook({
        data: header + rows(20_000, (at) => row(at + 1, cell(`A${at + 1}`, 1))),
        strings: name + text('x'.repeat(LONGEST)),
      }),
  ],
  'five hundred texts just not too long that five hundred rows name three times each': [
    /hold more than 134217728 characters/,
    () =>
      rawWorkbook({
        data:
          header + rows(500, (at) => row(at + 1, ...['A', 'B', 'C'].map((column) => cell(`${column}${at + 1}`, at)))),
        strings: name + rows(500, (at) => text(`${at}${'x'.repeat(LONGEST - 4)}`)),
      }),
  ],
  'a cell in a column that is named by six letters': [
    /names a row or a cell that no sheet has/,
    () => rawWorkbook({ data: row(1, cell('ZZZZZZ1', 0)), strings: name }),
  ],
  'a cell in the last column there is': [
    /more than 1000 columns/,
    () => rawWorkbook({ data: header + row(2, cell('XFD2', 0)), strings: name }),
  ],
  'a row whose number has ten digits': [
    /names a row or a cell that no sheet has/,
    () => rawWorkbook({ data: header + row(2_000_000_000, cell('A2000000000', 0)), strings: name }),
  ],
  'a row behind the last there is': [
    /more than 1048576 rows/,
    () => rawWorkbook({ data: header + row(1_048_577, cell('A1048577', 0)), strings: name }),
  ],
  'two cells that make a thousand columns of a million rows': [
    /more than 32000000 cells/,
    () => rawWorkbook({ data: header + row(2, cell('ALL2', 0)) + row(1_000_000, cell('A1000000', 0)), strings: name }),
  ],
  'a million rows that are not numbered, and a cell in the thousandth column': [
    /more than 32000000 cells/,
    () => rawWorkbook({ data: header + row(2, cell('ALL2', 0)) + '<row/>'.repeat(1_000_000), strings: name }),
  ],
  'one row whose cells all call themselves the first': [
    /more than 1000 columns/,
    () => rawWorkbook({ data: `<row>${rows(200_000, (at) => cell(`A${at}`, 0))}</row>`, strings: name }),
  ],
  'two hundred megabytes without a tag': [
    /no tag in 1048576 bytes/,
    () => rawWorkbook({ data: header + ' '.repeat(200_000_000), strings: name }),
  ],
};

/** Cells that one reader of XML takes for cells and another one for something else; the last column makes them felt. */
export const HIDDEN_CELLS: readonly string[] = [
  '<c a="<c" r="XFD1"><v>1</v></c>',
  '<c a =" r=\'XFD1\' b"><v>1</v></c>',
  '<c a= " r=\'XFD1\' b"><v>1</v></c>',
  "<c a=\" '\" \"' r='XFD1' b='\"><v>1</v></c>",
  '<c a="1"b=\'x r="XFD1" \'><v>1</v></c>',
  '<c a="1"/b=\'x r="XFD1" \'><v>1</v></c>',
  '<c a=1 r="XFD1"><v>1</v></c>',
  '<c a=">" r="XFD1"/><v>1</v></c>',
  '<c r="&#88;FD1"><v>1</v></c>',
  '<c r="A1" x:r="XFD1"><v>1</v></c>',
  '<c x:r="XFD1" r="A1"><v>1</v></c>',
  '<x:c r="XFD1"><v>1</v></x:c>',
  '<c\tr="XFD1"><v>1</v></c>',
  "<c r='XFD1'><v>1</v></c>",
  '<!--><c r="XFD1"><v>1</v></c><!-- -->',
  '<![CDATA[]]><c r="XFD1"><v>1</v></c>',
  '<c r="xfd1"><v>1</v></c>',
  '<c r="XFD1e9"><v>1</v></c>',
  '<c r="XFD1"',
];

/** A text of a row, in as many cells as make more than a row may hold. */
export const longRows = (): Buffer =>
  rawWorkbook({
    data:
      header +
      rows(20, (at) => row(at + 1, ...LETTERS.map((column) => cell(`${column}${at + 1}`, 1)))) +
      row(22, cell('A22', 0)),
    strings: name + text('x'.repeat(LONGEST)),
  });
