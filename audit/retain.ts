import type { AuditHead } from '../core/audit.ts';
import { DAY_MS } from '../core/time.ts';
import { dayOf, dayOfChain } from './chain.ts';
import type { AuditDatabase } from './database.ts';
import { isSignedBy, keyId } from './keys.ts';
import { parseHead } from './parse-head.ts';
import type { Statement } from './statements.ts';
import { chainsOf, headOf, type StoredChain } from './stored.ts';

/** A chain that was never closed is one whose process died; after this long nobody writes to it any more. */
const SURELY_ENDED_MS = 2 * DAY_MS;
/** Places of the index, and groups, that are removed by one statement: the log is written by the same server meanwhile. */
const PLACES_AT_ONCE = 1_000;
const GROUPS_AT_ONCE = 20;

export interface RetainOptions {
  readonly retentionDays: number;
  /** UTC milliseconds. */
  readonly now: () => number;
  /**
   * Told of a chain that is listed as if it could go. Its signed head says that it is too young where its removal was begun
   * when entries were kept for a shorter time; otherwise none says how old it is.
   */
  readonly refuse: (chain: string, reason: 'UNPROVEN' | 'TOO_YOUNG') => void;
}

/**
 * Removes the entries of whole chains that have been kept long enough. Each leaves its last head with its signature, so
 * that what comes after it stays proven. One whose removal was interrupted is gone on with. How old a chain is its name
 * says and its signed head, and nothing that could be written into the list of chains.
 *
 * @returns names of the chains
 */
export async function removeOldChains(audit: AuditDatabase, options: RetainOptions): Promise<readonly string[]> {
  const { database, commit } = audit;
  const { retentionDays, now, refuse } = options;
  const oldest = now() - retentionDays * DAY_MS;
  const removed: string[] = [];
  for await (const stored of chainsOf(database)) {
    const { chain, day, publicKey, closed, removedAt, removing } = stored;
    if (removing) {
      const head = removedAt === null ? null : parseHead(stored.removedHead ?? '');
      if (head === null || !isItsHead(head, stored)) {
        refuse(chain, 'UNPROVEN');
        continue;
      }
      if (!isOldEnough(head, oldest)) {
        refuse(chain, 'TOO_YOUNG');
        continue;
      }
    } else {
      if (day >= dayOf(oldest) || removedAt !== null) continue;
      const head = await headOf(database, { chain, publicKeyId: keyId(publicKey) });
      // Its last entry is as old as its head, whatever day it is called by.
      if (head === null || head.at > oldest || (!closed && head.at > now() - SURELY_ENDED_MS)) continue;
      if (!isItsHead(head, stored) || !isOldEnough(head, oldest)) {
        refuse(chain, 'UNPROVEN');
        continue;
      }
      // From here on nobody indexes it, and its head stands for it.
      const sql = 'update audit_chain set removing = 1, removed_at = ?, removed_head = ? where chain = ?';
      await commit([{ sql, bindings: [now(), JSON.stringify(head), chain] }, forgetIndexed(chain)]);
    }
    await removeEntries(audit, chain);
    removed.push(chain);
  }
  return removed;
}

function isItsHead(head: AuditHead, { chain, publicKey }: StoredChain): boolean {
  return head.chain === chain && isSignedBy(publicKey, head);
}

function isOldEnough({ chain, at }: AuditHead, oldest: number): boolean {
  return at <= oldest && dayOfChain(chain) < dayOf(oldest);
}

/** First what would find entries, so that none is found in part. */
async function removeEntries(audit: AuditDatabase, chain: string): Promise<void> {
  await removeIndexRows(audit, chain);
  await removeThrough(audit, { table: 'audit_group', place: 'first_seq', chain, most: GROUPS_AT_ONCE });
  // A process may have been indexing when the removal began.
  await removeIndexRows(audit, chain);
  await audit.commit([
    forgetIndexed(chain),
    { sql: 'update audit_chain set removing = 0 where chain = ?', bindings: [chain] },
  ]);
}

function forgetIndexed(chain: string): Statement {
  return { sql: 'delete from audit_indexed where chain = ?', bindings: [chain] };
}

/** Everything by which entries of a chain would be found. */
export function removeIndexRows(audit: AuditDatabase, chain: string): Promise<void> {
  return removeThrough(audit, { table: 'audit_index', place: 'seq', chain, most: PLACES_AT_ONCE });
}

interface Removal {
  readonly table: 'audit_group' | 'audit_index';
  readonly place: 'first_seq' | 'seq';
  readonly chain: string;
  readonly most: number;
}

/** From the front, a part at a time, each a statement of its own. */
async function removeThrough(
  { database, commit }: AuditDatabase,
  { table, place, chain, most }: Removal,
): Promise<void> {
  const select = `select ${place} from ${table} where chain = ? order by ${place} limit 1 offset ${most - 1}`;
  for (;;) {
    const [row] = await database.query(select, [chain]);
    if (row === undefined) break;
    const sql = `delete from ${table} where chain = ? and ${place} <= ?`;
    await commit([{ sql, bindings: [chain, Number(row[place])] }]);
  }
  await commit([{ sql: `delete from ${table} where chain = ?`, bindings: [chain] }]);
}
