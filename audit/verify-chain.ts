import { type AuditEntry, type AuditHead, chainHash, genesisText } from '../core/audit.ts';
import { counted } from '../core/counted.ts';
import { DAY_MS } from '../core/time.ts';
import { dayOfChain } from './chain.ts';
import { isSignedBy, keyId } from './keys.ts';
import { parseLine } from './lines.ts';
import type { StoredChain, StoredGroup } from './stored.ts';

/**
 * Says what was found. `broken`: somebody changed something; `unproven`: nothing exported speaks for it, and nothing will;
 * `open`: nothing exported speaks for it yet; `note`: good to know.
 */
export type Report = (level: 'broken' | 'unproven' | 'open' | 'note', text: string) => void;

/** A clock may be set right while a chain is written, and a group begun a moment before midnight. */
export const CLOCK_SLACK_MS = 60_000;

export interface ChainToVerify {
  readonly stored: StoredChain;
  readonly groups: AsyncIterable<StoredGroup>;
  /** Of a log that is being written: the chain, and one of its heads, as they are by now. */
  readonly now: {
    chain(): Promise<StoredChain | null>;
    head(seq: number): Promise<AuditHead | null>;
  };
  /** Null where no heads are compared. */
  readonly heads: AsyncIterator<AuditHead | null> | null;
  /** Every group's signature, not the last one's alone: the chain makes the others redundant. */
  readonly everySignature: boolean;
  /** Closed, or of an earlier day: its heads have left by now, or never will. */
  readonly isOver: boolean;
  /** Told of each end of another chain that this one names, `{chain} {seq} {hash}`. */
  readonly named: (end: string) => void;
  readonly report: Report;
}

/** Where the check stands within its chain. */
interface Walk {
  seq: number;
  /** Null after a hole: nobody knows what the next line follows from. */
  hash: string | null;
  at: number;
  /** Place of the latest operation; null where nobody knows it. */
  operation: number | null;
  /** Its subjects that are still to come. */
  owed: number;
  lastKind: AuditEntry['kind'] | null;
  /** UTC milliseconds between which people's operations are expected. */
  readonly day: readonly [begin: number, end: number];
}

/** @returns how many entries the chain has */
export async function verifyChain(asked: ChainToVerify): Promise<number> {
  const { stored, groups, now, heads, everySignature, isOver, named, report } = asked;
  const { chain, publicKey, after } = stored;
  const genesis = genesisText(chain, publicKey, after);
  const walk: Walk = { seq: 0, hash: genesis, at: 0, operation: 0, owed: 0, lastKind: null, day: timesOf(chain) };
  const exported = heads && createHeadsCheck({ heads, headNow: now.head, isOver, stored, report });
  let last: AuditHead | null = null;
  for await (const group of groups) {
    verifyGroup(group, { walk, stored, report, named });
    last = headOf(group, stored);
    if (everySignature) demandSignature(last, stored, report);
    await exported?.compare(last);
  }
  if (last === null) {
    report('broken', `chain ${chain} has no entries`);
    return 0;
  }
  if (!everySignature) demandSignature(last, stored, report);
  if (walk.owed > 0) {
    const [subjects, are] = [counted(walk.owed, 'subject'), walk.owed === 1 ? 'is' : 'are'];
    report('broken', `chain ${chain}: ${subjects} of entry ${walk.operation} ${are} missing`);
  }
  await exported?.end(last.seq);
  const isClosedSince = walk.lastKind === 'CLOSE' && !stored.closed;
  verifyEnd(isClosedSince ? ((await now.chain()) ?? stored) : stored, last, walk.lastKind, report);
  return walk.seq;
}

function headOf({ lastSeq, at, hash, signature }: StoredGroup, { chain, publicKey }: StoredChain): AuditHead {
  return { chain, seq: lastSeq, at, hash, key: keyId(publicKey), signature };
}

function demandSignature(head: AuditHead, { chain, publicKey }: StoredChain, report: Report): void {
  if (!isSignedBy(publicKey, head)) report('broken', `chain ${chain}: the signature at ${head.seq} does not hold`);
}

function verifyGroup(
  group: StoredGroup,
  { walk, stored, report, named }: { walk: Walk } & Pick<ChainToVerify, 'stored' | 'report' | 'named'>,
): void {
  const { chain } = stored;
  const { firstSeq, lastSeq, lines } = group;
  const broken = (text: string): void => report('broken', `chain ${chain}: ${text}`);
  const isOne = firstSeq === lastSeq;
  const range = isOne ? `entry ${firstSeq}` : `entries ${firstSeq}–${lastSeq}`;
  if (firstSeq > walk.seq + 1) broken(missingBetween(walk.seq + 1, firstSeq - 1));
  if (firstSeq <= walk.seq)
    broken(`${range} ${isOne ? 'stands where another stands' : 'stand where others stand'} already`);
  if (firstSeq !== walk.seq + 1) walk.hash = null;
  if (lines.length !== lastSeq - firstSeq + 1)
    broken(`${range} ${isOne ? 'is' : 'are'} ${counted(lines.length, 'line')}`);
  let { hash } = walk;
  for (const [place, line] of lines.entries()) {
    if (hash !== null) hash = chainHash(hash, line);
    const fault = faultOf(line, firstSeq + place, walk, { stored, named });
    if (fault !== null) broken(`entry ${firstSeq + place} ${fault}`);
  }
  if (hash !== null && hash !== group.hash) broken(`${range} ${isOne ? 'does' : 'do'} not follow from ${firstSeq - 1}`);
  if (group.at !== walk.at)
    broken(`${range} ${isOne ? 'has another time than its last line' : 'have another time than their last entry'}`);
  walk.seq = lastSeq;
  // What comes next is measured against what is stored, so that each break is told once, at its place.
  walk.hash = group.hash;
}

function missingBetween(first: number, last: number): string {
  return first === last ? `entry ${first} is missing` : `entries ${first}–${last} are missing`;
}

/** Also takes the walk one entry on. */
function faultOf(
  line: string,
  seq: number,
  walk: Walk,
  { stored, named }: Pick<ChainToVerify, 'stored' | 'named'>,
): string | null {
  const entry = parseLine(line);
  if (entry === null) {
    walk.operation = null;
    walk.owed = 0;
    return 'is not an entry in its canonical form';
  }
  const { at: before, lastKind: previous } = walk;
  walk.at = entry.at;
  walk.lastKind = entry.kind;
  if (entry.seq !== seq) return `says that it is ${entry.seq}`;
  if (entry.at < before) return 'is earlier than the one before';
  if (previous === 'CLOSE') return 'stands behind the end of the chain';
  if ((entry.kind === 'OPEN') !== (seq === 1)) return seq === 1 ? 'does not open the chain' : 'opens the chain again';
  if (entry.kind === 'SUBJECT') {
    if (walk.operation === null) return null;
    walk.owed -= 1;
    return entry.of === walk.operation && walk.owed >= 0 ? null : 'is not a subject of the operation before it';
  }
  const owed = walk.owed;
  walk.owed = 'subjects' in entry ? entry.subjects : 0;
  walk.operation = seq;
  if (owed > 0) return `stands where ${counted(owed, 'subject')} of another operation should`;
  if (!('chain' in entry)) return isWithin(walk.day, entry.at) ? null : 'is of another day than its chain';
  if (entry.chain !== stored.chain) return 'names another chain';
  if (entry.end !== undefined) named(entry.end);
  const isOpening = entry.kind === 'OPEN';
  if (!isOpening) return null;
  const fits =
    entry.key === stored.publicKey &&
    entry.after === stored.after &&
    entry.subjectKey === stored.subjectKey &&
    entry.at === stored.openedAt;
  if (!fits) return 'opens the chain otherwise than the list of chains says';
  return isWithin(walk.day, entry.at) ? null : 'opens the chain on another day than its name says';
}

/** The day of a chain's name. Its own last words may come days later: it is closed when there is something to write again. */
function timesOf(chain: string): Walk['day'] {
  const begin = Date.parse(`${dayOfChain(chain)}T00:00:00+07:00`);
  return [begin, begin + DAY_MS + CLOCK_SLACK_MS];
}

function isWithin([begin, end]: Walk['day'], at: number): boolean {
  return at >= begin && at < end;
}

function verifyEnd(stored: StoredChain, last: AuditHead, lastKind: Walk['lastKind'], report: Report): void {
  const { chain, closed, lastSeq, lastHash } = stored;
  if (closed !== (lastKind === 'CLOSE')) {
    const text = closed ? `was closed, and ends at ${last.seq} without saying so` : 'is closed, and listed as open';
    report('broken', `chain ${chain} ${text}`);
  }
  if (closed ? lastSeq !== last.seq || lastHash !== last.hash : lastSeq !== null || lastHash !== null) {
    report('broken', `chain ${chain} ends at ${last.seq}, the list of chains says ${lastSeq ?? 'nothing of it'}`);
  }
  demandName(stored, report);
}

const NAME = /^(.+)-[0-9a-f]{8}\/(.+)$/;

/** An instance finds its own chains, and the heads it may not have sent, by the name that they are listed under. */
export function demandName({ chain, instance, day }: StoredChain, report: Report): void {
  const [, writer, date] = NAME.exec(chain) ?? [];
  if (writer !== instance || date !== day) {
    report('broken', `chain ${chain} is listed under ${instance} and ${day}`);
  }
}

/** Compares exported heads, in their order, with the groups as they come. */
function createHeadsCheck({ heads, headNow, isOver, stored, report }: ComparedHeads) {
  const { chain } = stored;
  let proven = 0;
  let next: AuditHead | undefined;
  let lacking: number[] = [];

  async function advance(): Promise<void> {
    next = undefined;
    for (let one = await heads.next(); one.done !== true; one = await heads.next()) {
      const head = one.value;
      if (head === null) report('broken', `chain ${chain}: a line of its exported heads is no head of it`);
      else if (head.seq > proven) {
        next = head;
        return;
      } else await compareAgain(head);
    }
  }

  /** A head whose export failed half-way is exported again, and says the same then. */
  async function compareAgain(head: AuditHead): Promise<void> {
    const written = await headNow(head.seq);
    if (written !== null && isSame(written, head)) return;
    report('broken', faultOfHead(head, { stored, text: `is not at ${head.seq} what a second exported head says` }));
  }

  const started = advance();
  return {
    async compare(group: AuditHead): Promise<void> {
      await started;
      while (next !== undefined && next.seq < group.seq) {
        report('broken', faultOfHead(next, { stored, text: 'names a place at which nothing was written' }));
        await advance();
      }
      if (next?.seq !== group.seq) {
        lacking.push(group.seq);
        return;
      }
      for (const seq of lacking.slice(0, 3)) report('note', `chain ${chain}: its head at ${seq} was not exported`);
      lacking = [];
      if (!isSame(next, group)) {
        report(
          'broken',
          faultOfHead(next, { stored, text: `was rebuilt: at ${next.seq} the exported hash is another` }),
        );
      }
      proven = group.seq;
      await advance();
    },
    async end(lastSeq: number): Promise<void> {
      await started;
      let beyond: AuditHead | undefined;
      for (; next !== undefined; await advance()) beyond = next;
      if (beyond !== undefined && (await headNow(beyond.seq))?.hash === beyond.hash) {
        report('note', `chain ${chain} has grown meanwhile, to ${beyond.seq}`);
      } else if (beyond !== undefined) {
        const text = `ends at ${lastSeq}, an exported head says ${beyond.seq}`;
        report('broken', faultOfHead(beyond, { stored, text }));
      } else if (proven < lastSeq) {
        const behind = proven === 0 ? 'no exported head' : `the last exported head, at ${proven},`;
        const left = lastSeq - proven;
        const entries = counted(left, 'entry', 'entries');
        const text = `chain ${chain}: ${entries} beyond ${behind} ${left === 1 ? 'is' : 'are'} unproven`;
        report(isOver ? 'unproven' : 'open', isOver ? text : `${text} yet`);
      }
    },
  };
}

function isSame(one: AuditHead, other: AuditHead): boolean {
  return one.hash === other.hash && one.at === other.at && one.signature === other.signature;
}

interface ComparedHeads {
  readonly heads: AsyncIterator<AuditHead | null>;
  readonly headNow: ChainToVerify['now']['head'];
  readonly isOver: boolean;
  readonly stored: StoredChain;
  readonly report: Report;
}

/** What an exported head that does not fit says: of the chain, where it was signed; of the export itself otherwise. */
function faultOfHead(head: AuditHead, { stored, text }: { stored: StoredChain; text: string }): string {
  const { chain, publicKey } = stored;
  if (head.key !== keyId(publicKey))
    return `chain ${chain}: the exported head at ${head.seq} was made with another key`;
  return isSignedBy(publicKey, head)
    ? `chain ${chain} ${text}`
    : `chain ${chain}: the exported head at ${head.seq} is not as it was signed`;
}
