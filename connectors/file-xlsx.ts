import { readSheet, type SheetData } from 'read-excel-file/node';
import { HubError } from '../core/errors.ts';
import type { FileFormat } from './file-format.ts';

export interface XlsxOptions {
  /** Name of the sheet, or its number from 1. Standard: 1. */
  readonly sheet?: string | number | undefined;
  /** Row of the column names, from 1. Standard: 1. */
  readonly headerRow?: number | undefined;
}

/** A sheet is unpacked and read in one go, so it may not be as large as text files. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;

/**
 * A sheet of an Excel workbook. Cells come as text: a number with the digits the sheet holds, though not with zeros that
 * only its format shows; a date as `yyyy-MM-dd`, with the time where it has one. The only importer of read-excel-file.
 */
export function xlsx({ sheet = 1, headerRow = 1 }: XlsxOptions = {}): FileFormat {
  return {
    name: 'xlsx',
    async read({ size, chunks }, sink) {
      if (size > MAX_BYTES) throw new HubError('SOURCE_MALFORMED', `the workbook is larger than ${MAX_BYTES} bytes`);
      const pieces: Uint8Array[] = [];
      for await (const chunk of chunks()) pieces.push(chunk);
      const bytes = Buffer.concat(pieces);
      demandBounded(bytes);
      const rows = await cellsOf(bytes, sheet);
      const header = rows[headerRow - 1];
      if (header === undefined) throw new HubError('SOURCE_MALFORMED', `the sheet has no row ${headerRow}`);
      const names = header.map(textOf);
      sink.columns(names);
      for (const [index, cells] of rows.entries()) {
        if (index < headerRow || cells.every((cell) => cell === null)) continue;
        // Cells beyond the last name belong to nothing that is read; a row that ends early has empty cells.
        sink.row(
          index + 1,
          names.map((_, place) => textOf(cells[place] ?? null)),
        );
      }
    },
  };
}

// The library's types name the constructor where a date comes.
type Cell = Exclude<SheetData<string>[number][number], DateConstructor> | Date;

async function cellsOf(bytes: Buffer, sheet: string | number): Promise<readonly (readonly Cell[])[]> {
  try {
    // Numbers stay the text the sheet holds: as floats, long ones lose digits.
    const rows = await readSheet<string>(bytes, sheet, { trim: false, parseNumber: (text) => text });
    return rows as readonly (readonly Cell[])[];
  } catch {
    // What the library says may quote cells.
    throw new HubError('SOURCE_MALFORMED', 'the file is no workbook that can be read, or lacks the sheet');
  }
}

function textOf(cell: Cell): string {
  if (cell === null) return '';
  if (cell instanceof Date) return cell.toISOString().replace(/(?:T00:00:00)?\.\d+Z$/, '');
  if (typeof cell === 'boolean') return cell ? 'TRUE' : 'FALSE';
  return String(cell).normalize('NFC');
}

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

/**
 * Adds up what the archive says its parts unpack to: a small file can hold gigabytes. Truncated archives, whose
 * directory stands at the end, are refused here too.
 */
function demandBounded(bytes: Buffer): void {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + 22 > bytes.length || bytes.readUInt32LE(end) !== END_OF_DIRECTORY) {
    throw new HubError('SOURCE_MALFORMED', 'the file is no whole workbook');
  }
  let unpacked = 0;
  let at = bytes.readUInt32LE(end + 16);
  while (at + 46 <= end && bytes.readUInt32LE(at) === DIRECTORY_ENTRY) {
    unpacked += bytes.readUInt32LE(at + 24);
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  if (unpacked > MAX_UNPACKED_BYTES) {
    throw new HubError('SOURCE_MALFORMED', `the workbook unpacks to more than ${MAX_UNPACKED_BYTES} bytes`);
  }
}
