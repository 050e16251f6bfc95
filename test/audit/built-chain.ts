import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { dayOfChain } from '../../audit/chain.ts';
import { keyId, publicKeyOf, signHead } from '../../audit/keys.ts';
import { chainLine, linesOf, prepare } from '../../audit/lines.ts';
import type { StoredChain, StoredGroup } from '../../audit/stored.ts';
import { type Report, verifyChain } from '../../audit/verify-chain.ts';
import { type AuditHead, chainHash, genesisText } from '../../core/audit.ts';
import { hashSubject, KEYS, NOON, record } from './support.ts';

/** A chain as the database holds it, made without one, and the heads that left while it was written. */
export interface BuiltChain {
  readonly stored: StoredChain;
  readonly groups: readonly StoredGroup[];
  readonly heads: readonly AuditHead[];
}

/** One entry of a chain; a number is an operation with so many subjects. */
export type Part = 'open' | 'close' | 'gap' | number;

interface BuildOptions {
  readonly chain?: string;
  readonly after?: string | null;
  readonly signing?: KeyObject;
  readonly openedAt?: number;
}

/** Entries 1, 2–4 (an operation with two subjects and one without), 5, 6–7 and 8. */
export const PLAN = [['open'], [2], [0], ['gap', 0], ['close']] as const;

export type Change = (groups: StoredGroup[]) => unknown;

/** The chain with its groups changed, and nothing else. */
export function withGroups(built: BuiltChain, change: Change): BuiltChain {
  const groups = built.groups.map((group) => ({ ...group }));
  change(groups);
  return { ...built, groups };
}

export const CHAIN = 'motcua-0a0b0c0d/2026-11-20';

/** An honest chain, a group a second. */
export function buildChain(plan: readonly (readonly Part[])[], options: BuildOptions = {}): Promise<BuiltChain> {
  const { chain = CHAIN, after = null, signing = KEYS.signing, openedAt = NOON } = options;
  const publicKey = publicKeyOf(signing);
  const { subjectKeyId: subjectKey } = KEYS;
  let seq = 0;
  const written = plan.map((parts, place) => {
    const at = openedAt + place * 1_000;
    const firstSeq = seq + 1;
    const lines = parts.flatMap((part) => {
      const own =
        typeof part === 'number'
          ? linesOf(prepare(record(numbers(part)), hashSubject), seq + 1, at)
          : [lineOf(part, { seq: seq + 1, at, chain, publicKey, after })];
      seq += own.length;
      return own;
    });
    return { firstSeq, lastSeq: seq, at, lines };
  });
  const closed = plan.at(-1)?.at(-1) === 'close';
  const stored: StoredChain = {
    ...{ chain, publicKey, subjectKey, after, openedAt, closed, day: dayOfChain(chain), instance: 'motcua' },
    ...{ lastSeq: null, lastHash: null, removedAt: null, removedHead: null, removing: false },
  };
  return sealed(stored, written, signing);
}

function numbers(count: number): readonly string[] {
  return Array.from({ length: count }, (_, place) => `00108500${4_000 + place}`);
}

function lineOf(
  part: Exclude<Part, number>,
  {
    seq,
    at,
    chain,
    publicKey: key,
    after,
  }: { seq: number; at: number; chain: string; publicKey: string; after: string | null },
): string {
  if (part === 'open') return chainLine({ seq, at, kind: 'OPEN', chain, key, after, subjectKey: KEYS.subjectKeyId });
  return part === 'gap'
    ? chainLine({ seq, at, kind: 'GAP', chain, missed: 3 })
    : chainLine({ seq, at, kind: 'CLOSE', chain });
}

/** Hashes and signs what stands there, as whoever holds the key can. */
export async function sealed(
  stored: StoredChain,
  written: readonly Omit<StoredGroup, 'hash' | 'signature'>[],
  signing: KeyObject = KEYS.signing,
): Promise<BuiltChain> {
  const { chain, after } = stored;
  const publicKey = publicKeyOf(signing);
  let hash = genesisText(chain, publicKey, after);
  const groups: StoredGroup[] = [];
  const heads: AuditHead[] = [];
  for (const group of written) {
    for (const line of group.lines) hash = chainHash(hash, line);
    const head = { chain, seq: group.lastSeq, at: group.at, hash };
    const signature = signHead(signing, head);
    groups.push({ ...group, hash, signature });
    heads.push({ ...head, key: keyId(publicKey), signature });
  }
  const last = heads.at(-1);
  const end = stored.closed && last !== undefined ? { lastSeq: last.seq, lastHash: last.hash } : {};
  return { stored: { ...stored, publicKey, ...end }, groups, heads };
}

interface VerifyOptions {
  /** What left; none is compared where it is null. */
  readonly heads?: readonly (AuditHead | null)[] | null;
  readonly everySignature?: boolean;
  /** Standard: yes. */
  readonly isOver?: boolean;
  /** The chain and its heads as they are by the end of the check. */
  readonly now?: BuiltChain;
}

/** What is said of a chain, and how many entries it has. */
export async function said(
  built: BuiltChain,
  { heads = built.heads, everySignature = false, isOver = true, now = built }: VerifyOptions = {},
): Promise<{ readonly said: readonly string[]; readonly entries: number }> {
  const told: string[] = [];
  const report: Report = (level, text) => told.push(`${level}: ${text.replaceAll(CHAIN, 'C')}`);
  const entries = await verifyChain({
    ...{ stored: built.stored, groups: each(built.groups), everySignature, isOver, report },
    heads: heads === null ? null : each(heads),
    named: () => {},
    now: {
      chain: async () => now.stored,
      head: async (seq) => now.heads.find((one) => one.seq === seq) ?? null,
    },
  });
  return { said: told, entries };
}

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

/** Another key, such as a forger has. */
export const forger = generateKeyPairSync('ed25519').privateKey;
