import type { Knex } from 'knex';
import type { Binding, DatabaseRow } from './engine.ts';
import type { SqliteConnection, SqliteEngine } from './sqlite.ts';

/** What knex hands to a dialect for one statement, and reads back from it. */
interface Statement {
  readonly sql?: string;
  readonly bindings?: readonly unknown[];
  response?: DatabaseRow[];
  context?: { lastID: number | string; changes: number | string };
}

interface Begin {
  begin(connection: unknown): unknown;
  query(connection: unknown, sql: string): unknown;
}

/**
 * A knex client over `node:sqlite`: knex's own SQLite grammar with another driver under it.
 *
 * @param base knex's SQLite client
 */
export function sqliteClient(base: typeof Knex.Client, engine: SqliteEngine): typeof Knex.Client {
  return class extends base {
    _driver(): object {
      return {};
    }

    override async acquireRawConnection(): Promise<SqliteConnection> {
      return engine.whileBusy(engine.connect);
    }

    override async destroyRawConnection(connection: SqliteConnection): Promise<void> {
      connection.close();
    }

    async _query(connection: SqliteConnection, statement: Statement): Promise<Statement> {
      const { sql, bindings = [] } = statement;
      if (sql === undefined || sql === '') throw new Error('The query is empty');
      const values = bindings.map(bindable);
      const { rows, changes, lastId } = await engine.whileBusy(() => connection.run(sql, values));
      statement.response = rows;
      statement.context = { lastID: lastId, changes };
      return statement;
    }

    override transaction(container: unknown, config: unknown, outer: unknown): Knex.Transaction {
      const transaction = super.transaction(container, config, outer);
      const begin = transaction as unknown as Begin;
      // A transaction that starts by reading and then writes cannot wait for another writer: SQLite refuses it at
      // once. Taking the write lock first makes it wait its turn.
      begin.begin = (connection) => begin.query(connection, 'begin immediate;');
      return transaction;
    }
  };
}

function bindable(value: unknown): Binding {
  if (value === undefined) return null;
  if (value instanceof Date) return value.valueOf();
  return value as Binding;
}
