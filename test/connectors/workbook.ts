import { crc32, deflateRawSync } from 'node:zlib';

/** A cell as the sheet holds it: a shared text, or raw XML such as `<v>1</v>` with its type. */
export type TestCell = string | { readonly raw: string; readonly type?: string; readonly style?: number } | null;

/** Writes an Excel workbook of one sheet, with bare means. */
export function workbook(rows: readonly (readonly TestCell[])[], sheet = 'Trang 1'): Buffer {
  const texts: string[] = [];
  const cell = (value: TestCell, column: number, row: number): string => {
    const place = `r="${String.fromCharCode(65 + column)}${row}"`;
    if (value === null) return '';
    if (typeof value === 'string') return `<c ${place} t="s"><v>${texts.push(value) - 1}</v></c>`;
    const { raw, type, style } = value;
    return `<c ${place}${type === undefined ? '' : ` t="${type}"`}${style === undefined ? '' : ` s="${style}"`}>${raw}</c>`;
  };
  const data = rows
    .map((cells, index) => [index + 1, cells.map((value, column) => cell(value, column, index + 1)).join('')] as const)
    .filter(([, cells]) => cells !== '')
    .map(([number, cells]) => `<row r="${number}">${cells}</row>`);
  const strings = texts.map((text) => `<si><t xml:space="preserve">${text}</t></si>`).join('');
  return rawWorkbook({ data: data.join(''), strings, sheet });
}

/** What stands in a workbook, as XML. */
export interface WorkbookParts {
  /** The rows. */
  readonly data: string;
  /** The shared texts. */
  readonly strings?: string;
  readonly sheet?: string;
  readonly styles?: string;
}

const STYLES = '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs>';

/** A workbook of one sheet whose rows are whatever is given. */
export function rawWorkbook({ data, strings = '', sheet = 'Trang 1', styles = STYLES }: WorkbookParts): Buffer {
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const packaged = 'http://schemas.openxmlformats.org/package/2006/relationships';
  const head = '<?xml version="1.0" encoding="UTF-8"?>';
  return zip({
    'xl/workbook.xml': `${head}<workbook xmlns="${main}" xmlns:r="${relations}"><sheets><sheet name="${sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${head}<Relationships xmlns="${packaged}"><Relationship Id="rId1" Type="${relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    'xl/styles.xml': `${head}<styleSheet xmlns="${main}">${styles}</styleSheet>`,
    'xl/worksheets/sheet1.xml': `${head}<worksheet xmlns="${main}"><sheetData>${data}</sheetData></worksheet>`,
    'xl/sharedStrings.xml': `${head}<sst xmlns="${main}">${strings}</sst>`,
  });
}

/** @param claimed what the directory says a part unpacks to, where that is not the truth */
export function zip(parts: Readonly<Record<string, string>>, claimed: Readonly<Record<string, number>> = {}): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(parts)) {
    const content = Buffer.from(text);
    const packed = deflateRawSync(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(claimed[name] ?? content.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const file = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, rest, Buffer.from(name)]));
    files.push(file);
    offset += file.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, list, end]);
}
