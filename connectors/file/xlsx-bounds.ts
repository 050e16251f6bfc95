import { WorkbookFault } from './archive.ts';
import { MAX_SEGMENT_BYTES } from './format.ts';
import { MAX_COLUMNS, type WorkbookLimits } from './limits.ts';

const TAG = 0x3c;
const TAG_END = 0x3e;
const SLASH = 0x2f;
const COLON = 0x3a;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const SPACE = 0x20;
const [LOWER_C, LOWER_O, LOWER_R, LOWER_W] = [0x63, 0x6f, 0x72, 0x77];
/** The last column Excel has, XFD: empty cells may be formatted up to there. */
const LAST_COLUMN = 16_384;

/** How large a sheet would become. */
interface Extent {
  rows: number;
  lastRow: number;
  lastColumn: number;
}

/**
 * Judges the document of a sheet before it is read: the reader fills all rows and columns up to the last one that a cell
 * names, so a single name can take all memory. Every tag that it could see is looked at, also in comments; one that it
 * might take for something else than what stands there is refused.
 *
 * @throws WorkbookFault
 */
export function demandBounds(document: Uint8Array, limits: WorkbookLimits): void {
  const extent: Extent = { rows: 0, lastRow: 0, lastColumn: 0 };
  const { length } = document;
  for (let at = 0; at < length; ) {
    const begin = at;
    if (document[at] === TAG) at = behindTag(document, at + 1, extent);
    while (at < length && document[at] !== TAG) at += 1;
    if (at - begin > MAX_SEGMENT_BYTES) {
      throw new WorkbookFault(`the workbook has no tag in ${MAX_SEGMENT_BYTES} bytes of a sheet`);
    }
  }
  const { rows, lastRow, lastColumn } = extent;
  if (lastColumn > MAX_COLUMNS) throw new WorkbookFault(`the sheet has more than ${MAX_COLUMNS} columns`);
  if (Math.max(rows, lastRow) > limits.rows) throw new WorkbookFault(`the sheet has more than ${limits.rows} rows`);
  if (Math.max(rows, lastRow) * lastColumn > limits.cells) {
    throw new WorkbookFault(`the sheet has more than ${limits.cells} cells, empty ones counted`);
  }
}

/** @param start behind the `<` */
function behindTag(document: Uint8Array, start: number, extent: Extent): number {
  const first = document[start];
  // Comments and the like, and the ends of elements, name no cells.
  if (first === 0x21 || first === 0x3f || first === SLASH) return start;
  let at = start;
  while (at < document.length && !endsName(document[at])) at += 1;
  const isCell = document[at - 1] === LOWER_C && beginsName(document, at - 1, start);
  const isRow =
    document[at - 1] === LOWER_W &&
    document[at - 2] === LOWER_O &&
    document[at - 3] === LOWER_R &&
    beginsName(document, at - 3, start);
  if (isRow) extent.rows += 1;
  let column = 0;
  for (; document[at] !== TAG_END; at += 1) {
    const byte = document[at];
    if (byte === undefined || byte === TAG) throw notWellFormed();
    if (byte !== EQUALS) {
      if (byte === QUOTE || byte === APOSTROPHE) throw notWellFormed();
      continue;
    }
    const end = behindValue(document, at, isCell || isRow);
    if ((isCell || isRow) && document[at - 1] === LOWER_R && beginsName(document, at - 1, start)) {
      // With prefixes there may be several; which one counts is for the reader to say.
      column = Math.max(column, takeReference(document, at + 2, end, isCell, extent));
    }
    at = end;
  }
  const isEmpty = document[at - 1] === SLASH || (document[at + 1] === TAG && document[at + 2] === SLASH);
  if (!isEmpty && column > extent.lastColumn) extent.lastColumn = column;
  return at;
}

/** @returns the place of the quote that ends the value */
function behindValue(document: Uint8Array, equals: number, isPlain: boolean): number {
  const quote = document[equals + 1];
  if ((quote !== QUOTE && quote !== APOSTROPHE) || isSpace(document[equals - 1])) throw notWellFormed();
  let at = equals + 2;
  for (; document[at] !== quote; at += 1) {
    const byte = document[at];
    if (byte === undefined || byte === TAG || (isPlain && byte === TAG_END)) throw notWellFormed();
  }
  const next = document[at + 1];
  const isLast = next === TAG_END || (next === SLASH && document[at + 2] === TAG_END);
  if (!isLast && !isSpace(next)) throw notWellFormed();
  return at;
}

/** Takes in what `r` says of a row, as a number, or of a cell, as in `AB12`. @returns the column; 0 for a row */
function takeReference(document: Uint8Array, start: number, end: number, isCell: boolean, extent: Extent): number {
  let column = 0;
  let at = start;
  for (; isCell && at < start + 3 && isLetter(document[at]); at += 1) column = column * 26 + (document[at] ?? 0) - 0x40;
  const digits = end - at;
  let row = 0;
  for (; isDigit(document[at]); at += 1) row = row * 10 + (document[at] ?? 0) - 0x30;
  if (at < end || digits === 0 || digits > 7 || (isCell && column === 0) || column > LAST_COLUMN) {
    throw new WorkbookFault('the workbook names a row or a cell that no sheet has');
  }
  if (row > extent.lastRow) extent.lastRow = row;
  return column;
}

/** Whether a name begins here, or what stands behind its prefix. */
function beginsName(document: Uint8Array, at: number, start: number): boolean {
  const previous = document[at - 1];
  return at === start || previous === COLON || isSpace(previous);
}

const isSpace = (byte: number | undefined) => byte === SPACE || (byte !== undefined && byte > 8 && byte < 14);
const endsName = (byte: number | undefined) => byte === TAG_END || byte === TAG || byte === SLASH || isSpace(byte);
const isLetter = (byte: number | undefined) => byte !== undefined && byte > 0x40 && byte < 0x5b;
const isDigit = (byte: number | undefined) => byte !== undefined && byte > 0x2f && byte < 0x3a;

function notWellFormed(): WorkbookFault {
  return new WorkbookFault('a sheet of the workbook is no well-formed XML');
}
