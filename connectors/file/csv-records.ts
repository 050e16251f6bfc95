import { HubError } from '../../core/errors.ts';
import type { RowSink } from './format.ts';

/** Takes records apart, many at once; `null` for one whose quotes stand in wrong places. */
export type FieldReader = (texts: readonly string[]) => readonly (readonly string[] | null)[];

export interface RecordOptions {
  readonly fields: FieldReader;
  readonly quote: string | null;
  /** Line of the column names, from 1. */
  readonly headerRow: number;
  readonly sink: RowSink;
}

export interface Records {
  /** The next line, without its line feed; `null` for one that cannot be decoded. */
  line(text: string | null): void;
  end(): void;
}

/** Most lines of one record: a quoted text of more is a quote that was never closed. */
export const MAX_RECORD_LINES = 50;
/** Records that are taken apart together: a call of csv-parse costs as much as a hundred records. */
const BATCH = 500;

const NOT_CLOSED = 'has a quote that is not closed';
const MISPLACED = 'has a quote in the wrong place';

/** A record that is whole by its quotes, though they may stand in wrong places. */
interface Candidate {
  readonly at: number;
  readonly lines: readonly string[];
  readonly text: string;
}

/**
 * Puts lines together to records. Where records begin and end is found here and not by csv-parse, because its line
 * numbers count a line break inside quotes twice, and because after a stray quote it gives up what follows. A record
 * that is wrong costs its first line; its other lines are read again.
 */
export function openRecords({ fields, quote, headerRow, sink }: RecordOptions): Records {
  const rows = openRows(sink);
  let line = 0;
  /** Lines of a record whose quotes are not closed yet. */
  let pending: string[] = [];
  let batch: Candidate[] = [];

  /** Gives up the first line. The others are read by themselves: the lines behind them have found their records. */
  const giveUp = (at: number, lines: readonly string[], why: string) => {
    rows.refuse(at, why);
    let begin = at + 1;
    for (let rest = lines.slice(1); rest.length > 0; ) {
      const length = lengthOf(rest, quote);
      const text = textOf(rest.slice(0, length));
      const [values = null] = length === 0 ? [] : fields([text]);
      if (values === null) rows.refuse(begin, length === 0 ? NOT_CLOSED : MISPLACED);
      else if (text !== '') rows.emit(begin, values);
      const used = values === null ? 1 : length;
      begin += used;
      rest = rest.slice(used);
    }
  };

  const flush = () => {
    const taken = fields(batch.map(({ text }) => text));
    for (const [index, { at, lines }] of batch.entries()) {
      const values = taken[index] ?? null;
      if (values === null) giveUp(at, lines, MISPLACED);
      else rows.emit(at, values);
    }
    batch = [];
  };

  const abandon = () => {
    const lines = pending;
    pending = [];
    flush();
    if (lines.length > 0) giveUp(line - lines.length + 1, lines, NOT_CLOSED);
  };

  return {
    line(text) {
      if (text === null || text.includes('\0')) {
        abandon();
        line += 1;
        const why = text === null ? 'holds bytes its encoding does not have' : 'holds a NUL';
        if (line >= headerRow) rows.refuse(line, why);
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
      if (batch.length >= (rows.begun() ? BATCH : 1)) flush();
    },
    end: abandon,
  };
}

/** Hands rows to the sink; the first one names the columns and is as wide as the others have to be. */
function openRows(sink: RowSink) {
  let width: number | null = null;
  return {
    begun: () => width !== null,
    emit(at: number, values: readonly string[]) {
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
    },
    refuse(at: number, why: string) {
      if (width === null) throw new HubError('SOURCE_MALFORMED', `the line of column names ${why}`);
      sink.faulty(at, why);
    },
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
  return lines.length < 2 ? last : [...lines.slice(0, -1), last].join('\n');
}
