import { upsertStatements } from '../store/many-rows.ts';
import type { AuditDatabase } from './database.ts';
import { createIndexCheck, isStillToCome, rowsBeyond, saidOfIndex } from './index-check.ts';
import { INDEX, type IndexRow, indexedStatements } from './indexer.ts';
import { removeIndexRows } from './retain.ts';
import { chainNamed, chainsOf, groupsOf, namesIn } from './stored.ts';

export interface Mended {
  /** Rows that were missing, and entries hidden by it; not those of entries that were not indexed yet. */
  readonly added: number;
  /** Rows that stood for no entry. */
  readonly removed: number;
}

const ROWS_AT_ONCE = 500;
const ROW = 'kind = ? and word = ? and at = ? and chain = ? and seq = ?';

/** Makes the index what the entries say. Entries are found meanwhile, and other processes may go on indexing. */
export async function mendIndex(audit: AuditDatabase): Promise<Mended> {
  const { database } = audit;
  let added = 0;
  let removed = 0;
  for await (const { chain, removedAt } of chainsOf(database)) {
    if (removedAt !== null) continue;
    const mended = await mendChain(audit, chain);
    added += mended.added;
    removed += mended.removed;
  }
  for (const table of ['audit_index', 'audit_indexed'] as const) {
    for await (const chain of namesIn(database, table)) {
      const stored = await chainNamed(database, chain);
      if (stored !== null && stored.removedAt === null) continue;
      removed += await forget(audit, chain);
    }
  }
  return { added, removed };
}

async function mendChain(audit: AuditDatabase, chain: string): Promise<Mended> {
  const { database, commit } = audit;
  // Looked at before the entries: what is written and indexed meanwhile was not hidden.
  const indexed = await saidOfIndex(database, chain);
  let isToCome = false;
  const waiting: { missing: IndexRow[]; surplus: IndexRow[] } = { missing: [], surplus: [] };
  const counts = { missing: 0, surplus: 0 };
  const write = async (): Promise<void> => {
    const { missing, surplus } = waiting;
    for (const statement of upsertStatements(database.traits, INDEX, missing.splice(0))) await commit([statement]);
    const removals = surplus.splice(0).map((row) => ({ sql: `delete from audit_index where ${ROW}`, bindings: row }));
    if (removals.length > 0) await commit(removals);
  };
  const check = createIndexCheck(database, chain, async (what, row) => {
    if (what === 'surplus' || !isToCome) counts[what] += 1;
    waiting[what].push(row);
    if (waiting[what].length >= ROWS_AT_ONCE) await write();
  });
  let through = 0;
  for await (const group of groupsOf(database, chain)) {
    isToCome = isStillToCome(indexed, group);
    await check.compare(group);
    through = group.lastSeq;
  }
  await write();
  const beyond = await rowsBeyond(database, chain);
  if (beyond > 0) {
    const last = '(select coalesce(max(last_seq), 0) from audit_group where chain = ?)';
    const sql = `delete from audit_index where chain = ? and seq > ${last}`;
    await commit([{ sql, bindings: [chain, chain] }]);
  }
  // Another process may be further: it does the rest once more.
  await commit(indexedStatements(database.traits, chain, through));
  return { added: counts.missing, removed: counts.surplus + beyond };
}

/** Of a chain that is not there, or was removed. @returns how many places of the index are gone */
async function forget(audit: AuditDatabase, chain: string): Promise<number> {
  const beyond = await rowsBeyond(audit.database, chain);
  await removeIndexRows(audit, chain);
  await audit.commit([{ sql: 'delete from audit_indexed where chain = ?', bindings: [chain] }]);
  return beyond;
}
