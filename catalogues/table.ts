import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';

/** One thing wrong in a catalogue, where an editor of the file can find it. */
export interface CatalogueFault {
  readonly file: string;
  /** Line of the file, the header being 1; 0 for the file as a whole. */
  readonly line: number;
  readonly fault: string;
}

/** All that is wrong in all catalogues at once, so that they are mended in one go. */
export class CatalogueError extends Error {
  readonly faults: readonly CatalogueFault[];

  constructor(faults: readonly CatalogueFault[]) {
    super(
      `Catalogues that cannot be used:\n${faults.map((one) => `  - ${one.file}:${one.line}: ${one.fault}`).join('\n')}`,
    );
    this.name = 'CatalogueError';
    this.faults = faults;
  }
}

/** One line of a catalogue: trimmed text by column, '' where nothing is said. Leading zeros are as written. */
export interface Line<Column extends string> {
  readonly line: number;
  readonly cells: Readonly<Record<Column, string>>;
  /** Reports a fault of this line. */
  readonly fault: (fault: string) => void;
}

/**
 * Reads a catalogue: UTF-8, comma separated, with exactly the columns named in its first line.
 *
 * @param faults where faults are gathered; a line with one too many or too few cells is reported and left out
 */
export function readTable<const Column extends string>(
  directory: string,
  file: string,
  columns: readonly Column[],
  faults: CatalogueFault[],
): readonly Line<Column>[] {
  const report = (line: number) => (fault: string) => void faults.push({ file, line, fault });
  const records = readRecords(join(directory, file), report(0));
  const [header, ...rest] = records;
  if (header === undefined) return [];
  if (header.cells.join() !== columns.join()) {
    report(1)(`expected the columns ${columns.join()}, came ${header.cells.join()}`);
    return [];
  }
  return rest.flatMap(({ line, cells }) => {
    const fault = report(line);
    if (cells.length !== columns.length) {
      fault(`expected ${columns.length} cells, came ${cells.length}`);
      return [];
    }
    const pairs = columns.map((column, place) => [column, cells[place] ?? ''] as const);
    return [{ line, cells: Object.fromEntries(pairs) as Record<Column, string>, fault }];
  });
}

interface RawLine {
  readonly line: number;
  readonly cells: readonly string[];
}

function readRecords(path: string, fault: (fault: string) => void): readonly RawLine[] {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
    const records = parse(text, { info: true, relax_column_count: true, skip_empty_lines: true, trim: true });
    // With `info` a record is wrapped; the library's types do not say so.
    return (records as unknown as { info: { lines: number }; record: string[] }[]).map(({ info, record }) => ({
      line: info.lines,
      cells: record.map((cell) => cell.normalize('NFC')),
    }));
  } catch (error) {
    fault(error instanceof Error ? error.message : 'cannot be read');
    return [];
  }
}
