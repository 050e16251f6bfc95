import { parse } from 'csv-parse/sync';
import { HubError } from '../../core/errors.ts';
import type { TextEncodingName } from '../text/encodings.ts';
import { type FieldReader, MAX_RECORD_LINES, openRecords } from './csv-records.ts';
import { decodeLines, type FileFormat, MAX_SEGMENT_BYTES, markedEncoding, peek, segments } from './format.ts';

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
      const records = openRecords({ fields: fieldReader(delimiter, quote), quote, headerRow: headerRow ?? 1, sink });
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

/** The quotes and delimiters of records, taken apart by csv-parse. */
function fieldReader(delimiter: string, quote: string | null): FieldReader {
  const isPlain = (text: string) => quote === null || !text.includes(quote);
  const parseAll = (text: string): readonly (readonly string[])[] | null => {
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
  };
  return (texts) => {
    const fields: (readonly string[] | null)[] = texts.map((text) => (isPlain(text) ? text.split(delimiter) : null));
    const quoted = [...texts.keys()].filter((place) => fields[place] === null);
    // A wrong one makes csv-parse refuse all: halves are tried until it is alone.
    const waiting = quoted.length > 0 ? [quoted] : [];
    for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
      const records = parseAll(part.map((place) => texts[place]).join(RECORD_END));
      if (records !== null && records.length === part.length) {
        for (const [index, place] of part.entries()) fields[place] = records[index] ?? null;
      } else if (part.length > 1) {
        const middle = part.length >> 1;
        waiting.push(part.slice(0, middle), part.slice(middle));
      }
    }
    return fields;
  };
}

/** Lines that hold it are left out, so it ends records and nothing else. */
const RECORD_END = '\0';
