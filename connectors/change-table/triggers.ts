import type { WatchedTable, WatchedTables } from '../watched-tables.ts';

type TriggerDialect = 'mysql' | 'sqlite';

/** The table that triggers write to and the hub empties. */
export const CHANGE_TABLE = 'LIENTHONG_CHANGE';

const TABLE: Readonly<Record<TriggerDialect, string>> = {
  mysql: `create table if not exists ${CHANGE_TABLE} (
  ID bigint unsigned not null auto_increment primary key,
  CODE varchar(64) character set utf8mb4 collate utf8mb4_bin not null,
  OP char(1) not null comment 'C: changed, D: the dossier was deleted',
  AT bigint not null comment 'UTC milliseconds'
) engine = InnoDB;`,
  sqlite: `create table if not exists ${CHANGE_TABLE} (
  ID integer primary key autoincrement,
  CODE text not null,
  OP text not null,
  AT integer not null
);`,
};

const NOW: Readonly<Record<TriggerDialect, string>> = {
  mysql: 'floor(unix_timestamp(now(3)) * 1000)',
  sqlite: "cast((julianday('now') - 2440587.5) * 86400000 as integer)",
};

/**
 * The change table and its triggers: three for each watched table. Run again, it changes nothing but makes the triggers
 * anew. Statements end with a line that ends in `;`, triggers of MySQL are single statements: no delimiter is needed.
 */
export function triggerScript(dialect: TriggerDialect, tables: WatchedTables): string {
  const [main] = tables;
  const triggers = tables.flatMap((table) =>
    (['insert', 'update', 'delete'] as const).map((event) =>
      trigger(dialect, { table, event, isMain: table === main }),
    ),
  );
  const head = [
    '-- Notes the code of every dossier that changes, for the integration hub; nothing else of it is noted.',
    `-- To be run once by an account that may create triggers. To undo: drop the triggers and ${CHANGE_TABLE}.`,
  ];
  return `${[...head, TABLE[dialect], ...triggers].join('\n')}\n`;
}

function trigger(
  dialect: TriggerDialect,
  {
    table: { table, key },
    event,
    isMain,
  }: { table: WatchedTable; event: 'insert' | 'update' | 'delete'; isMain: boolean },
): string {
  const quote = dialect === 'mysql' ? '`' : '"';
  const quoted = (name: string) => `${quote}${name}${quote}`;
  const name = quoted(`lienthong_${event}_${table}`.slice(0, 64));
  const from = dialect === 'mysql' ? ' from dual' : '';
  const noted = (row: 'old' | 'new') => {
    const code = `${row}.${quoted(key)}`;
    return `select ${code}, '${isMain && event === 'delete' ? 'D' : 'C'}', ${NOW[dialect]}${from} where ${code} is not null`;
  };
  // A dossier whose code changes is two: one that went and one that came.
  const rows = event === 'update' ? [noted('old'), noted('new')] : [noted(event === 'insert' ? 'new' : 'old')];
  const insert = `insert into ${CHANGE_TABLE} (CODE, OP, AT)\n  ${rows.join('\n  union ')}`;
  const body = dialect === 'mysql' ? `${insert};` : `begin ${insert}; end;`;
  return [
    `drop trigger if exists ${name};`,
    `create trigger ${name} after ${event} on ${quoted(table)} for each row\n  ${body}`,
  ].join('\n');
}
