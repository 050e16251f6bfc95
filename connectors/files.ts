import type { FeedChanges } from '../core/changes.ts';
import type { EntityDeclaration, Field, SourceDeclaration } from '../core/declaration.ts';
import { ANY_BATCH_SIZE } from '../core/source.ts';
import { openDropsFeed } from './file/drops-feed.ts';
import { type FileOptions, file } from './file.ts';
import { toldSource } from './told-source.ts';

/** Dossiers that a system drops into a folder, file after file. */
export interface FilesOptions extends Omit<FileOptions, 'latest' | 'staleMs'> {
  /** `all`: each file lists every dossier there is, and what it does not list is gone. `changes`: only what changed. */
  readonly contents: 'all' | 'changes';
  /** In which order files are read: by their names, which then hold a date, or by their times. Standard: by name. */
  readonly order?: 'name' | 'modified' | undefined;
}

/** The dossiers in the rows. Columns are called as in the file; see FileEntity for `#line`, `#file`, `#modifiedAt`. */
export interface FilesEntity {
  readonly type: string;
  readonly identity: readonly string[];
  /** Must have `code`. */
  readonly fields: Readonly<Record<string, Field>>;
}

export interface FilesChanges extends FeedChanges {
  /** To be listed in the sector's `sources`. With `contents: 'all'` the latest file can be asked by `code`. */
  readonly source: SourceDeclaration;
  /** The one kind of record in the files. @throws Error for a specification that cannot be, or a second one */
  entity(spec: FilesEntity): EntityDeclaration;
}

/**
 * Captures dossiers from files. A file is taken when it is whole, judged before anything of it is handed over, and read
 * in batches; the same file twice changes nothing. A faulty row costs itself and is named with its line; a file that
 * cannot be read is named, and the next one is read. A list of everything in which a row is faulty says nothing of what
 * is gone: the faulty row may be a dossier that is still there.
 *
 * A list's codes are held in memory while it is read: a million take about 120 MB.
 *
 * @example
 * const drop = kit.capture.files({
 *   directory: 'DROP_DIRECTORY', pattern: 'ho-so-*.csv', format: kit.csv({ delimiter: ';' }), contents: 'changes',
 * });
 * const dossier = drop.entity({ type: 'Dossier', identity: ['code'], fields: { code: fields.code('Mã hồ sơ'), … } });
 * return kit.sector({
 *   sources: { drop: drop.source },
 *   entities: { dossier },
 *   dossiers: { entity: 'dossier', role: 'course', byCode: 'code', changes: { drop } },
 * });
 */
export function files(options: FilesOptions): FilesChanges {
  const { contents, order = 'name', ...common } = options;
  const asked = file({ ...common, latest: order });
  const source = contents === 'all' ? asked : toldSource('file', asked.settings ?? {});
  let declared: FilesEntity | undefined;
  return {
    way: 'files',
    capability: {
      deletes: contents === 'all',
      order: true,
      // A list shows how things are when it is written; what comes between two lists is not in either.
      intermediate: contents === 'changes',
      initial: contents === 'all',
      lateCommits: true,
    },
    settings: asked.settings,
    source,
    entity(spec) {
      const { type, identity, fields } = spec;
      const { code } = fields;
      if (declared !== undefined) throw new Error(`${type}: these files hold ${declared.type} already`);
      if (code === undefined) throw new Error(`${type}: the field code is missing, by which dossiers are told apart`);
      declared = spec;
      const keys = (row: Readonly<Record<string, unknown>>) => {
        const value = code.read(...code.from.map((column) => row[column]));
        return typeof value === 'string' && value !== '' ? [value] : [];
      };
      const entity = asked.entity({ type, identity, fields, lookups: { code: { keys, needs: code.from } } });
      if (contents === 'all') return entity;
      return { ...entity, source, lookups: { code: { batchSize: ANY_BATCH_SIZE, binding: null } } };
    },
    open: (context) => {
      if (declared === undefined) throw new Error('files: no entity is declared for what they hold');
      return openDropsFeed(context, { ...options, order, fields: declared.fields });
    },
  };
}
