import { HubError } from '../../core/errors.ts';
import { FaultyValue } from '../../core/faulty-value.ts';
import type { Key, Row } from '../../core/source.ts';
import { canonicalKey } from '../deal.ts';
import type { Dropped } from './folder.ts';
import type { FileFormat } from './format.ts';
import { MAX_COLUMNS, MAX_VALUE } from './limits.ts';

/** The rows of one file in memory, and their indexes. Values are raw; only the columns that are read are kept. */
export interface FileTable {
  readonly file: Dropped;
  readonly size: number;
  /** Rows left out. */
  readonly faulty: number;
  /** Rows that state a key, by the name of the index; in the order of the file. */
  rowsOf(index: string, key: string, fields: readonly string[]): readonly Row[];
  /** One row by its place from 0. */
  rowAt(place: number, fields: readonly string[]): Row;
}

/** How rows are found by key. */
export interface FileIndex {
  /** Columns whose values are keys, any of them; or a function of a row with all columns of the file. */
  readonly keys: readonly string[] | ((row: Row) => readonly Key[]);
  readonly normaliseKey?: ((key: string) => string) | undefined;
}

export interface TableOptions {
  readonly format: FileFormat;
  readonly indexes: ReadonlyMap<string, FileIndex>;
  /** Columns that are kept. */
  readonly wanted: readonly string[];
  readonly maxRows: number;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** A file of which more is wrong, and more than a few rows, is wrong itself: another delimiter, another encoding. */
const MOST_FAULTY = 0.1;
const FEW = 10;
/** Faulty rows that are named one by one. */
const MOST_NAMED = 20;

/**
 * Reads a file into memory. Faulty rows are left out and told by their lines.
 *
 * @throws HubError SOURCE_MALFORMED, naming the file, where it cannot be used as a whole
 */
export async function loadTable(
  file: Dropped,
  chunks: () => AsyncIterable<Uint8Array>,
  { format, indexes, wanted, maxRows, warn }: TableOptions,
): Promise<FileTable> {
  const values: (readonly unknown[])[] = [];
  const lines: number[] = [];
  const named: { line: number; why: string }[] = [];
  const found = new Map([...indexes.keys()].map((name) => [name, new Map<string, number[]>()]));
  let faulty = 0;
  let names: readonly string[] | null = null;
  let places: readonly number[] = [];
  let finders: readonly Finder[] = [];
  const fail = (why: string, field?: string) => new HubError('SOURCE_MALFORMED', `${file.name}: ${why}`, { field });
  const left = (line: number, why: string) => {
    faulty += 1;
    if (named.length < MOST_NAMED) named.push({ line, why });
  };

  try {
    await format.read(
      { size: file.size, chunks, wanted },
      {
        columns(given) {
          names = given.map((name) => name.trim());
          places = placesOf(names, wanted, fail);
          finders = findersOf(indexes, names, found);
        },
        faulty: left,
        row(line, given) {
          if (given.some((value) => typeof value === 'string' && value.length > MAX_VALUE)) {
            left(line, `has a value of more than ${MAX_VALUE} characters`);
            return;
          }
          if (values.length >= maxRows) throw fail(`has more than ${maxRows} rows`);
          const row = rowMaker(names ?? [], given);
          for (const { keysOf, rowsByKey } of finders) {
            for (const key of keysOf(given, row)) (rowsByKey.get(key) ?? added(rowsByKey, key)).push(values.length);
          }
          values.push(places.map((column) => given[column]));
          lines.push(line);
        },
      },
    );
  } catch (error) {
    if (error instanceof HubError && !error.message.startsWith(`${file.name}: `))
      throw fail(error.message, error.field);
    throw error;
  }
  if (names === null) throw fail('is empty');
  if (faulty > 0) warn(`${file.name}: ${faulty} of ${faulty + values.length} rows are left out`, { rows: named });
  if (isMostlyFaulty(faulty, values.length)) {
    throw fail(
      `${faulty} of ${faulty + values.length} rows are faulty, first line ${named[0]?.line}: ${named[0]?.why}`,
    );
  }
  for (const [name, keys] of found) {
    if (values.length > 0 && keys.size === 0) throw fail(`no row states a key for ${name}`);
  }
  return tableOf({ file, values, lines, found, wanted, faulty });
}

function added(rowsByKey: Map<string, number[]>, key: string): number[] {
  const rows: number[] = [];
  rowsByKey.set(key, rows);
  return rows;
}

/** Whether so much is wrong that the file itself must be: read with another delimiter, or in another encoding. */
export function isMostlyFaulty(faulty: number, sound: number): boolean {
  return faulty > 0 && (sound === 0 || (faulty > FEW && faulty > MOST_FAULTY * (faulty + sound)));
}

/** Where the wanted columns stand. A name that occurs twice may be the wrong one, so it may not be wanted. */
export function placesOf(
  names: readonly string[],
  wanted: readonly string[],
  fail: (why: string, field?: string) => HubError,
): readonly number[] {
  if (names.length > MAX_COLUMNS) throw fail(`has more than ${MAX_COLUMNS} columns`);
  return wanted.map((name) => {
    const place = names.indexOf(name);
    if (place < 0) throw fail(`the column ${name} is missing`, name);
    if (names.indexOf(name, place + 1) >= 0) throw fail(`the column ${name} is there twice`, name);
    return place;
  });
}

interface Finder {
  readonly rowsByKey: Map<string, number[]>;
  readonly keysOf: (values: readonly unknown[], row: () => Row) => Iterable<string>;
}

function findersOf(
  indexes: ReadonlyMap<string, FileIndex>,
  names: readonly string[],
  found: ReadonlyMap<string, Map<string, number[]>>,
): readonly Finder[] {
  return [...indexes].map(([name, { keys, normaliseKey }]) => {
    const rowsByKey = found.get(name) ?? new Map<string, number[]>();
    if (typeof keys === 'function') {
      return { rowsByKey, keysOf: (_, row) => statedBy(keys, row(), normaliseKey) };
    }
    const columns = keys.map((column) => names.indexOf(column));
    const keysOf = (values: readonly unknown[]) => {
      const stated = columns.flatMap((column) => values[column]).filter((value) => isKey(value));
      const canonical = stated.map((value) => canonicalKey(value, normaliseKey));
      return canonical.length < 2 ? canonical : new Set(canonical);
    };
    return { rowsByKey, keysOf };
  });
}

/** A row that states no key is found by none; that it has none is not a fault. */
function isKey(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function statedBy(
  keys: (row: Row) => readonly Key[],
  row: Row,
  normalise: ((text: string) => string) | undefined,
): ReadonlySet<string> {
  try {
    return new Set(keys(row).map((key) => canonicalKey(key, normalise)));
  } catch (error) {
    if (error instanceof FaultyValue) return new Set();
    throw error;
  }
}

/** Makes the row with all columns once, and only for indexes that look at it. */
function rowMaker(names: readonly string[], values: readonly unknown[]): () => Row {
  let row: Record<string, unknown> | undefined;
  return () => {
    if (row === undefined) {
      row = {};
      // A column may be called anything; as a plain member this name would become the row's prototype.
      for (const [place, name] of names.entries()) if (name !== '__proto__') row[name] = values[place];
    }
    return row;
  };
}

interface Loaded {
  readonly file: Dropped;
  readonly values: readonly (readonly unknown[])[];
  readonly lines: readonly number[];
  readonly found: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;
  readonly wanted: readonly string[];
  readonly faulty: number;
}

function tableOf({ file, values, lines, found, wanted, faulty }: Loaded): FileTable {
  const places = new Map(wanted.map((name, place) => [name, place]));
  const rowAt = (place: number, fields: readonly string[]): Row => {
    const row: Record<string, unknown> = {
      '#line': lines[place],
      '#file': file.name,
      '#modifiedAt': file.modifiedAt,
    };
    for (const name of fields) {
      const column = places.get(name);
      if (column !== undefined) row[name] = values[place]?.[column];
    }
    return row;
  };
  return {
    file,
    size: values.length,
    faulty,
    rowAt,
    rowsOf: (index, key, fields) => (found.get(index)?.get(key) ?? []).map((place) => rowAt(place, fields)),
  };
}
