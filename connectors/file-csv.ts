import { parse } from 'csv-parse/sync';
import { HubError } from '../core/errors.ts';
import { decodeLines, type FileFormat, markedEncoding, type RowSink, segments } from './file-format.ts';
import type { TextEncodingName } from './text/encodings.ts';

export interface CsvOptions {
  /** One character. Standard: a comma. */
  readonly delimiter?: string | undefined;
  /** Standard: what the byte order mark says, and UTF-8 without one. */
  readonly encoding?: TextEncodingName | undefined;
  /** One character, doubled where it is meant itself; null where nothing is quoted. Standard: `"`. */
  readonly quote?: string | null | undefined;
  /** Line of the column names, from 1. Standard: the first line that is not empty. */
  readonly headerRow?: number | undefined;
}

/** Most lines of one record: a quoted text of more is a quote that was never closed. */
const MAX_RECORD_LINES = 50;

const LINE_FEED = 0x0a;

/** Text with delimiters, a line a row. The only importer of csv-parse. */
export function csv(options: CsvOptions = {}): FileFormat {
  const { delimiter = ',', quote = '"', encoding, headerRow } = options;
  for (const [name, character] of Object.entries({ delimiter, quote })) {
    if (character !== null && character.length !== 1) throw new Error(`csv: ${name} has to be one character`);
  }
  return {
    name: 'csv',
    async read({ chunks }, sink) {
      const records = recordReader({ delimiter, quote, headerRow: headerRow ?? 1, sink });
      let read: TextEncodingName | null = null;
      try {
        for await (const piece of segmented(chunks(), encoding, (known) => {
          read = known;
        })) {
          for (const line of decodeLines(piece, read ?? 'utf-8')) records.line(line);
        }
      } catch (error) {
        if (error instanceof RangeError) throw new HubError('SOURCE_MALFORMED', error.message);
        throw error;
      }
      records.end();
    },
  };
}

/** The encoding has to be known before the first cut, and only the first bytes tell it. */
async function* segmented(
  chunks: AsyncIterable<Uint8Array>,
  declared: TextEncodingName | undefined,
  tell: (encoding: TextEncodingName) => void,
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return;
  const marked = markedEncoding(first.value);
  if (marked !== null && declared !== undefined && marked !== declared) {
    throw new HubError('SOURCE_MALFORMED', `the file is in ${marked} and not in ${declared}, as was declared`);
  }
  const encoding = declared ?? marked ?? 'utf-8';
  tell(encoding);
  yield* segments(again(first.value, iterator), LINE_FEED, encoding);
}

async function* again(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => rest };
}

interface ReaderOptions {
  readonly delimiter: string;
  readonly quote: string | null;
  readonly headerRow: number;
  readonly sink: RowSink;
}

/**
 * Puts lines together to records. csv-parse takes quoted ones apart; where records begin and end is found here, because
 * its line numbers count a line break inside quotes twice, and because after a stray quote it gives up what follows. A
 * record that is wrong costs its first line; reading goes on with the second.
 */
function recordReader({ delimiter, quote, headerRow, sink }: ReaderOptions) {
  let line = 0;
  let width: number | null = null;
  /** Lines of a record whose quotes are not closed yet. */
  let pending: string[] = [];
  let begun = 0;
  let odd = false;

  const emit = (at: number, values: readonly string[]) => {
    if (width === null) {
      width = values.length;
      sink.columns(values);
      return;
    }
    // A row of delimiters only is what a spreadsheet writes for an empty one.
    if (values.every((value) => value === '')) return;
    // Some exports end rows, but not their first line, with a delimiter.
    const extra = values.slice(width);
    if (values.length < width || extra.some((value) => value !== '')) {
      sink.faulty(at, `has ${values.length} fields instead of ${width}`);
    } else sink.row(at, values);
  };

  const finish = (at: number, lines: readonly string[]): boolean => {
    const last = (lines.at(-1) ?? '').replace(/\r$/, '');
    const text = lines.length === 1 ? last : [...lines.slice(0, -1), last].join('\n');
    if (text === '') return true;
    if (quote === null || !text.includes(quote)) {
      emit(at, text.split(delimiter));
      return true;
    }
    const values = parseRecord(text, delimiter, quote);
    if (values === null) return false;
    emit(at, values);
    return true;
  };

  /** Gives up the first pending line and reads the others again. */
  const recover = (why: string) => {
    const [, ...rest] = pending;
    const at = begun;
    const resume = line;
    pending = [];
    odd = false;
    if (width === null) throw new HubError('SOURCE_MALFORMED', `the line of column names ${why}`);
    sink.faulty(at, why);
    line = at;
    for (const one of rest) take(one);
    line = resume;
  };

  const take = (text: string | null) => {
    line += 1;
    if (line < headerRow) return;
    if (text === null || text.includes('\0')) {
      line -= 1;
      while (pending.length > 0) recover('has a quote that is not closed');
      line += 1;
      const why = text === null ? 'holds bytes that its encoding does not have' : 'holds a NUL';
      if (width === null) throw new HubError('SOURCE_MALFORMED', `the line of column names ${why}`);
      sink.faulty(line, why);
      return;
    }
    if (pending.length === 0) begun = line;
    pending.push(text);
    if (quote !== null && text.includes(quote)) odd = odd !== (text.split(quote).length % 2 === 0);
    if (!odd) {
      const lines = pending;
      if (finish(begun, lines)) pending = [];
      else recover('has a quote in the wrong place');
    } else if (pending.length > MAX_RECORD_LINES) recover('has a quote that is not closed');
  };

  return {
    line: take,
    end: () => {
      // Each round gives up one line, and there are at most as many as one record may have.
      while (pending.length > 0) recover('has a quote that is not closed');
    },
  };
}

function parseRecord(text: string, delimiter: string, quote: string): readonly string[] | null {
  try {
    const records: string[][] = parse(text, { delimiter, quote, escape: quote, record_delimiter: RECORD_END });
    return records.length === 1 ? (records[0] ?? null) : null;
  } catch {
    // What csv-parse says quotes the record.
    return null;
  }
}

/** A record is handed over alone, so nothing in it ends it; this occurs in no text. */
const RECORD_END = '\0';
