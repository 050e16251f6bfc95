import type { EntityDeclaration, Field, SourceDeclaration } from '../core/declaration.ts';
import { textSetting } from '../core/setting.ts';
import { ANY_BATCH_SIZE } from '../core/source.ts';
import { patternOf } from './file/folder.ts';
import type { FileFormat } from './file/format.ts';
import { columnsOf, openFile } from './file/source.ts';
import type { FileIndex } from './file/table.ts';
import { nameOf, type SettingName } from './setting-name.ts';

export { type CsvOptions, csv } from './file/csv.ts';
export type { FileFormat } from './file/format.ts';
export { type XlsxOptions, xlsx } from './file/xlsx.ts';
export { type XmlFileOptions, xml } from './file/xml.ts';

/** Whole lists that a system drops into a folder every now and then; the latest usable one answers. */
export interface FileOptions {
  /** Setting that holds the folder. */
  readonly directory: SettingName;
  /** File name of the drop, with `*` for any characters and `?` for one. */
  readonly pattern: string;
  readonly format: FileFormat;
  /** What makes a file the latest: its name, which then holds a date, or its time. Standard: its name. */
  readonly latest?: 'name' | 'modified' | undefined;
  /** How long a file has to be left alone before it counts as whole, in milliseconds. Standard: 2000. */
  readonly stableMs?: number | undefined;
  /** Least time between two looks into the folder, in milliseconds. Standard: 5000. */
  readonly lookMs?: number | undefined;
  /** Age of the file in use from which health checks complain, in milliseconds. Standard: none. */
  readonly staleMs?: number | undefined;
  /** Largest file, in bytes. Standard: 256 MiB; a workbook may have 32 MiB at most. */
  readonly maxBytes?: number | undefined;
  /** Most rows of a file. Standard: a million. */
  readonly maxRows?: number | undefined;
}

/**
 * One kind of record in the rows of a drop. Columns are called as in the file; in XML they are paths within a record.
 * Every row also has `#line`, where it begins (in XML, where its first tag ends), `#file`, and `#modifiedAt`, the file's
 * time in UTC milliseconds.
 */
export interface FileEntity {
  /** GraphQL type the records become. */
  readonly type: string;
  readonly identity: readonly string[];
  readonly fields: Readonly<Record<string, Field>>;
  readonly lookups: Readonly<Record<string, FileLookup>>;
  /** Columns that a search's criteria are compared with, as names are; a criterion that is not here is not tried. */
  readonly search?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

export interface FileLookup extends FileIndex {
  /** Standard: any number. */
  readonly batchSize?: number | undefined;
  /** Columns a function of keys reads, where the format has to know them before it reads, as XML has. */
  readonly needs?: readonly string[] | undefined;
}

export interface FileSource extends SourceDeclaration {
  /** @throws Error for a specification that cannot be */
  entity(spec: FileEntity): EntityDeclaration<FileEntity>;
}

/**
 * Declares a drop. Nothing is read; each of its entities says which columns are keys.
 *
 * @example
 * const households = file({
 *   directory: 'DROP_DIRECTORY', pattern: 'ho-kinh-doanh-*.csv',
 *   format: csv({ delimiter: ';', encoding: 'cp1258' }),
 * });
 * households.entity({
 *   type: 'Business', identity: ['code'], fields: { … },
 *   lookups: { code: { keys: ['Mã số hộ kinh doanh'] } },
 *   search: { name: 'Chủ hộ' },
 * });
 */
export function file(options: FileOptions): FileSource {
  const { format, pattern } = options;
  patternOf(pattern);
  const directory = typeof options.directory === 'string' ? {} : options.directory;
  const source: FileSource = {
    protocol: 'file',
    settings: {
      [nameOf(options.directory)]: textSetting({
        description: `Folder into which ${pattern} is dropped`,
        ...directory,
      }),
    },
    capabilities: (entities) => ({
      protocol: 'file',
      search: Object.values(entities).some((entity) => entity.searchable === true),
      batchSizes: Object.fromEntries(
        Object.entries(entities).flatMap(([name, { lookups }]) =>
          Object.entries(lookups).map(([lookup, { batchSize }]) => [`${name}.${lookup}`, batchSize]),
        ),
      ),
    }),
    open: (context) => openFile(context, options),
    entity: (spec) => {
      const { type, identity, fields, search } = spec;
      format.checkColumns?.(columnsOf(spec));
      const lookups = Object.fromEntries(
        Object.entries(spec.lookups).map(([name, { batchSize = ANY_BATCH_SIZE, ...binding }]) => {
          if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > ANY_BATCH_SIZE) {
            throw new Error(`${type}, lookup ${name}: batchSize has to be a whole number from 1 to ${ANY_BATCH_SIZE}`);
          }
          if (binding.keys.length === 0 && typeof binding.keys !== 'function') {
            throw new Error(`${type}, lookup ${name}: keys has to name a column`);
          }
          return [name, { batchSize, binding }];
        }),
      );
      return { source, type, identity, fields, lookups, searchable: search !== undefined, binding: spec };
    },
  };
  return source;
}
