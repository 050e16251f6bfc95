import { hash } from 'node:crypto';
import type { PortalDossier, PortalStep } from '../../core/portal.ts';

/** Digest of each field by its name: enough to tell whose content a record has, without keeping the content. */
export type Digests = Readonly<Record<string, string>>;

export function digestsOf(dossier: Partial<PortalDossier>): Digests {
  const fields = Object.entries(dossier).map(([name, value]) => [name, shortDigest(canonical(value))] as const);
  return Object.fromEntries(fields.sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** One digest for all fields together. */
export function hashOf(digests: Digests): string {
  return hash('sha256', JSON.stringify(digests), 'hex');
}

export function stepHash(step: PortalStep): string {
  return hash('sha256', canonical(step), 'hex');
}

/**
 * Whether a record has this content. A portal may leave fields out of what it returns; those do not speak against it.
 *
 * @param theirs digests of the record's fields
 */
export function hasContent(theirs: Digests, digests: Digests): boolean {
  return Object.keys(digests).every((name) => !differs(theirs, digests, name));
}

export function differingFields(theirs: Digests, digests: Digests): readonly string[] {
  return Object.keys(digests).filter((name) => differs(theirs, digests, name));
}

function differs(theirs: Digests, digests: Digests, name: string): boolean {
  return theirs[name] !== undefined && theirs[name] !== digests[name];
}

/** The same text for what the portal may have written another way: null for '', a number for its text, other orders. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${members.map(([name, member]) => `${name}:${canonical(member)}`).join()}}`;
  }
  return value === null || value === undefined ? '""' : JSON.stringify(String(value).trim());
}

function shortDigest(value: string): string {
  return hash('sha256', value, 'base64url').slice(0, 12);
}
