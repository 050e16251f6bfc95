import { decodeBytes } from '../text/decode.ts';
import type { TextEncodingName } from '../text/encodings.ts';

/** How the files of a drop are written. One file beside this one for each. */
export interface FileFormat {
  readonly name: string;
  /** Paths or columns that can be; throws Error for one that cannot. Asked while the declaration is made. */
  readonly checkColumns?: ((columns: readonly string[]) => void) | undefined;
  /**
   * Reads one whole file and tells the sink, in order. A fault of one row goes to the sink; one that makes the whole
   * file unusable is thrown as HubError SOURCE_MALFORMED.
   */
  read(file: FormatInput, sink: RowSink): Promise<void>;
}

export interface FormatInput {
  /** Size in bytes; exactly as many come. */
  readonly size: number;
  readonly chunks: () => AsyncIterable<Uint8Array>;
  /** Columns that are read, in the order in which rows give their values. */
  readonly wanted: readonly string[];
}

export interface RowSink {
  /** Names of the file's columns, before the first row. Throws where a wanted one is missing or occurs twice. */
  columns(names: readonly string[]): void;
  /**
   * Values under the columns just named. `line` counts from 1 and is where the row begins; in XML, where its first tag
   * ends.
   */
  row(line: number, values: readonly unknown[]): void;
  /** A row that is left out. `why` holds nothing of the row. */
  faulty(line: number, why: string): void;
  /** Awaited now and then by a format whose rows come only after all chunks: whoever takes them may be behind. */
  readonly pace?: (() => Promise<void>) | undefined;
}

/** Longest stretch without a place to cut at, in bytes: no line of a real file is that long. */
export const MAX_SEGMENT_BYTES = 1024 * 1024;

/**
 * Cuts a stream of bytes behind a mark, such as the end of a line, so that every piece can be decoded by itself: in all
 * encodings of one byte a letter, and in UTF-8, the bytes of the mark occur as the mark only; UTF-16 is cut at even
 * places.
 */
export async function* segments(
  chunks: AsyncIterable<Uint8Array>,
  mark: number,
  encoding: TextEncodingName,
): AsyncGenerator<Uint8Array> {
  const cut = encoding === 'utf-16le' ? behindLittle : encoding === 'utf-16be' ? behindBig : behindByte;
  let carried: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = carried.length === 0 ? Buffer.from(chunk) : Buffer.concat([carried, chunk]);
    const end = cut(bytes, mark);
    if (end > 0) yield bytes.subarray(0, end);
    carried = bytes.subarray(end);
    if (carried.length > MAX_SEGMENT_BYTES) throw new RangeError('no end of line in a whole megabyte');
  }
  if (carried.length > 0) yield carried;
}

function behindByte(bytes: Buffer, mark: number): number {
  return bytes.lastIndexOf(mark) + 1;
}

function behindLittle(bytes: Buffer, mark: number): number {
  for (let at = (bytes.length & ~1) - 2; at >= 0; at -= 2) if (bytes.readUInt16LE(at) === mark) return at + 2;
  return 0;
}

function behindBig(bytes: Buffer, mark: number): number {
  for (let at = (bytes.length & ~1) - 2; at >= 0; at -= 2) if (bytes.readUInt16BE(at) === mark) return at + 2;
  return 0;
}

/** Reads at least so many bytes ahead, or all there are; `all` still brings everything. */
export async function peek(
  chunks: AsyncIterable<Uint8Array>,
  least: number,
): Promise<{ readonly head: Uint8Array; readonly all: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < least) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const all = async function* () {
    if (head.length > 0) yield head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  return { head, all: all() };
}

/** What a byte order mark says, where there is one. */
export function markedEncoding(bytes: Uint8Array): TextEncodingName | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return null;
}

/** Lines of a piece that ends with one, without their line feeds; `null` for a line that is not in the encoding. */
export function decodeLines(piece: Uint8Array, encoding: TextEncodingName): readonly (string | null)[] {
  const text = decodeOrNull(piece, encoding);
  if (text !== null) return split(text);
  const lines: (string | null)[] = [];
  for (const line of byteLines(Buffer.from(piece), encoding)) lines.push(decodeOrNull(line, encoding));
  return lines.map((line) => line?.replace(/\n$/, '') ?? null);
}

function split(text: string): readonly string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function* byteLines(bytes: Buffer, encoding: TextEncodingName): Generator<Uint8Array> {
  const width = encoding.startsWith('utf-16') ? 2 : 1;
  const feed = Buffer.from(encoding === 'utf-16be' ? [0, 10] : width === 2 ? [10, 0] : [10]);
  let start = 0;
  for (let at = bytes.indexOf(feed); at >= 0; at = bytes.indexOf(feed, at + 1)) {
    if (at % width !== 0) continue;
    yield bytes.subarray(start, at + width);
    start = at + width;
  }
  if (start < bytes.length) yield bytes.subarray(start);
}

function decodeOrNull(bytes: Uint8Array, encoding: TextEncodingName): string | null {
  try {
    return decodeBytes(bytes, encoding);
  } catch {
    return null;
  }
}
