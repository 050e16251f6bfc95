import type { EntityDeclaration, OpenContext } from '../core/declaration.ts';
import { HubError } from '../core/errors.ts';
import { nameMatcher } from '../core/names.ts';
import type { CallOptions, ReadRequest, Row, SearchAnswer, SearchRequest, Source } from '../core/source.ts';
import { canonicalKey } from './deal.ts';
import type { FileEntity, FileOptions } from './file.ts';
import { type Dropped, openFolder, readDropped } from './file-folder.ts';
import { type FileIndex, type FileTable, loadTable } from './file-table.ts';
import { nameOf, textOf } from './rest-auth.ts';
import { unlessAborted } from './unless-aborted.ts';

const MAX_BYTES = 256 * 1024 * 1024;
const MAX_ROWS = 1_000_000;
/** Files that are tried in one look, the latest first. */
const MOST_TRIED = 5;
/** Faulty files that are remembered, so that they are not read again and again. */
const MOST_REMEMBERED = 100;
/** A file with fewer rows than this share of the one in use was probably cut off: it would delete what it lacks. */
const LEAST_SHARE = 0.5;
/** Below this many rows such a comparison means nothing. */
const COMPARABLE = 100;
/** Rows searched before others get a turn. */
const SEARCH_STEP = 5_000;

/** Reads nothing until the first call. */
export function openFile(context: OpenContext, options: FileOptions): Source {
  const { entities } = context;
  const drop = openDrop(context, options);

  const entityOf = (name: string): FileEntity => {
    // The factory that made the entity put its specification there.
    const spec = entities[name]?.binding as FileEntity | undefined;
    if (spec === undefined) throw new HubError('INTERNAL', `the source has no entity ${name}`);
    return spec;
  };

  async function read({ entity, lookup, keys, fields }: ReadRequest, { signal }: CallOptions) {
    const how = entityOf(entity).lookups[lookup];
    if (how === undefined) throw new HubError('INTERNAL', `${entity} has no lookup ${lookup}`);
    const table = await drop.table(signal);
    const index = `${entity}.${lookup}`;
    return keys.map((key) => table.rowsOf(index, canonicalKey(key, how.normaliseKey), fields));
  }

  async function search({ entity, criteria, fields, limit }: SearchRequest, { signal }: CallOptions) {
    const { search: how = {} } = entityOf(entity);
    const table = await drop.table(signal);
    const tests = Object.entries(criteria).flatMap(([name, text]) => {
      const columns = [how[name] ?? []].flat();
      return columns.length === 0 ? [] : [{ columns, matches: nameMatcher(text) }];
    });
    // A criterion that cannot be tried leaves too much in; with none that can, everything would be.
    if (tests.length === 0) throw new HubError('INTERNAL', `${entity} cannot be searched that way`);
    const columns = tests.flatMap((test) => test.columns);
    const rows: Row[] = [];
    for (let place = 0; place < table.size && rows.length <= limit; place += 1) {
      if (place % SEARCH_STEP === SEARCH_STEP - 1) {
        await new Promise(setImmediate);
        signal.throwIfAborted();
      }
      const row = table.rowAt(place, columns);
      const found = tests.every(({ columns, matches }) =>
        columns.some((column) => typeof row[column] === 'string' && matches(row[column])),
      );
      if (found) rows.push(table.rowAt(place, fields));
    }
    return { rows: rows.slice(0, limit), more: rows.length > limit } satisfies SearchAnswer;
  }

  return {
    read,
    ...(Object.values(entities).some((entity) => entity.searchable === true) && { search }),
    check: ({ signal }) => drop.check(signal),
    close: async () => drop.close(),
  };
}

interface Drop {
  /** The file in use. Rejects with a HubError where none could be used yet. */
  table(signal: AbortSignal): Promise<FileTable>;
  check(signal: AbortSignal): Promise<void>;
  close(): void;
}

/**
 * Keeps the latest file that can be used. A newer one is looked for at most every `lookMs` and read while the old one
 * still answers; one that cannot be used is told, remembered and passed over.
 */
function openDrop({ settings, entities, warn }: OpenContext, options: FileOptions): Drop {
  const { pattern, format, latest = 'name', stableMs = 2_000, lookMs = 5_000, staleMs } = options;
  const { maxBytes = MAX_BYTES, maxRows = MAX_ROWS } = options;
  const directory = textOf(settings, nameOf(options.directory));
  const folder = openFolder({ directory, pattern, latest, stableMs });
  const table = { format, maxRows, warn, ...planOf(entities) };
  const faulty = new Map<string, HubError>();
  let current: FileTable | null = null;
  /** Why the latest file, or the folder, could not be used; null while all is well. */
  let fault: HubError | null = null;
  let looking: Promise<void> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  const load = (file: Dropped): Promise<FileTable> => {
    if (file.size > maxBytes) {
      throw new HubError('SOURCE_MALFORMED', `${file.name}: is larger than ${maxBytes} bytes`);
    }
    return readDropped(directory, file, (chunks) => loadTable(file, chunks, table));
  };

  const tryFile = async (file: Dropped): Promise<HubError | null> => {
    const known = faulty.get(file.identity);
    if (known !== undefined) return known;
    try {
      const loaded = await load(file);
      if (current !== null && current.size >= COMPARABLE && loaded.size < LEAST_SHARE * current.size) {
        const rows = `${loaded.size} rows where ${current.file.name} has ${current.size}`;
        throw new HubError('SOURCE_MALFORMED', `${file.name}: has only ${rows}`);
      }
      current = loaded;
      return null;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      // Whatever is not the file's own fault may be over the next time.
      if (error.code === 'SOURCE_MALFORMED') {
        if (faulty.size >= MOST_REMEMBERED) faulty.clear();
        faulty.set(file.identity, error);
        warn(`${error.message}; ${current === null ? 'nothing else is in use' : `${current.file.name} stays in use`}`);
      }
      return error;
    }
  };

  const look = async (): Promise<void> => {
    let first: HubError | null = null;
    try {
      const files = await folder.look();
      const newer = newerThan(current, files, latest).slice(0, MOST_TRIED);
      for (const file of newer.filter(({ whole }) => whole)) {
        const refusal = await tryFile(file);
        if (refusal === null) break;
        first ??= refusal;
      }
      if (current === null && first === null) {
        const why = files.length > 0 ? 'every file of the drop is still being written' : 'no file has been dropped';
        first = new HubError('SOURCE_UNAVAILABLE', why);
      }
    } catch (error) {
      first =
        error instanceof HubError ? error : new HubError('INTERNAL', 'a drop could not be read', { cause: error });
    }
    fault = first;
    lookedAt = performance.now();
  };

  const refresh = (): Promise<void> => {
    if (closed) return Promise.reject(new HubError('SOURCE_UNAVAILABLE', 'the drop is closed'));
    if (looking === undefined && performance.now() - lookedAt < lookMs && current !== null) return Promise.resolve();
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };

  return {
    async table(signal) {
      signal.throwIfAborted();
      const looked = refresh();
      if (current === null || closed) await unlessAborted(looked, signal);
      if (current === null) throw fault ?? new HubError('SOURCE_UNAVAILABLE', 'no file has been dropped');
      return current;
    },
    async check(signal) {
      // A look that is under way may have begun before what is asked about happened.
      if (looking !== undefined) await unlessAborted(looking, signal);
      lookedAt = Number.NEGATIVE_INFINITY;
      await unlessAborted(refresh(), signal);
      if (fault !== null) throw fault;
      if (current !== null && staleMs !== undefined && Date.now() - current.file.modifiedAt > staleMs) {
        throw new HubError('SOURCE_UNAVAILABLE', `no usable file has come since ${current.file.name}`);
      }
    },
    close() {
      closed = true;
      current = null;
    },
  };
}

/** Files that would replace the one in use, the latest first. */
function newerThan(
  current: FileTable | null,
  files: readonly Dropped[],
  latest: 'name' | 'modified',
): readonly Dropped[] {
  if (current === null) return files;
  const { identity, name, modifiedAt } = current.file;
  return files.filter((file) => {
    if (file.identity === identity) return false;
    return latest === 'name' ? file.name >= name : file.modifiedAt >= modifiedAt;
  });
}

/** Columns that are kept, and the indexes, of all entities of the drop together. */
function planOf(entities: OpenContext['entities']): { wanted: readonly string[]; indexes: Map<string, FileIndex> } {
  const wanted = new Set<string>();
  const indexes = new Map<string, FileIndex>();
  for (const [name, entity] of Object.entries<EntityDeclaration>(entities)) {
    const spec = entity.binding as FileEntity;
    for (const column of columnsOf(spec)) wanted.add(column);
    for (const [lookup, index] of Object.entries(spec.lookups)) indexes.set(`${name}.${lookup}`, index);
  }
  return { wanted: [...wanted], indexes };
}

/** Every column an entity reads. Names with `#` are the connector's own. */
export function columnsOf({ fields, lookups, search = {} }: FileEntity): readonly string[] {
  const named = [
    ...Object.values(fields).flatMap(({ from }) => from),
    ...Object.values(lookups).flatMap(({ keys, needs = [] }) => (typeof keys === 'function' ? needs : keys)),
    ...Object.values(search).flat(),
  ];
  return [...new Set(named)].filter((name) => !name.startsWith('#'));
}
