import type { FeedChanges } from '../core/changes.ts';
import { urlSetting } from '../core/setting.ts';
import { openBinlogFeed } from './binlog/feed.ts';
import { nameOf, type SettingName } from './setting-name.ts';
import { checkWatchedTables, type WatchedTables } from './watched-tables.ts';

export interface BinlogOptions {
  /**
   * Setting that holds the database's URL. Its account needs REPLICATION SLAVE, REPLICATION CLIENT (MariaDB: BINLOG
   * MONITOR), and SELECT on the tables; it may be another account than the one by which dossiers are read.
   */
  readonly database: SettingName;
  readonly tables: WatchedTables;
  /**
   * What is done where the log does not lead on from the last place, because it was purged or cannot be decoded:
   * everything is listed anew, with a warning, or capture stops until a person has looked. Standard: snapshot.
   */
  readonly onPurged?: 'snapshot' | 'stop' | undefined;
}

/**
 * Follows the binary log of MySQL or MariaDB. Every committed change of a row of the tables is seen, in the order of
 * commits; what a dossier is then is read by its code, so of changes that follow each other quickly only the last is.
 *
 * The server must log rows in full: `log_bin`, `binlog_format = ROW`, `binlog_row_image = FULL`; this is checked each
 * time it starts. What a foreign key's cascade changes is not in the log: a warning names such tables.
 *
 * @example
 * changes: {
 *   log: kit.capture.binlog({
 *     database: 'REPLICATION_URL',
 *     tables: [{ table: 'HS_HOSO', key: 'SOBIENNHAN' }, { table: 'HS_LUANCHUYEN', key: 'SOBIENNHAN' }],
 *   }),
 * }
 */
export function binlog(options: BinlogOptions): FeedChanges {
  checkWatchedTables('binlog', options.tables);
  const setting = typeof options.database === 'string' ? {} : options.database;
  return {
    way: 'binlog',
    capability: { deletes: true, order: true, intermediate: false, initial: true, lateCommits: true },
    settings: {
      [nameOf(options.database)]: urlSetting({
        description: 'Database whose log is followed, with an account that may: mysql://user:password@host:port/name',
        protocols: ['mysql', 'mariadb'],
        secret: true,
        ...setting,
      }),
    },
    open: (context) => openBinlogFeed(context, options),
  };
}
