import { type Database, openDatabase } from '../drivers/database.ts';
import { migrate } from '../store/migrate.ts';
import { inTransaction } from '../store/transaction.ts';
import { type Indexer, openIndexer } from './indexer.ts';
import { auditMigrations } from './migrations.ts';
import { openSqliteThread } from './sqlite-thread.ts';
import type { Statement } from './statements.ts';

/** Where the access log is kept. */
export interface AuditDatabase {
  /** For reading; on SQLite what is committed, past the thread that writes. */
  readonly database: Database;
  /**
   * All or nothing, and safe on the disk when it resolves. One that rejects may still have been done.
   *
   * @param signal tells a server to stop
   */
  commit(statements: readonly Statement[], signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** One that is written to. */
export interface WrittenAudit extends AuditDatabase {
  /** Begins to make the rows by which entries are found; on SQLite in the thread that writes. */
  index(): Indexer;
}

/** Group commits, the index that follows them and a reader or two. */
const CONNECTIONS = 6;

/**
 * Opens the access log's database and brings its tables up to date.
 *
 * @param url `sqlite:///path` or `mysql://…`
 * @throws when it cannot be reached
 */
export async function openAuditDatabase(url: string): Promise<WrittenAudit> {
  const database = openDatabase(url, { connections: CONNECTIONS });
  try {
    await migrate(database, 'audit_migration', auditMigrations);
  } catch (error) {
    await database.close();
    throw error;
  }
  if (database.traits.name === 'mysql') {
    const commit: AuditDatabase['commit'] = (statements, signal) => commitToServer(database, statements, signal);
    return { database, commit, index: () => openIndexer({ database, commit }), close: () => database.close() };
  }
  const thread = openSqliteThread(decodeURIComponent(new URL(url).pathname));
  return {
    database,
    commit: (statements) => thread.commit(statements),
    index: () => thread.index(),
    close: async () => {
      await thread.close();
      await database.close();
    },
  };
}

/** Opens it for whoever only looks: nothing is made and nothing changed, so an account that may only read is enough. */
export function openAuditForReading(url: string): AuditDatabase {
  const database = openDatabase(url, { readOnly: true });
  return {
    database,
    commit: () => Promise.reject(new Error('The access log was opened for reading alone')),
    close: () => database.close(),
  };
}

async function commitToServer(
  database: Database,
  statements: readonly Statement[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const [only, ...others] = statements;
  if (only === undefined) return;
  if (others.length === 0) {
    await database.query(only.sql, only.bindings, { signal });
    return;
  }
  await inTransaction(database, async (trx) => {
    for (const { sql, bindings } of statements) await trx.run(sql, bindings);
  });
}
