import type { AuditHead } from '../core/audit.ts';
import { DAY_MS } from '../core/time.ts';
import type { Database } from '../drivers/database.ts';
import { dayOf, dayOfChain } from './chain.ts';
import type { ExportedHeads } from './exported-heads.ts';
import { holdReports } from './held-reports.ts';
import { alsoIndexed, hasIndex } from './index-check.ts';
import { isSignedBy, keyId } from './keys.ts';
import { parseHead } from './parse-head.ts';
import { chainNamed, chainsOf, groupsOf, headOf, namesIn, type StoredChain } from './stored.ts';
import { verifySubjectKeys } from './subject-keys.ts';
import { CLOCK_SLACK_MS, demandName, type Report, verifyChain } from './verify-chain.ts';

export interface VerifyOptions {
  readonly database: Database;
  /** Null: nothing exported is compared. */
  readonly heads: ExportedHeads | null;
  /** Days in Việt Nam, yyyy-mm-dd, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Days on which the subject key was changed with the auditors' knowledge. */
  readonly newSubjectKey?: readonly string[] | undefined;
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

/** More than a chain names that the hub opened: of one that names more, it is told how many nobody looked at. */
const MOST_ENDS = 1_000;
const UNLISTED = [
  ['audit_group', 'has entries'],
  ['audit_index', 'stands in the index'],
  ['audit_indexed', 'is said to be indexed'],
] as const;

/** Reads the whole log, chain by chain, and says what does not fit. Memory does not grow with the log. */
export async function verifyLog(options: VerifyOptions): Promise<Verified> {
  const { database, heads, from, to, newSubjectKey, report } = options;
  const isAsked = (chain: string): boolean =>
    (from === undefined || dayOfChain(chain) >= from) && (to === undefined || dayOfChain(chain) <= to);
  const known = new Set<string>();
  let entries = 0;
  for await (const stored of chainsOf(database)) {
    if (!isAsked(stored.chain)) continue;
    known.add(stored.chain);
    entries += await verifyStored(stored, options);
    if (stored.after !== null) await verifyPlace(stored.after, stored, options);
  }
  for (const [table, what] of UNLISTED) {
    for await (const chain of namesIn(database, table)) {
      if (!isAsked(chain) || known.has(chain)) continue;
      // One that was begun meanwhile is listed by now.
      if ((await chainNamed(database, chain)) === null) report('broken', `chain ${chain} ${what} and is not listed`);
    }
  }
  await verifySubjectKeys({ database, isAsked, changed: newSubjectKey ?? [], report });
  for (const chain of heads?.chains ?? []) {
    if (isAsked(chain) && !known.has(chain))
      report('broken', `chain ${chain} is missing, of which heads were exported`);
  }
  return { chains: known.size, entries };
}

async function verifyStored(stored: StoredChain, options: VerifyOptions): Promise<number> {
  const { database, heads, everySignature = false, now, report } = options;
  const { chain } = stored;
  if (isRemoved(stored)) {
    await verifyRemoved(stored, options);
    return 0;
  }
  if (stored.removing) {
    report('broken', `chain ${chain} is listed as being removed, and neither since when nor with which end`);
  }
  const held = holdReports(chain, report);
  const ends: string[] = [];
  let beyond = 0;
  const entries = await verifyChain({
    stored,
    groups: alsoIndexed(groupsOf(database, chain), { database, chain, report: held.report }),
    now: {
      chain: () => chainNamed(database, chain),
      head: (seq) => headOf(database, { chain, publicKeyId: keyId(stored.publicKey) }, seq),
    },
    heads: heads === null ? null : heads.of(chain),
    everySignature,
    isOver: stored.closed || !isToday(chain, now()),
    named(end) {
      if (ends.length < MOST_ENDS) ends.push(end);
      else beyond += 1;
    },
    report: held.report,
  });
  const byNow = held.isEmpty() ? null : await chainNamed(database, chain);
  if (byNow !== null && isRemoved(byNow)) {
    // What is missing of it was removed while it was read.
    await verifyRemoved(byNow, options);
    return 0;
  }
  held.tell();
  for (const end of ends) await verifyPlace(end, stored, options);
  if (beyond > 0) {
    const text = `names ${ends.length + beyond} ends of other chains, of which the last ${beyond} were not looked at`;
    report('unproven', `chain ${chain} ${text}`);
  }
  return entries;
}

function isRemoved({ removedAt, removedHead }: StoredChain): boolean {
  return removedAt !== null || removedHead !== null;
}

/** A chain of a day to come is not written yet, whatever it says. */
function isToday(chain: string, now: number): boolean {
  return [dayOf(now), dayOf(now + CLOCK_SLACK_MS)].includes(dayOfChain(chain));
}

/** A chain whose entries were removed after their time leaves its last head, signed. */
async function verifyRemoved(stored: StoredChain, options: VerifyOptions): Promise<void> {
  const { database, heads, retentionDays, now, report } = options;
  const { chain, publicKey, removedHead, removedAt } = stored;
  const broken = (text: string): void => report('broken', `chain ${chain} ${text}`);
  demandName(stored, report);
  const head = parseHead(removedHead ?? '');
  const left = await headOf(database, { chain, publicKeyId: keyId(publicKey) });
  if (stored.removing)
    report('note', `chain ${chain} is being removed; where that was interrupted, \`audit retain\` goes on`);
  else if (left !== null) broken('is listed as removed and has entries');
  else if (await hasIndex(database, chain)) broken('is listed as removed and stands in the index');
  if (head === null || head.chain !== chain || !isSignedBy(publicKey, head)) {
    broken('was removed without a signed last head');
    return;
  }
  const exported = heads === null ? null : await lastOf(heads.of(chain));
  const oldest = Math.min(removedAt ?? 0, now()) - retentionDays * DAY_MS;
  // A name says what its chain was called, the time that was signed how old it is.
  const isYoung = [head, exported].some((one) => one !== null && one.at > oldest);
  if (isYoung || dayOfChain(chain) >= dayOf(oldest)) broken('was removed before its time');
  if (stored.closed && stored.lastSeq !== head.seq)
    broken(`was removed at ${head.seq}, and closed at ${stored.lastSeq}`);
  if (heads === null) return;
  if (exported === null) report('unproven', `chain ${chain} was removed, and no exported head speaks of it`);
  else if (exported.seq > head.seq) broken(`was removed at ${head.seq}, an exported head says ${exported.seq}`);
  else if (exported.seq === head.seq && exported.hash !== head.hash)
    broken('was removed with another end than was exported');
  else if (exported.seq < head.seq) report('unproven', `chain ${chain} was removed beyond its last exported head`);
}

/** The one that says most, as it came first: others may have been sent again behind it. */
async function lastOf(heads: AsyncIterable<AuditHead | null>): Promise<AuditHead | null> {
  let last: AuditHead | null = null;
  for await (const one of heads) if (one !== null && one.seq > (last?.seq ?? 0)) last = one;
  return last;
}

/** A head after which a chain was opened has to be where the chain says, `{chain} {seq} {hash}`. */
async function verifyPlace(
  place: string,
  { chain, openedAt }: StoredChain,
  { database, report }: VerifyOptions,
): Promise<void> {
  const [name = '', seq = '', hash = ''] = place.split(' ');
  const before = await chainNamed(database, name);
  if (before === null) {
    report('broken', `chain ${name} is missing, after which ${chain} was opened`);
    return;
  }
  const written = await headOf(database, { chain: name, publicKeyId: keyId(before.publicKey) }, Number(seq));
  // Read behind its entries: it may be removed while they are looked for.
  const removed = written === null ? parseHead((await chainNamed(database, name))?.removedHead ?? '') : null;
  // Its process was still running then; what it wrote since cannot be looked into any more.
  if (removed !== null && removed.seq > Number(seq)) return;
  const head = written ?? removed;
  if (head?.hash !== hash) report('broken', `chain ${name} is not at ${seq} what it was when ${chain} was opened`);
  else if (openedAt < head.at - CLOCK_SLACK_MS) {
    report('broken', `chain ${chain} was opened before the end of ${name}, after which it comes`);
  }
}
