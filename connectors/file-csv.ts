import { parse } from 'csv-parse/sync';
import { HubError } from '../core/errors.ts';
import {
  decodeLines,
  type FileFormat,
  MAX_SEGMENT_BYTES,
  markedEncoding,
  peek,
  type RowSink,
  segments,
} from './file-format.ts';
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
      const { head, all } = await peek(chunks(), LONGEST_MARK);
      const used = encodingOf(head, encoding);
      try {
        for await (const piece of segments(all, LINE_FEED, used)) {
          for (const line of decodeLines(piece, used)) records.line(line);
        }
      } catch (error) {
        if (error instanceof RangeError) throw new HubError('SOURCE_MALFORMED', error.message);
        throw error;
      }
      records.end();
    },
  };
}

const LONGEST_MARK = 3;

function encodingOf(head: Uint8Array, declared: TextEncodingName | undefined): TextEncodingName {
  const marked = markedEncoding(head);
  if (marked !== null && declared !== undefined && marked !== declared) {
    throw new HubError('SOURCE_MALFORMED', `the file is in ${marked} and not in ${declared}, as was declared`);
  }
  return declared ?? marked ?? 'utf-8';
}

interface ReaderOptions {
  readonly delimiter: string;
  readonly quote: string | null;
  readonly headerRow: number;
  readonly sink: RowSink;
}

/** A record that is whole by its quotes, though they may stand in wrong places. */
interface Candidate {
  readonly at: number;
  readonly lines: readonly string[];
  readonly text: string;
}

/** Candidates that are taken apart together: a call of csv-parse costs as much as a hundred records. */
const BATCH = 500;

/**
 * Puts lines together to records. csv-parse takes quoted ones apart; where records begin and end is found here, because
 * its line numbers count a line break inside quotes twice, and because after a stray quote it gives up what follows. A
 * record that is wrong costs its first line; its other lines are read again.
 */
function recordReader(options: ReaderOptions) {
  const { delimiter, quote, headerRow, sink } = options;
  let line = 0;
  let width: number | null = null;
  /** Lines of a record whose quotes are not closed yet. */
  let pending: string[] = [];
  let batch: Candidate[] = [];

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

  const refuse = (at: number, why: string) => {
    if (width === null) throw new HubError('SOURCE_MALFORMED', `the line of column names ${why}`);
    sink.faulty(at, why);
  };

  const flush = () => {
    const taken = takeApart(batch, options);
    for (const [index, { at, lines, text }] of batch.entries()) {
      const values = taken.get(index) ?? (quote === null || !text.includes(quote) ? text.split(delimiter) : null);
      if (values !== null) emit(at, values);
      else giveUp(at, lines, 'has a quote in the wrong place');
    }
    batch = [];
  };

  /** Gives up the first line. The others are read by themselves: the lines behind them have found their records. */
  const giveUp = (at: number, lines: readonly string[], why: string) => {
    refuse(at, why);
    let [, ...rest] = lines;
    for (let begin = at + 1; rest.length > 0; ) {
      const length = lengthOf(rest, quote);
      const text = length === 0 ? '' : textOf(rest.slice(0, length));
      const values = length === 0 ? null : fieldsOf(text, options);
      if (length === 0) refuse(begin, 'has a quote that is not closed');
      else if (values === null) refuse(begin, 'has a quote in the wrong place');
      else if (text !== '') emit(begin, values);
      const used = values === null ? 1 : length;
      begin += used;
      rest = rest.slice(used);
    }
  };

  const abandon = () => {
    const lines = pending;
    pending = [];
    flush();
    if (lines.length > 0) giveUp(line - lines.length + 1, lines, 'has a quote that is not closed');
  };

  return {
    line(text: string | null) {
      if (text === null || text.includes('\0')) {
        abandon();
        line += 1;
        if (line >= headerRow) refuse(line, text === null ? 'holds bytes its encoding does not have' : 'holds a NUL');
        return;
      }
      line += 1;
      if (line < headerRow) return;
      pending.push(text);
      if (lengthOf(pending, quote) === 0) {
        if (pending.length > MAX_RECORD_LINES) abandon();
        return;
      }
      const whole = { at: line - pending.length + 1, lines: pending, text: textOf(pending) };
      pending = [];
      if (whole.text !== '') batch.push(whole);
      if (batch.length >= (width === null ? 1 : BATCH)) flush();
    },
    end: abandon,
  };
}

/** How many of the lines make the first record; 0 where its quotes are not closed at the end. */
function lengthOf(lines: readonly string[], quote: string | null): number {
  if (quote === null) return 1;
  let odd = false;
  for (const [index, line] of lines.entries()) {
    if (line.includes(quote)) odd = odd !== (line.split(quote).length % 2 === 0);
    if (!odd) return index + 1;
  }
  return 0;
}

function textOf(lines: readonly string[]): string {
  const last = (lines.at(-1) ?? '').replace(/\r$/, '');
  return lines.length === 1 ? last : [...lines.slice(0, -1), last].join('\n');
}

/** Fields of the candidates that hold quotes, by their place; a candidate that is wrong is left out. */
function takeApart(batch: readonly Candidate[], options: ReaderOptions): ReadonlyMap<number, readonly string[]> {
  const { quote } = options;
  const quoted = quote === null ? [] : [...batch.entries()].filter(([, { text }]) => text.includes(quote));
  const taken = new Map<number, readonly string[]>();
  // A wrong one makes csv-parse refuse all: halves are tried until it is alone.
  const waiting = quoted.length > 0 ? [quoted] : [];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const records = parseRecords(part.map(([, { text }]) => text).join(RECORD_END), options);
    if (records !== null && records.length === part.length) {
      for (const [place, [index]] of part.entries()) taken.set(index, records[place] ?? []);
    } else if (part.length > 1) {
      const middle = part.length >> 1;
      waiting.push(part.slice(0, middle), part.slice(middle));
    }
  }
  return taken;
}

function fieldsOf(text: string, options: ReaderOptions): readonly string[] | null {
  const { quote, delimiter } = options;
  if (quote === null || !text.includes(quote)) return text.split(delimiter);
  const records = parseRecords(text, options);
  return records?.length === 1 ? (records[0] ?? null) : null;
}

/** Lines that hold it were left out, so it ends records and nothing else. */
const RECORD_END = '\0';

function parseRecords(text: string, { delimiter, quote }: ReaderOptions): readonly (readonly string[])[] | null {
  try {
    return parse(text, {
      delimiter,
      quote,
      escape: quote,
      record_delimiter: RECORD_END,
      relax_column_count: true,
      max_record_size: MAX_RECORD_LINES * MAX_SEGMENT_BYTES,
    });
  } catch {
    // What csv-parse says quotes the record.
    return null;
  }
}
