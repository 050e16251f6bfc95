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
/** What unpacking and reading may take; a workbook that lies about its size ends there and not in the hub. */
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
      demandBounded(Buffer.from(bytes.buffer));
      await readApart({ bytes, sheet }, (part) => tellRows(part, headerRow, sink));
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
      // What the library says may quote cells, so it stays in the thread.
      else if (part.failed) reject(malformed('the file is no workbook that can be read, or lacks the sheet'));
      else resolve();
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

const END_OF_DIRECTORY = Buffer.from('PK\x05\x06', 'latin1');
const DIRECTORY_ENTRY = 0x02014b50;

/**
 * Adds up what the archive says its parts unpack to: a small file can hold gigabytes. Truncated archives, whose
 * directory stands at the end, are refused here too.
 */
function demandBounded(bytes: Buffer): void {
  const end = bytes.lastIndexOf(END_OF_DIRECTORY);
  if (end < 0 || end + 22 > bytes.length) throw malformed('the file is no whole workbook');
  let unpacked = 0;
  let at = bytes.readUInt32LE(end + 16);
  while (at + 46 <= end && bytes.readUInt32LE(at) === DIRECTORY_ENTRY) {
    unpacked += bytes.readUInt32LE(at + 24);
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  if (unpacked > MAX_UNPACKED_BYTES) throw malformed(`the workbook unpacks to more than ${MAX_UNPACKED_BYTES} bytes`);
}

function malformed(message: string): HubError {
  return new HubError('SOURCE_MALFORMED', message);
}
