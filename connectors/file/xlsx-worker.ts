import { parentPort, workerData } from 'node:worker_threads';
import { readSheet, type SheetData } from 'read-excel-file/node';
import { ArchiveFault, repacked } from './archive.ts';

/** The thread that reads workbooks for connectors/file/xlsx.ts. The only importer of read-excel-file. */
export interface SheetRequest {
  readonly bytes: Uint8Array;
  /** Name of the sheet, or its number from 1. */
  readonly sheet: string | number;
  /** Most bytes that its parts may unpack to. */
  readonly most: number;
}

/** Rows in order, the first of them numbered `from`, all as wide as the widest; then how it ended. */
export type SheetPart =
  | { readonly from: number; readonly rows: readonly (readonly string[])[] }
  | { readonly failed: string | null };

/** Rows sent at once: enough to be quick, few enough that the hub does other things in between. */
const PART = 1_000;

// The library's types name the constructor where a date comes.
type Cell = Exclude<SheetData<string>[number][number], DateConstructor> | Date;

function textOf(cell: Cell): string {
  if (cell === null) return '';
  if (cell instanceof Date) return cell.toISOString().replace(/(?:T00:00:00)?\.\d+Z$/, '');
  if (typeof cell === 'boolean') return cell ? 'TRUE' : 'FALSE';
  return cell.normalize('NFC');
}

const UNREADABLE = 'the file is no workbook that can be read, or lacks the sheet';

const { bytes, sheet, most } = workerData as SheetRequest;
try {
  const archive = repacked(Buffer.from(bytes.buffer), most);
  // Numbers stay the text the sheet holds: as floats, long ones lose digits.
  const cells = await readSheet<string>(archive, sheet, { trim: false, parseNumber: (text) => text });
  const width = Math.max(0, ...cells.slice(0, 1_000).map((row) => row.length));
  for (let start = 0; start < cells.length; start += PART) {
    const rows = cells
      .slice(start, start + PART)
      .map((row) => Array.from({ length: width }, (_, column) => textOf((row[column] ?? null) as Cell)));
    parentPort?.postMessage({ from: start + 1, rows } satisfies SheetPart);
  }
  parentPort?.postMessage({ failed: null } satisfies SheetPart);
} catch (error) {
  // What the library says may quote cells, so it stays here.
  const failed = error instanceof ArchiveFault ? error.message : UNREADABLE;
  parentPort?.postMessage({ failed } satisfies SheetPart);
}
