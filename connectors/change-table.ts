import type { FeedChanges } from '../core/changes.ts';
import { urlSetting } from '../core/setting.ts';
import { openChangeTableFeed } from './change-table/feed.ts';
import { triggerScript } from './change-table/triggers.ts';
import { nameOf, type SettingName } from './setting-name.ts';
import { checkWatchedTables, type WatchedTables } from './watched-tables.ts';

export interface ChangeTableOptions {
  /**
   * Setting that holds the database's URL. Its account needs SELECT on the dossiers' table and SELECT and DELETE on
   * LIENTHONG_CHANGE; it may be another account than the one by which dossiers are read, which never writes.
   */
  readonly database: SettingName;
  readonly tables: WatchedTables;
  /** How often the change table is looked at while nothing happens, in milliseconds. Standard: 500. */
  readonly everyMs?: number | undefined;
}

export interface ChangeTable extends FeedChanges {
  readonly script: NonNullable<FeedChanges['script']>;
}

/**
 * Triggers note the code of every dossier that changes in a table of the system's own database, in the transaction that
 * changes it; the hub reads what is noted and deletes it once its work is done. So nothing has to be remembered, and
 * what commits late is seen when it commits. What a dossier is then is read by its code.
 *
 * TRUNCATE and the cascades of foreign keys fire no triggers: where they occur, declare a `poll` beside it.
 *
 * @example
 * changes: {
 *   noted: kit.capture.changeTable({
 *     database: 'CHANGES_URL',
 *     tables: [{ table: 'HS_HOSO', key: 'SOBIENNHAN' }, { table: 'HS_LUANCHUYEN', key: 'SOBIENNHAN' }],
 *   }),
 * }
 */
export function changeTable(options: ChangeTableOptions): ChangeTable {
  checkWatchedTables('change table', options.tables);
  const setting = typeof options.database === 'string' ? {} : options.database;
  return {
    way: 'change-table',
    capability: { deletes: true, order: true, intermediate: false, initial: true, lateCommits: true },
    settings: {
      [nameOf(options.database)]: urlSetting({
        description: 'Database whose triggers note changes, with an account that may delete what was noted',
        protocols: ['mysql', 'mariadb', 'sqlite'],
        secret: true,
        ...setting,
      }),
    },
    open: (context) => openChangeTableFeed(context, options),
    script: (dialect) => triggerScript(dialect, options.tables),
  };
}
