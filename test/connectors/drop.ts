import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileEntity, type FileOptions, file } from '../../connectors/file.ts';
import type { Field } from '../../core/declaration.ts';
import type { Key, Row, Source } from '../../core/source.ts';
import { caller } from './source-subject.ts';

/** A folder of its own, and drops read from it. */
export interface TestDrop {
  readonly directory: string;
  readonly warnings: { readonly message: string; readonly details: Readonly<Record<string, unknown>> | undefined }[];
  /** Puts a file there as a careful system does: under another name, then renamed. */
  put(name: string, content: string | Uint8Array, options?: { readonly agedMs?: number }): Promise<void>;
  open(options: Omit<FileOptions, 'directory'>, entity?: Partial<FileEntity>): Source;
  close(): Promise<void>;
}

export const field = (...from: string[]): Field => ({ from, read: (value) => value });

export const ENTITY: FileEntity = {
  type: 'Household',
  identity: ['code'],
  fields: { code: field('Mã số'), name: field('Chủ hộ'), number: field('Số giấy tờ') },
  lookups: { code: { keys: ['Mã số'] } },
};

export async function makeDrop(): Promise<TestDrop> {
  const directory = await mkdtemp(join(tmpdir(), 'drop-'));
  const warnings: TestDrop['warnings'] = [];
  const sources: Source[] = [];
  return {
    directory,
    warnings,
    async put(name, content, { agedMs = 60_000 } = {}) {
      const hidden = join(directory, `.${name}.tmp`);
      await writeFile(hidden, content);
      const time = new Date(Date.now() - agedMs);
      await utimes(hidden, time, time);
      await rename(hidden, join(directory, name));
    },
    open(options, entity = {}) {
      const declared = file({ lookMs: 0, ...options, directory: 'DROP' });
      const source = declared.open({
        sector: 'test',
        settings: { DROP: directory },
        entities: { household: declared.entity({ ...ENTITY, ...entity }) },
        warn: (message, details) => warnings.push({ message, details }),
      });
      sources.push(source);
      return source;
    },
    async close() {
      await Promise.all(sources.map((source) => source.close()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export const options = (): { caller: typeof caller; signal: AbortSignal } => ({
  caller,
  signal: AbortSignal.timeout(5_000),
});

export function read(source: Source, keys: readonly Key[], fields: readonly string[] = ['Mã số', 'Chủ hộ']) {
  return source.read({ entity: 'household', lookup: 'code', keys, fields }, options());
}

/** Rows of one key, with the file they come from. */
export async function rowsOf(source: Source, key: Key, fields?: readonly string[]): Promise<readonly Row[]> {
  const [answer] = await read(source, [key], fields);
  return answer as readonly Row[];
}
