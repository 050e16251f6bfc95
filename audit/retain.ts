import { DAY_MS } from '../core/time.ts';
import { dayOf } from './chain.ts';
import type { AuditDatabase } from './database.ts';
import { keyId } from './keys.ts';
import { chainsOf, headOf } from './stored.ts';

/** A chain that was never closed is one whose process died; after this long nobody writes to it any more. */
const SURELY_ENDED_MS = 2 * DAY_MS;

/**
 * Removes the entries of whole chains that have been kept long enough. Each leaves its last head with its signature, so
 * that what comes after it stays proven.
 *
 * @returns names of the chains
 */
export async function removeOldChains(
  { database, commit }: AuditDatabase,
  { retentionDays, now }: { retentionDays: number; now: () => number },
): Promise<readonly string[]> {
  const oldest = dayOf(now() - retentionDays * DAY_MS);
  const removed: string[] = [];
  for await (const { chain, day, publicKey, closed, removedAt } of chainsOf(database)) {
    if (day >= oldest || removedAt !== null) continue;
    const head = await headOf(database, { chain, publicKeyId: keyId(publicKey) });
    if (head === null || (!closed && head.at > now() - SURELY_ENDED_MS)) continue;
    await commit([
      {
        sql: 'update audit_chain set removed_at = ?, removed_head = ? where chain = ?',
        bindings: [now(), JSON.stringify(head), chain],
      },
      { sql: 'delete from audit_group where chain = ?', bindings: [chain] },
      { sql: 'delete from audit_indexed where chain = ?', bindings: [chain] },
      { sql: 'delete from audit_index where chain = ?', bindings: [chain] },
    ]);
    removed.push(chain);
  }
  return removed;
}
