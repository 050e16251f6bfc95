import type { AuditHead } from '../core/audit.ts';

/**
 * A head as it stands in a line of JSON. A number that was written as a text would be signed alike and be compared
 * otherwise: it is none.
 *
 * @returns null for what is no head
 */
export function parseHead(text: string): AuditHead | null {
  try {
    const { chain, seq, at, hash, key, signature } = JSON.parse(text) as AuditHead;
    const isHead =
      [seq, at].every(Number.isSafeInteger) &&
      [chain, hash, key, signature].every((member) => typeof member === 'string');
    return isHead ? { chain, seq, at, hash, key, signature } : null;
  } catch {
    return null;
  }
}
