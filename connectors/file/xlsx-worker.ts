import { once } from 'node:events';
import { Readable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import { readSheet, type SheetData } from 'read-excel-file/node';
import { repacked, WorkbookFault } from './archive.ts';
import { MAX_COLUMNS, MAX_VALUE, type WorkbookLimits } from './limits.ts';
import { demandBounds } from './xlsx-bounds.ts';

/** The thread that reads workbooks for connectors/file/xlsx-thread.ts. The only importer of read-excel-file. */
export interface SheetRequest {
  readonly bytes: Uint8Array;
  /** Name of the sheet, or its number from 1. */
  readonly sheet: string | number;
  readonly limits: WorkbookLimits;
}

/** A row, all as wide as the widest; or why it is left out. */
export type SheetRow = readonly string[] | string;

/** Rows in order, the first of them numbered `from`. The next ones come once something is sent in answer. */
export interface SheetPart {
  readonly from: number;
  readonly rows: readonly SheetRow[];
}

export interface SheetEnd {
  /** Why it could not be read. */
  readonly failed: string | null;
}

// The library's types name the constructor where a date comes.
type Cell = Exclude<SheetData<string>[number][number], DateConstructor> | Date;
type Cells = readonly (readonly Cell[])[];

const UNREADABLE = 'the file is no workbook that can be read, or lacks the sheet';
/** The element without which a part holds no cells. */
const SHEET_DATA = 'sheetData';

async function cellsOf({ bytes, sheet, limits }: SheetRequest): Promise<Cells> {
  const judge = (part: Uint8Array) => {
    if (Buffer.from(part.buffer, part.byteOffset, part.length).includes(SHEET_DATA)) demandBounds(part, limits);
  };
  const archive = Readable.from(repacked(Buffer.from(bytes.buffer), limits.unpackedBytes, judge), {
    objectMode: false,
  });
  // Numbers stay the text the sheet holds: as floats, long ones lose digits.
  const read = await readSheet<string>(archive, sheet, { trim: false, parseNumber: (text) => text });
  return read as Cells;
}

/** How wide the sheet is. Refuses one that would be too much, before any of its cells is written out. */
function widthOf(cells: Cells, { text: most }: WorkbookLimits): number {
  let width = 0;
  let text = 0;
  for (const row of cells) {
    width = Math.max(width, row.length);
    for (const cell of row) if (typeof cell === 'string' && cell.length <= MAX_VALUE) text += cell.length;
  }
  if (width > MAX_COLUMNS) throw new WorkbookFault(`the sheet has more than ${MAX_COLUMNS} columns`);
  if (text > most) throw new WorkbookFault(`the cells of the sheet hold more than ${most} characters`);
  return width;
}

function* partsOf(cells: Cells, limits: WorkbookLimits): Generator<SheetPart> {
  const { part } = limits;
  const width = widthOf(cells, limits);
  let rows: SheetRow[] = [];
  let from = 1;
  let text = 0;
  for (const [index, given] of cells.entries()) {
    const row = rowOf(given, width, limits.rowText);
    rows.push(row);
    text += lengthOf(row);
    if (rows.length >= part.rows || rows.length * width >= part.cells || text >= part.text) {
      yield { from, rows };
      from = index + 2;
      rows = [];
      text = 0;
    }
  }
  if (rows.length > 0) yield { from, rows };
}

function rowOf(given: readonly Cell[], width: number, most: number): SheetRow {
  const row: string[] = [];
  let text = 0;
  for (let column = 0; column < width; column += 1) {
    const value = textOf(given[column] ?? null);
    if (value.length > MAX_VALUE) return `has a value of more than ${MAX_VALUE} characters`;
    text += value.length;
    if (text > most) return `has more than ${most} characters`;
    row.push(value);
  }
  return row;
}

function textOf(cell: Cell): string {
  if (cell === null) return '';
  if (cell instanceof Date) return cell.toISOString().replace(/(?:T00:00:00)?\.\d+Z$/, '');
  if (typeof cell === 'boolean') return cell ? 'TRUE' : 'FALSE';
  // What is too long already is not worth writing anew.
  return cell.length > MAX_VALUE ? cell : cell.normalize('NFC');
}

function lengthOf(row: SheetRow): number {
  if (typeof row === 'string') return 0;
  let length = 0;
  for (const { length: more } of row) length += more;
  return length;
}

const request = workerData as SheetRequest;
const tell = (message: SheetPart | SheetEnd) => parentPort?.postMessage(message);
try {
  for (const part of partsOf(await cellsOf(request), request.limits)) {
    tell(part);
    if (parentPort !== null) await once(parentPort, 'message');
  }
  tell({ failed: null });
} catch (error) {
  // What the library says may quote cells, so it stays here.
  tell({ failed: error instanceof WorkbookFault ? error.message : UNREADABLE });
}
