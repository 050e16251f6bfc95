import { HubError } from '../../core/errors.ts';
import type { FileFormat, RowSink } from './format.ts';
import { WORKBOOK } from './limits.ts';
import { readApart } from './xlsx-thread.ts';
import type { SheetPart } from './xlsx-worker.ts';

export interface XlsxOptions {
  /** Name of the sheet, or its number from 1. Standard: 1. */
  readonly sheet?: string | number | undefined;
  /** Row of the column names, from 1. Standard: 1. */
  readonly headerRow?: number | undefined;
}

/**
 * A sheet of an Excel workbook. Cells come as text: a number with the digits the sheet holds, though not with zeros that
 * only its format shows; a date as `yyyy-MM-dd`, with the time where it has one.
 */
export function xlsx({ sheet = 1, headerRow = 1 }: XlsxOptions = {}): FileFormat {
  return {
    name: 'xlsx',
    async read({ size, chunks }, sink) {
      if (size > WORKBOOK.bytes) throw malformed(`the workbook is larger than ${WORKBOOK.bytes} bytes`);
      const bytes = new Uint8Array(size);
      let filled = 0;
      for await (const chunk of chunks()) {
        bytes.set(chunk, filled);
        filled += chunk.length;
      }
      await readApart({ bytes, sheet, limits: WORKBOOK }, async (part) => {
        tellRows(part, headerRow, sink);
        await sink.pace?.();
      });
    },
  };
}

function tellRows({ from, rows }: SheetPart, headerRow: number, sink: RowSink): void {
  for (const [index, row] of rows.entries()) {
    const line = from + index;
    if (line < headerRow) continue;
    if (line === headerRow) {
      if (typeof row === 'string') throw malformed(`the row of column names ${row}`);
      sink.columns(row);
    } else if (typeof row === 'string') sink.faulty(line, row);
    else if (row.some((cell) => cell !== '')) sink.row(line, row);
  }
}

function malformed(message: string): HubError {
  return new HubError('SOURCE_MALFORMED', message);
}
