import type { AuditDatabase } from '../../audit/database.ts';
import { auditMigrations } from '../../audit/migrations.ts';
import { closeChain, insertChain, insertGroup, type Statement } from '../../audit/statements.ts';
import { openDatabase } from '../../drivers/database.ts';
import { migrate } from '../../store/migrate.ts';
import { inTransaction } from '../../store/transaction.ts';
import type { BuiltChain } from './built-chain.ts';

/** The tables of the access log in memory, without a thread beside them. */
export async function openMemoryAudit(): Promise<AuditDatabase> {
  const database = openDatabase('sqlite::memory:');
  await migrate(database, 'audit_migration', auditMigrations);
  return {
    database,
    commit: (statements) => commit(database, statements),
    close: () => database.close(),
  };
}

/** Puts a chain into the tables as it was built. */
export async function store({ commit: write }: AuditDatabase, { stored, groups }: BuiltChain): Promise<void> {
  const { chain, instance, day, publicKey, after, openedAt, closed, lastSeq, lastHash } = stored;
  const statements = groups.map(({ firstSeq, lastSeq: seq, at, hash, signature, lines }) =>
    insertGroup({ firstSeq, lines, head: { chain, seq, at, hash, signature, key: '' } }),
  );
  await write([insertChain({ chain, instance, day, publicKey, after, at: openedAt }), ...statements]);
  if (!closed) return;
  await write([closeChain({ chain, seq: lastSeq ?? 0, hash: lastHash ?? '', at: 0, key: '', signature: '' })]);
}

async function commit(database: AuditDatabase['database'], statements: readonly Statement[]): Promise<void> {
  await inTransaction(database, async ({ run }) => {
    for (const { sql, bindings } of statements) await run(sql, bindings);
  });
}
