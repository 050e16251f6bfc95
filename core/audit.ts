import { createHmac, hash, type KeyObject } from 'node:crypto';
import type { PurposeCode, Relation, Role } from './access.ts';
import { isEnterpriseCode } from './enterprise-code.ts';

/** One line of the access log. `JSON.stringify` with the members in exactly this order, no blanks, is its canonical form; what is hashed are the bytes that are stored. */
export type AuditEntry = OperationEntry | SubjectEntry | ChainEntry;

interface EntryHead {
  readonly v: 1;
  /** 1, 2, 3 … without a gap within a chain. */
  readonly seq: number;
  /** UTC milliseconds; never before the entry's predecessor. */
  readonly at: number;
}

/** One per operation, per event told to a subscriber, and per refused request that named a good token; of many refused alike, see `times`. */
export interface OperationEntry extends EntryHead {
  readonly kind: 'OPERATION' | 'EVENT';
  readonly request: string;
  readonly actor: string;
  readonly client: string;
  readonly role: Role;
  readonly unit: string | null;
  readonly purpose: PurposeCode | null;
  readonly dossier: string | null;
  readonly visit: string | null;
  /** Of the document's text without values, see `operationHash`, and the operation's name without values. */
  readonly op: {
    readonly hash: string;
    readonly name: string | null;
    readonly type: 'query' | 'mutation' | 'subscription';
  };
  /** `Type.field` of class PERSONAL, SENSITIVE or AUDIT that were asked for, sorted. */
  readonly fields: readonly string[];
  /** Folders of the sectors whose systems were asked, sorted; `index` where the hub's own index answered. */
  readonly systems: readonly string[];
  readonly outcome: 'ANSWERED' | 'PARTIAL' | 'REFUSED' | 'FAILED';
  /** Distinct error codes, sorted. */
  readonly codes: readonly string[];
  /** How many SUBJECT entries follow; 0 for a search that found nothing. */
  readonly subjects: number;
  /** What was looked for beyond the people who were shown, each thing once and in its order; absent where that was nothing. */
  readonly sought?: readonly Sought[];
  /** How many requests were refused alike, where it is more than one. Never together with `sought`. */
  readonly times?: number;
}

/** One thing that was looked for. Of what was given only; written with the members in this order. */
export interface Sought {
  /**
   * ACCESSES: this log was read. VISITS: those of which no dossier came, or one that was opened, closed, or to be
   * bound to a dossier. NAME: people, or dossiers by the name of their
   * applicant; the name is not told. PERSON: a number that was given, under which nobody was shown. DOSSIERS: those of an enterprise.
   * DELIVERY: a dossier to be sent to the portal again, or an agency whose mode of delivery is set.
   */
  readonly what: 'ACCESSES' | 'VISITS' | 'NAME' | 'PERSON' | 'DOSSIERS' | 'DELIVERY';
  /** Keyed hash of a number. */
  readonly subject?: string | undefined;
  readonly actor?: string | undefined;
  readonly dossier?: string | undefined;
  readonly visit?: string | undefined;
  /** With all below it. */
  readonly unit?: string | undefined;
  /** UTC milliseconds, included / not included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** One per person (or enterprise) in the answer; follows its operation at once. */
export interface SubjectEntry extends EntryHead {
  readonly kind: 'SUBJECT';
  /** `seq` of its operation. */
  readonly of: number;
  /** Keyed hash of the number: see `subjectHash`. */
  readonly subject: string;
  readonly relation: Relation;
  /** The dossier in which the person stands in the answer, where it was one. */
  readonly dossier: string | null;
}

/** The chain's own words. OPEN is seq 1 of every chain. GAP tells of operations without personal data that could not be logged. */
export interface ChainEntry extends EntryHead {
  readonly kind: 'OPEN' | 'CLOSE' | 'GAP';
  readonly chain: string;
  /** OPEN: the key that signs this chain, SPKI DER in base64. */
  readonly key?: string;
  /** OPEN: last head of this instance's chain before, `{chain} {seq} {hash}`; null for its first. */
  readonly after?: string | null;
  /** OPEN: which subject key this chain's hashes are made with, see `subjectKeyId`. */
  readonly subjectKey?: string;
  /** GAP: how many; null where nobody knows, since a chain of this instance was not closed. It may have been none. */
  readonly missed?: number | null;
  /** GAP, where that is null: where that chain had come to by then, `{chain} {seq} {hash}`. */
  readonly end?: string | undefined;
}

/** A signed place in a chain: everything up to `seq` is as it was when this was signed. */
export interface AuditHead {
  /** `{instance}/{yyyy-mm-dd}`, the day in Việt Nam. */
  readonly chain: string;
  readonly seq: number;
  readonly at: number;
  /** 64 hexadecimal digits. */
  readonly hash: string;
  /** First 16 hexadecimal digits of SHA-256 of the public key. */
  readonly key: string;
  /** Ed25519 over `headText`, base64. */
  readonly signature: string;
}

/** hash(0) of a chain. */
export const genesisText = (chain: string, publicKey: string, after: string | null): string =>
  `lienthong access log v1\n${chain}\n${publicKey}\n${after ?? ''}`;
/** hash(n) = SHA-256 of `{hash(n-1) in hexadecimal}\n{line n}`, lower-case hexadecimal. */
export function chainHash(previous: string, line: string): string {
  return hash('sha256', `${previous}\n${line}`, 'hex');
}

export const headText = (head: Pick<AuditHead, 'chain' | 'seq' | 'at' | 'hash'>): string =>
  `lienthong access log head v1\n${head.chain}\n${head.seq}\n${head.at}\n${head.hash}`;

/** Begins like no subject does. */
const SUBJECT_KEY_TEXT = 'lienthong access log subject key v1';

/** HMAC-SHA-256 of `person:{number}` or `business:{code}` under the subject key, first 16 bytes, base64url (22 characters). */
export function subjectHash(key: KeyObject, number: string): string {
  const kind = isEnterpriseCode(number) ? 'business' : 'person';
  return createHmac('sha256', key).update(`${kind}:${number}`).digest().subarray(0, 16).toString('base64url');
}

/** What the log calls a subject key: tells keys apart and nothing of them. First 16 bytes, base64url (22 characters). */
export function subjectKeyId(key: KeyObject): string {
  return createHmac('sha256', key).update(SUBJECT_KEY_TEXT).digest().subarray(0, 16).toString('base64url');
}

/** Where operations are logged. One per process. */
export interface AuditLog {
  /**
   * Resolves when the entries are safe. Called before an answer leaves.
   *
   * @throws HubError AUDIT_UNAVAILABLE for `personal: true` where they cannot be written within AUDIT_TIMEOUT_MS (twice as long on the clock where
   * the process is too busy to look); resolves for others, which are counted and told in a GAP entry later
   */
  write(record: AuditRecord): Promise<void>;
  /** `readyz` shows it. */
  state(): 'writing' | 'unwritable';
  /** Writes what waits, closes the chain. May be called twice. */
  close(): Promise<void>;
}

/** An operation with its subjects, before it has numbers and hashes. */
export interface AuditRecord {
  readonly operation: Omit<OperationEntry, 'v' | 'seq' | 'at' | 'subjects'>;
  readonly subjects: readonly {
    readonly number: string;
    readonly relation: Relation;
    readonly dossier: string | null;
  }[];
  /** Whether the answer holds personal data: then it must not leave unlogged. */
  readonly personal: boolean;
}

/** Reads what was logged. In every process on one database; sees every instance's entries. */
export interface AuditReader {
  /** Newest first, keyset pages. At least one of subject, actor, dossier, visit. */
  find(request: AuditQuery): Promise<{ readonly found: readonly AuditFound[]; readonly more: boolean }>;
  /** What stands in the log for this number. */
  hashSubject(number: string): string;
}

export interface AuditQuery {
  /** Every number of the person. */
  readonly subjectNumbers?: readonly string[];
  readonly actor?: string;
  readonly dossier?: string;
  readonly visit?: string;
  /** Leaves out what the person themself may be shown only later. */
  readonly forSubject?: boolean;
  /** UTC milliseconds, included / not included. */
  readonly from?: number;
  readonly to?: number;
  readonly first: number;
  readonly after: readonly [at: number, chain: string, seq: number] | null;
}

export interface AuditFound {
  readonly key: readonly [at: number, chain: string, seq: number];
  readonly operation: OperationEntry;
  /** The subject entry that matched; null where the operation itself did. */
  readonly subject: SubjectEntry | null;
}
