import type { AuditHead } from '../core/audit.ts';
import type { Binding } from '../drivers/database.ts';

export interface Statement {
  readonly sql: string;
  readonly bindings: readonly Binding[];
}

/** One group commit, as it is stored. */
export interface Group {
  readonly firstSeq: number;
  readonly head: AuditHead;
  readonly lines: readonly string[];
}

export interface OpenedChain {
  readonly chain: string;
  readonly instance: string;
  readonly day: string;
  readonly publicKey: string;
  /** Of `subjectKeyId`. */
  readonly subjectKey: string;
  readonly after: string | null;
  readonly at: number;
}

const GROUP =
  'insert into audit_group (chain, first_seq, last_seq, at, entries, hash, signature) values (?, ?, ?, ?, ?, ?, ?)';
const CHAIN =
  'insert into audit_chain (chain, instance, day, public_key, subject_key, after_head, opened_at, closed) values (?, ?, ?, ?, ?, ?, ?, 0)';
/** Whoever looks for what is to be indexed looks there. A row that somebody put in before is none. */
const TO_INDEX = 'replace into audit_indexed (chain, through_seq, complete) values (?, 0, 0)';
const CLOSED = 'update audit_chain set closed = 1, last_seq = ?, last_hash = ? where chain = ?';

export function insertGroup({ firstSeq, head, lines }: Group): Statement {
  const { chain, seq, at, hash, signature } = head;
  return { sql: GROUP, bindings: [chain, firstSeq, seq, at, lines.join('\n'), hash, signature] };
}

export function insertChain({ chain, instance, day, publicKey, subjectKey, after, at }: OpenedChain): Statement {
  return { sql: CHAIN, bindings: [chain, instance, day, publicKey, subjectKey, after, at] };
}

export function beginIndex({ chain }: OpenedChain): Statement {
  return { sql: TO_INDEX, bindings: [chain] };
}

export function closeChain({ chain, seq, hash }: AuditHead): Statement {
  return { sql: CLOSED, bindings: [seq, hash, chain] };
}
