import { HubError } from '../../core/errors.ts';
import type { BinlogPlace } from '../../drivers/binlog.ts';
import type { Database } from '../../drivers/database.ts';
import { pause } from '../pause.ts';
import { ask, type WatchedTables } from '../watched-tables.ts';
import { reaches } from './place.ts';

export interface BinlogServer {
  /**
   * Demands what following needs of the server.
   *
   * @throws HubError SOURCE_MALFORMED naming the server's setting that is otherwise, SOURCE_UNAVAILABLE when it is away
   */
  check(signal: AbortSignal): Promise<ServerFacts>;
  /** The end of the log now. */
  end(signal: AbortSignal): Promise<BinlogPlace>;
  /**
   * Waits until what was read of the log can be seen in the tables. A server logs a transaction, and sends it, before it
   * commits it: whoever reads a row at once may still see it as it was, and would never look again.
   *
   * @param gtid of the latest transaction read, where the server gives such numbers
   */
  settled(gtid: string | null, signal: AbortSignal): Promise<void>;
}

export interface ServerFacts {
  /** Whether one row of the dossiers' table is one dossier, so that a deleted row is a dossier gone. */
  readonly unique: boolean;
  /** Watched tables whose rows may change by a cascade of a foreign key, which the log does not show. */
  readonly cascades: readonly string[];
}

/** Server variables without which rows are missing from the log, or cannot be read from it. */
const DEMANDED = [
  { name: 'log_bin', values: ['1', 'ON'], write: 'log_bin = ON' },
  { name: 'binlog_format', values: ['ROW'], write: 'binlog_format = ROW' },
  { name: 'binlog_row_image', values: ['FULL'], write: 'binlog_row_image = FULL' },
  { name: 'binlog_transaction_compression', values: ['0', 'OFF'], write: 'binlog_transaction_compression = OFF' },
  { name: 'binlog_row_value_options', values: [''], write: "binlog_row_value_options = ''" },
] as const;

export function binlogServer(database: Database, tables: WatchedTables): BinlogServer {
  let endSql: string | undefined;
  let committedIsTold: boolean | undefined;

  /** How far transactions are committed, as MariaDB tells; null on other servers. */
  async function committed(signal: AbortSignal): Promise<BinlogPlace | null> {
    if (committedIsTold === false) return null;
    const rows = await ask(database, "show global status like 'binlog\\_snapshot\\_%'", [], signal);
    const values = new Map(rows.map((row) => [String(row.Variable_name).toLowerCase(), String(row.Value)]));
    const file = values.get('binlog_snapshot_file');
    committedIsTold = file !== undefined && file !== '';
    return committedIsTold ? { file: String(file), position: Number(values.get('binlog_snapshot_position')) } : null;
  }

  async function end(signal: AbortSignal): Promise<BinlogPlace> {
    const candidates = endSql === undefined ? ['show master status', 'show binary log status'] : [endSql];
    for (const sql of candidates) {
      try {
        const [row] = await database.query(sql, [], { signal });
        endSql = sql;
        if (row !== undefined) return { file: String(row.File), position: Number(row.Position) };
      } catch (cause) {
        if (signal.aborted) throw signal.reason;
        // MySQL 8.4 no longer knows the older words.
        if (database.faultOf(cause).kind === 'schema' && sql !== candidates.at(-1)) continue;
        const why = (cause as { errno?: number }).errno === ACCESS_DENIED ? MISSING_RIGHT : AWAY;
        throw new HubError('SOURCE_UNAVAILABLE', why, { cause });
      }
    }
    throw new HubError('SOURCE_MALFORMED', 'the server keeps no binary log', { field: 'log_bin' });
  }

  return {
    async check(signal) {
      const names = DEMANDED.map(({ name }) => `'${name}'`).join(', ');
      const rows = await ask(database, `show global variables where variable_name in (${names})`, [], signal);
      const values = new Map(rows.map((row) => [String(row.Variable_name).toLowerCase(), String(row.Value)]));
      for (const { name, values: right, write } of DEMANDED) {
        const value = values.get(name);
        // MariaDB lacks some of them: what a server does not know it does not do.
        if (value === undefined || (right as readonly string[]).includes(value.toUpperCase())) continue;
        throw new HubError('SOURCE_MALFORMED', `the server has ${name} = ${value}; following its log needs ${write}`, {
          field: name,
        });
      }
      const [main] = tables;
      const unique = await ask(
        database,
        `select index_name from information_schema.statistics where table_schema = database() and table_name = ?
         and non_unique = 0 group by index_name having count(*) = 1 and max(column_name) = ?`,
        [main.table, main.key],
        signal,
      );
      const cascading = await ask(
        database,
        `select table_name as child from information_schema.referential_constraints
         where constraint_schema = database() and (delete_rule in ('CASCADE', 'SET NULL')
         or update_rule in ('CASCADE', 'SET NULL'))`,
        [],
        signal,
      );
      const children = new Set(cascading.map(({ child }) => String(child).toLowerCase()));
      return {
        unique: unique.length > 0,
        cascades: tables.map(({ table }) => table).filter((table) => children.has(table.toLowerCase())),
      };
    },
    end,
    async settled(gtid, signal) {
      const place = await end(signal);
      for (const until = performance.now() + SETTLE_MS; ; ) {
        const now = await committed(signal);
        if (now === null) break;
        if (reaches(now, place)) return;
        if (performance.now() > until) throw new HubError('SOURCE_UNAVAILABLE', NOT_COMMITTED);
        await pause(LOOK_MS, signal);
      }
      if (gtid === null) return pause(BLIND_MS, signal);
      const [row] = await ask(
        database,
        'select wait_for_executed_gtid_set(?, ?) as late',
        [gtid, SETTLE_MS / 1_000],
        signal,
      );
      if (Number(row?.late) !== 0) throw new HubError('SOURCE_UNAVAILABLE', NOT_COMMITTED);
    },
  };
}

/** Longest wait for a transaction that is in the log to be committed, in milliseconds. */
const SETTLE_MS = 10_000;
const LOOK_MS = 2;
/** MySQL without GTIDs does not tell what is committed: longer than it takes between log and commit, in milliseconds. */
const BLIND_MS = 250;
const NOT_COMMITTED = 'a transaction stands in the log and is not committed: the database hangs, or its disk is full';

/** ER_SPECIFIC_ACCESS_DENIED_ERROR */
const ACCESS_DENIED = 1227;
const MISSING_RIGHT =
  'the account lacks the right to follow the log: REPLICATION SLAVE, and REPLICATION CLIENT or BINLOG MONITOR';
const AWAY = 'the database that is followed does not say where its log ends';
