import { readExportedHeads } from '../../../audit/exported-heads.ts';
import { verifyLog } from '../../../audit/verify.ts';
import type { AuditEntry } from '../../../core/audit.ts';
import type { Cluster } from '../cluster.ts';
import type { AccessLogSeen } from '../invariants-access.ts';

const RETENTION_DAYS = 30;
const PAGE = 200;

/**
 * What the access log has of a time, read past the hub, and what verifying the whole of it finds.
 *
 * @param from UTC milliseconds
 */
export async function readAccessLog(
  cluster: Cluster,
  from: number,
): Promise<AccessLogSeen & { readonly text: string }> {
  const operations: { request: string; actor: string; operation: string; subjects: string[] }[] = [];
  const texts: string[] = [];
  let missed = 0;
  for await (const lines of groupsSince(cluster, from)) {
    texts.push(lines);
    for (const line of lines.split('\n')) {
      const entry = JSON.parse(line) as AuditEntry;
      if (entry.kind === 'GAP') missed += entry.missed ?? 0;
      else if (entry.kind === 'SUBJECT') operations.at(-1)?.subjects.push(entry.subject);
      else if ('request' in entry) {
        const { request, actor, op } = entry;
        operations.push({ request, actor, operation: op.hash, subjects: [] });
      }
    }
  }
  return { operations, missed, broken: await verifyAll(cluster), text: texts.join('\n') };
}

async function* groupsSince({ store }: Cluster, from: number): AsyncGenerator<string> {
  for (let after: readonly [string, number] = ['', 0]; ; ) {
    const rows = await store.query(
      `select chain, first_seq, entries from audit_group
        where at >= ? and chain >= ? and (chain > ? or first_seq > ?) order by chain, first_seq limit ${PAGE}`,
      [from, after[0], ...after],
    );
    for (const { entries } of rows) yield String(entries);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = [String(last.chain), Number(last.first_seq)];
  }
}

/** @returns what does not fit, in the words that an operator is told */
async function verifyAll(cluster: Cluster): Promise<readonly string[]> {
  const broken: string[] = [];
  await verifyLog({
    database: cluster.store,
    heads: await readExportedHeads(cluster.headsDirectory),
    retentionDays: RETENTION_DAYS,
    now: Date.now,
    report: (level, text) => {
      if (level === 'broken') broken.push(text);
    },
  });
  return broken;
}
