import type { AuditHead } from '../core/audit.ts';
import { DAY_MS } from '../core/time.ts';
import type { Database } from '../drivers/database.ts';
import { dayOf, dayOfChain } from './chain.ts';
import type { ExportedHeads } from './exported-heads.ts';
import { isSignedBy, keyId } from './keys.ts';
import { chainNamed, chainsOf, groupsOf, headOf, namesWithGroups, type StoredChain } from './stored.ts';
import { type Report, verifyChain } from './verify-chain.ts';

export interface VerifyOptions {
  readonly database: Database;
  /** Null: nothing exported is compared. */
  readonly heads: ExportedHeads | null;
  /** Days in Việt Nam, yyyy-mm-dd, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly everySignature?: boolean | undefined;
  /** Days for which entries are kept: a younger chain may not have been removed. */
  readonly retentionDays: number;
  /** UTC milliseconds. */
  readonly now: () => number;
  readonly report: Report;
}

export interface Verified {
  readonly chains: number;
  readonly entries: number;
}

/** Reads the whole log, chain by chain, and says what does not fit. Memory does not grow with the log. */
export async function verifyLog(options: VerifyOptions): Promise<Verified> {
  const { database, heads, from = '', to = '9999-12-31', report } = options;
  const isAsked = (chain: string): boolean => dayOfChain(chain) >= from && dayOfChain(chain) <= to;
  const known = new Set<string>();
  let entries = 0;
  for await (const stored of chainsOf(database)) {
    if (!isAsked(stored.chain)) continue;
    known.add(stored.chain);
    entries += await verifyStored(stored, options);
    await verifyAfter(stored, options);
  }
  for await (const chain of namesWithGroups(database)) {
    if (isAsked(chain) && !known.has(chain)) report('broken', `chain ${chain} has entries and is not listed`);
  }
  for (const chain of heads?.chains ?? []) {
    if (isAsked(chain) && !known.has(chain))
      report('broken', `chain ${chain} is missing, of which heads were exported`);
  }
  return { chains: known.size, entries };
}

async function verifyStored(stored: StoredChain, options: VerifyOptions): Promise<number> {
  const { database, heads, everySignature = false, report } = options;
  const { chain } = stored;
  if (stored.removedAt !== null || stored.removedHead !== null) {
    await verifyRemoved(stored, options);
    return 0;
  }
  return verifyChain({
    stored,
    groups: groupsOf(database, chain),
    now: {
      chain: () => chainNamed(database, chain),
      head: (seq) => headOf(database, { chain, publicKeyId: keyId(stored.publicKey) }, seq),
    },
    heads: heads === null ? null : heads.of(chain),
    everySignature,
    report,
  });
}

/** A chain whose entries were removed after their time leaves its last head, signed. */
async function verifyRemoved(stored: StoredChain, options: VerifyOptions): Promise<void> {
  const { database, heads, retentionDays, now, report } = options;
  const { chain, publicKey, removedHead, removedAt } = stored;
  const broken = (text: string): void => report('broken', `chain ${chain} ${text}`);
  const head = parseHead(removedHead);
  const left = await headOf(database, { chain, publicKeyId: keyId(publicKey) });
  if (left !== null) broken('is listed as removed and has entries');
  if (head === null || head.chain !== chain || !isSignedBy(publicKey, head)) {
    broken('was removed without a signed last head');
    return;
  }
  const oldest = dayOf(Math.min(removedAt ?? 0, now()) - retentionDays * DAY_MS);
  if (dayOfChain(chain) >= oldest) broken('was removed before its time');
  if (stored.closed && stored.lastSeq !== head.seq)
    broken(`was removed at ${head.seq}, and closed at ${stored.lastSeq}`);
  if (heads === null) return;
  let last: AuditHead | null = null;
  for await (const one of heads.of(chain)) last = one ?? last;
  if (last === null) report('unproven', `chain ${chain} was removed, and no exported head speaks of it`);
  else if (last.seq > head.seq) broken(`was removed at ${head.seq}, an exported head says ${last.seq}`);
  else if (last.seq === head.seq && last.hash !== head.hash) broken('was removed with another end than was exported');
  else if (last.seq < head.seq) report('unproven', `chain ${chain} was removed beyond its last exported head`);
}

/** The head after which a chain was opened has to be where the chain says. */
async function verifyAfter({ chain, after }: StoredChain, { database, report }: VerifyOptions): Promise<void> {
  if (after === null) return;
  const [name = '', seq = '', hash = ''] = after.split(' ');
  const before = await chainNamed(database, name);
  if (before === null) {
    report('broken', `chain ${name} is missing, after which ${chain} was opened`);
    return;
  }
  const { publicKey, removedHead } = before;
  const removed = parseHead(removedHead);
  // Its process was still running then; what it wrote since cannot be looked into any more.
  if (removed !== null && removed.seq > Number(seq)) return;
  const head = removed ?? (await headOf(database, { chain: name, publicKeyId: keyId(publicKey) }, Number(seq)));
  if (head?.hash !== hash) report('broken', `chain ${name} is not at ${seq} what it was when ${chain} was opened`);
}

function parseHead(text: string | null): AuditHead | null {
  try {
    const head = JSON.parse(text ?? 'null') as AuditHead | null;
    return typeof head?.hash === 'string' && typeof head.signature === 'string' ? head : null;
  } catch {
    return null;
  }
}
