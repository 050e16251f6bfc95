import { HubError } from '../../core/errors.ts';
import { unlessAborted } from '../unless-aborted.ts';
import type { Dropped, Folder } from './folder.ts';
import type { FileTable } from './table.ts';

export interface Drop {
  /** The file in use. Rejects with a HubError where none could be used yet. */
  table(signal: AbortSignal): Promise<FileTable>;
  /** Looks anew. Rejects with a HubError where the latest file, or the folder, cannot be used. */
  check(signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface PickOptions {
  readonly load: (file: Dropped) => Promise<FileTable>;
  readonly warn: (message: string) => void;
  readonly latest: 'name' | 'modified';
  readonly maxBytes: number;
}

/** Files that are tried in one look, the latest first. */
const MOST_TRIED = 5;
/** Faulty files that are remembered, so that they are not read again and again. */
const MOST_REMEMBERED = 100;
/** A file with fewer rows than this share of the one in use was probably cut off: it would delete what it lacks. */
const LEAST_SHARE = 0.5;
/** Below this many rows such a comparison means nothing. */
const COMPARABLE = 100;

/**
 * Keeps the latest file that can be used. A newer one is looked for at most every `lookMs` and read while the old one
 * still answers; one that cannot be used is told, remembered and passed over.
 */
export function openDrop(
  folder: Folder,
  picking: PickOptions,
  { lookMs, staleMs }: { readonly lookMs: number; readonly staleMs: number | undefined },
): Drop {
  const pick = picker(picking);
  let current: FileTable | null = null;
  /** Why the latest file, or the folder, could not be used; null while all is well. */
  let fault: HubError | null = null;
  let looking: Promise<void> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  const look = async (): Promise<void> => {
    try {
      ({ table: current, fault } = await pick(await folder.look(), current));
    } catch (error) {
      fault =
        error instanceof HubError ? error : new HubError('INTERNAL', 'a drop could not be read', { cause: error });
    }
    if (closed) current = null;
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

interface Picked {
  readonly table: FileTable | null;
  readonly fault: HubError | null;
}

/** Tries the files that would replace the one in use, the latest first, until one can be used. */
function picker({ load, warn, latest, maxBytes }: PickOptions) {
  const faulty = new Map<string, HubError>();

  const attempt = async (file: Dropped, current: FileTable | null): Promise<FileTable | HubError> => {
    const known = faulty.get(file.identity);
    if (known !== undefined) return known;
    try {
      if (file.size > maxBytes)
        throw new HubError('SOURCE_MALFORMED', `${file.name}: is larger than ${maxBytes} bytes`);
      const table = await load(file);
      demandComparable(table, current);
      return table;
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

  return async (files: readonly Dropped[], current: FileTable | null): Promise<Picked> => {
    let fault: HubError | null = null;
    const newer = files.filter((file) => replaces(file, current, latest)).slice(0, MOST_TRIED);
    for (const file of newer.filter(({ whole }) => whole)) {
      const tried = await attempt(file, current);
      if (!(tried instanceof HubError)) return { table: tried, fault };
      fault ??= tried;
    }
    if (current === null && fault === null) {
      const why = files.length > 0 ? 'every file of the drop is still being written' : 'no file has been dropped';
      fault = new HubError('SOURCE_UNAVAILABLE', why);
    }
    return { table: current, fault };
  };
}

function demandComparable(table: FileTable, current: FileTable | null): void {
  if (current === null || current.size < COMPARABLE || table.size >= LEAST_SHARE * current.size) return;
  const rows = `${table.size} rows where ${current.file.name} has ${current.size}`;
  throw new HubError('SOURCE_MALFORMED', `${table.file.name}: has only ${rows}`);
}

function replaces(file: Dropped, current: FileTable | null, latest: 'name' | 'modified'): boolean {
  if (current === null) return true;
  const { identity, name, modifiedAt } = current.file;
  if (file.identity === identity) return false;
  return latest === 'name' ? file.name >= name : file.modifiedAt >= modifiedAt;
}
