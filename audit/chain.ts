import { randomBytes } from 'node:crypto';
import { type AuditHead, chainHash, genesisText } from '../core/audit.ts';
import { formatInstant } from '../core/time.ts';
import { bounded } from './bounded.ts';
import { chainsBefore, lastGroupOf } from './chain-before.ts';
import type { AuditDatabase } from './database.ts';
import { type AuditKeys, keyId, signHead } from './keys.ts';
import { chainLine, linesOf, type PreparedRecord } from './lines.ts';
import { beginIndex, closeChain, type Group, insertChain, insertGroup, type Statement } from './statements.ts';

/** Where a chain stands: everything up to here is written. */
interface Place {
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
  readonly at: number;
}

/** A group that was tried to be written. */
interface Attempt {
  readonly group: Group;
  readonly closes: boolean;
  /** Operations that the group's GAP told of. */
  readonly told: number;
  /** Operations without personal data in it. */
  readonly plain: number;
}

export interface GroupRequest {
  readonly records: readonly PreparedRecord[];
  /** Of these records, without personal data. */
  readonly plain: number;
  /** How many operations could not be logged, where that is to be told. */
  readonly missed: number | null;
}

/** The chain that this process writes: one for each run and day. */
export interface Chain {
  /** Whether a chain of an earlier day is to be closed first. */
  isOver(): boolean;
  /** Writes one group. @throws where it may not have been written; then `recover` before the next one */
  write(request: GroupRequest): Promise<AuditHead>;
  /** Closes the chain; null where none is open. @throws as write */
  end(): Promise<AuditHead | null>;
  /**
   * Looks which of the groups that failed are there after all.
   *
   * @returns the head of one that is there, and how many operations, counted as missed, are logged by it; null where
   * none is
   */
  recover(): Promise<{ readonly head: AuditHead; readonly logged: number } | null>;
}

export interface ChainOptions {
  readonly audit: AuditDatabase;
  readonly keys: Pick<AuditKeys, 'signing' | 'publicKey' | 'subjectKeyId'>;
  /** Name of the instance over all its runs. */
  readonly instance: string;
  /** Longest one statement may take, in milliseconds. */
  readonly timeoutMs: number;
  /** UTC milliseconds. */
  readonly now: () => number;
  readonly warn: (message: string) => void;
}

/** A statement that was given up may yet be done while the next ones fail. */
const MOST_ATTEMPTS = 100;

export function createChain({ audit, keys, instance, timeoutMs, now, warn }: ChainOptions): Chain {
  const key = keyId(keys.publicKey);
  let run = newRun();
  let place: Place | null = null;
  /** `{chain} {seq} {hash}`; undefined until it was looked up. */
  let lastHead: string | null | undefined;
  /** Where other processes of the instance stopped without an end: what they had missed to log is lost with them. */
  let missingEnds: readonly string[] = [];
  let attempts: Attempt[] = [];

  async function commit(group: Group, statements: readonly Statement[], counts: Omit<Attempt, 'group'>): Promise<void> {
    attempts.push({ group, ...counts });
    if (attempts.length > MOST_ATTEMPTS) attempts.shift();
    // One that is given up may be done later: `recover` finds it, and nothing else looks back.
    await bounded((signal) => audit.commit(statements, signal), timeoutMs);
    attempts = [];
    standAt(group.head, counts.closes);
  }

  function standAt(head: AuditHead, isClosed: boolean): void {
    lastHead = `${head.chain} ${head.seq} ${head.hash}`;
    place = isClosed ? null : head;
    missingEnds = [];
  }

  function groupOf(from: Omit<Place, 'at'>, at: number, lines: readonly string[]): Group {
    let { hash } = from;
    for (const line of lines) hash = chainHash(hash, line);
    const head = { chain: from.chain, seq: from.seq + lines.length, at, hash };
    const signature = signHead(keys.signing, head);
    return { firstSeq: from.seq + 1, head: { ...head, key, signature }, lines };
  }

  return {
    isOver: () => place !== null && dayOf(now()) > dayOfChain(place.chain),
    async write({ records, plain, missed }) {
      const at = Math.max(place?.at ?? 0, now());
      const lines: string[] = [];
      const statements: Statement[] = [];
      let from: Omit<Place, 'at'>;
      if (place === null) {
        const day = dayOf(at);
        const chain = `${instance}-${run}/${day}`;
        if (lastHead === undefined) {
          const before = await bounded(() => chainsBefore(audit, instance), timeoutMs);
          lastHead = before.head;
          missingEnds = before.missing;
        }
        const after = lastHead;
        from = { chain, seq: 0, hash: genesisText(chain, keys.publicKey, after) };
        const { publicKey, subjectKeyId: subjectKey } = keys;
        lines.push(chainLine({ seq: 1, at, kind: 'OPEN', chain, key: publicKey, after, subjectKey }));
        const opened = { chain, instance, day, publicKey, subjectKey, after, at };
        statements.push(insertChain(opened), beginIndex(opened));
      } else from = place;
      const next = () => from.seq + lines.length + 1;
      const gap = (count: number | null, end?: string) =>
        chainLine({ seq: next(), at, kind: 'GAP', chain: from.chain, missed: count, end });
      for (const end of missingEnds) lines.push(gap(null, end));
      if (missed !== null) lines.push(gap(missed));
      for (const record of records) lines.push(...linesOf(record, next(), at));
      const group = groupOf(from, at, lines);
      await commit(group, [...statements, insertGroup(group)], { closes: false, told: missed ?? 0, plain });
      return group.head;
    },
    async end() {
      if (place === null) return null;
      const { chain, seq } = place;
      const at = Math.max(place.at, now());
      const group = groupOf(place, at, [chainLine({ seq: seq + 1, at, kind: 'CLOSE', chain })]);
      const statements = [insertGroup(group), closeChain(group.head)];
      await commit(group, statements, { closes: true, told: 0, plain: 0 });
      return group.head;
    },
    async recover() {
      // Around midnight an opening may have been tried on either day. The newest tells what the others told, and more.
      for (const chain of new Set(attempts.map(({ group }) => group.head.chain).reverse())) {
        const last = await bounded(() => lastGroupOf(audit, chain), timeoutMs);
        const done = attempts.find(({ group: { head } }) => head.hash === last?.hash);
        if (done !== undefined) {
          attempts = [];
          standAt(done.group.head, done.closes);
          return { head: done.group.head, logged: done.plain + done.told };
        }
        if (last?.hash !== (place?.chain === chain ? place.hash : undefined)) {
          warn('The access log holds entries in this process’s chain that it did not write; it goes on in a new chain');
          run = newRun();
          place = null;
          attempts = [];
          return null;
        }
      }
      return null;
    },
  };
}

function newRun(): string {
  return randomBytes(4).toString('hex');
}

/** The day in Việt Nam, yyyy-mm-dd. @param at UTC milliseconds */
export function dayOf(at: number): string {
  return formatInstant(at).slice(0, 10);
}

export function dayOfChain(chain: string): string {
  return chain.slice(-10);
}
