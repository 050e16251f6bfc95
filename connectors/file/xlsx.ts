import { Worker } from 'node:worker_threads';
import { HubError } from '../../core/errors.ts';
import type { FileFormat, RowSink } from './format.ts';
import type { SheetPart, SheetRequest } from './xlsx-worker.ts';

export interface XlsxOptions {
  /** Name of the sheet, or its number from 1. Standard: 1. */
  readonly sheet?: string | number | undefined;
  /** Row of the column names, from 1. Standard: 1. */
  readonly headerRow?: number | undefined;
}

/** A sheet is unpacked and read in one go, so it may not be as large as text files. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;
/** What reading may take besides; a workbook that takes more ends there and not in the hub. */
const MAX_MEMORY_MB = 1024;

/**
 * A sheet of an Excel workbook. Cells come as text: a number with the digits the sheet holds, though not with zeros that
 * only its format shows; a date as `yyyy-MM-dd`, with the time where it has one. Reading a sheet occupies a processor
 * for seconds, so a thread of its own does it.
 */
export function xlsx({ sheet = 1, headerRow = 1 }: XlsxOptions = {}): FileFormat {
  return {
    name: 'xlsx',
    async read({ size, chunks }, sink) {
      if (size > MAX_BYTES) throw malformed(`the workbook is larger than ${MAX_BYTES} bytes`);
      const pieces: Uint8Array[] = [];
      for await (const chunk of chunks()) pieces.push(chunk);
      const bytes = new Uint8Array(Buffer.concat(pieces));
      await readApart({ bytes, sheet, most: MAX_UNPACKED_BYTES }, (part) => tellRows(part, headerRow, sink));
    },
  };
}

function tellRows({ from, rows }: Extract<SheetPart, { rows: unknown }>, headerRow: number, sink: RowSink): void {
  for (const [index, cells] of rows.entries()) {
    const line = from + index;
    if (line === headerRow) sink.columns(cells);
    else if (line > headerRow && cells.some((cell) => cell !== '')) sink.row(line, cells);
  }
}

async function readApart(
  request: SheetRequest,
  take: (part: Extract<SheetPart, { rows: unknown }>) => void,
): Promise<void> {
  const worker = new Worker(new URL('./xlsx-worker.ts', import.meta.url), {
    workerData: request,
    // What the process was started with may not fit a thread.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY_MB },
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  worker.on('message', (part: SheetPart) => {
    try {
      if ('rows' in part) take(part);
      else if (part.failed === null) resolve();
      else reject(malformed(part.failed));
    } catch (error) {
      reject(error);
    }
  });
  worker.on('error', (error: NodeJS.ErrnoException) => {
    const full = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    reject(full ? malformed(`the workbook takes more than ${MAX_MEMORY_MB} MB to read`) : error);
  });
  worker.on('exit', () => reject(malformed('the reading of the workbook ended early')));
  try {
    await promise;
  } finally {
    await worker.terminate();
  }
}

function malformed(message: string): HubError {
  return new HubError('SOURCE_MALFORMED', message);
}
