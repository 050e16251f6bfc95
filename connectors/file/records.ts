import { createHash } from 'node:crypto';
import type { Field } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import type { Row } from '../../core/source.ts';
import type { Dropped } from './folder.ts';
import type { FileFormat } from './format.ts';
import { KEPT, MAX_VALUE } from './limits.ts';
import { isMostlyFaulty, placesOf } from './table.ts';

/** One record of a file, or why there is none. Both count as one in the order of the file. */
export type FileRecord =
  | { readonly line: number; readonly row: Row }
  | { readonly line: number; readonly row: null; readonly why: string };

export interface RecordsOptions {
  readonly format: FileFormat;
  readonly wanted: readonly string[];
  readonly maxRows: number;
  /** Awaited where records come after all chunks, so that whoever takes them sets the pace there too. */
  readonly pace?: (() => Promise<void>) | undefined;
}

type Chunks = () => AsyncIterable<Uint8Array>;

/**
 * Reads a file's records one by one. They come while chunks are asked for, or `pace` is: whoever gives these sets it.
 *
 * @throws HubError SOURCE_MALFORMED where the file as a whole cannot be read
 */
export async function readRecords(
  file: Dropped,
  chunks: Chunks,
  { format, wanted, maxRows, pace }: RecordsOptions,
  take: (record: FileRecord) => void,
): Promise<void> {
  const fail = (why: string, field?: string) => new HubError('SOURCE_MALFORMED', why, { field });
  let places: readonly number[] | null = null;
  let count = 0;
  const { name, modifiedAt } = file;
  await format.read(
    { size: file.size, chunks, wanted },
    {
      columns(given) {
        const names = given.map((one) => one.trim());
        places = placesOf(names, wanted, fail);
      },
      faulty: (line, why) => take({ line, row: null, why }),
      pace,
      row(line, given) {
        count += 1;
        if (count > maxRows) throw fail(`has more than ${maxRows} rows`);
        if (given.some((value) => typeof value === 'string' && value.length > MAX_VALUE)) {
          take({ line, row: null, why: `has a value of more than ${MAX_VALUE} characters` });
          return;
        }
        const row: Record<string, unknown> = { '#line': line, '#file': name, '#modifiedAt': modifiedAt };
        for (const [index, column] of wanted.entries()) row[column] = given[places?.[index] ?? -1];
        take({ line, row });
      },
    },
  );
  if (places === null) throw fail('is empty');
}

export interface Judgement {
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly digest: string;
  /** Records and faulty ones together. */
  readonly records: number;
  /** The dossiers it names; null where one of them could not be told. */
  readonly codes: ReadonlySet<string> | null;
  /** All of its records where they are few; null where the file has to be read again. */
  readonly kept: readonly FileRecord[] | null;
}

/**
 * Reads a file to its end and hands nothing over: half of a file that is cut must not count. What is too much to be kept
 * meanwhile is read a second time.
 *
 * @param code reads a dossier's code; null where the codes are not wanted
 * @throws HubError SOURCE_MALFORMED where the file as a whole cannot be used
 */
export async function judgeFile(
  file: Dropped,
  chunks: Chunks,
  options: RecordsOptions & { readonly code: Field | null },
): Promise<Judgement> {
  const { code } = options;
  const hash = createHash('sha256');
  const codes = new Set<string>();
  let records = 0;
  let faulty = 0;
  let first: Extract<FileRecord, { row: null }> | null = null;
  let isComplete = code !== null;
  let kept: FileRecord[] | null = [];
  let keptText = 0;
  await readRecords(
    file,
    () => hashed(chunks(), hash),
    options,
    (record) => {
      records += 1;
      if (kept !== null) {
        keptText += JSON.stringify(record).length;
        if (records > KEPT.records || keptText > KEPT.text) kept = null;
        else kept.push(record);
      }
      if (record.row === null) {
        faulty += 1;
        first ??= record;
        isComplete = false;
      } else if (code !== null) {
        const value = codeIn(record.row, code);
        if (value === null) isComplete = false;
        else codes.add(value);
      }
    },
  );
  if (isMostlyFaulty(faulty, records - faulty)) {
    const { line = 0, why = '' } = first ?? {};
    throw new HubError('SOURCE_MALFORMED', `${faulty} of ${records} rows are faulty, first line ${line}: ${why}`);
  }
  return { digest: hash.digest('hex'), records, codes: isComplete ? codes : null, kept };
}

function codeIn(row: Row, code: Field): string | null {
  try {
    const value = code.read(...code.from.map((column) => row[column]));
    return typeof value === 'string' && value !== '' ? value : null;
  } catch {
    // Whoever maps the row tells what is wrong with it.
    return null;
  }
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>) {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
