import type { PortalCallEntry, PortalKnowledge, ShownRecord } from '../../store/delivery-ledger.ts';

/**
 * What is known of the portal's copy after something became known, without asking the ledger again: while a claim lasts
 * nobody else writes of the dossier. Each says what the ledger will say once it is written.
 */

export const NOTHING_KNOWN: PortalKnowledge = { copy: null, taken: new Set(), uncertain: new Set(), open: [] };

/** @param call was accepted */
export function afterAccepted(known: PortalKnowledge, { digests, hash, steps }: PortalCallEntry): PortalKnowledge {
  if (digests !== null) return { ...known, copy: { hash, digests } };
  const keys = new Set(steps.map(({ key }) => key));
  return { ...known, taken: known.taken.union(keys), uncertain: known.uncertain.difference(keys) };
}

/** @param taken keys of the steps that were shown */
export function afterLookup(
  { hash, digests }: Pick<ShownRecord, 'hash' | 'digests'>,
  taken: ReadonlySet<string>,
): PortalKnowledge {
  return { ...NOTHING_KNOWN, copy: { hash, digests }, taken };
}

/** Whether a lookup showed what was known, so that nothing has to be written. */
export function isSame(left: PortalKnowledge, right: PortalKnowledge): boolean {
  return (
    left.open.length + right.open.length === 0 &&
    left.copy?.hash === right.copy?.hash &&
    left.taken.symmetricDifference(right.taken).size === 0 &&
    left.uncertain.symmetricDifference(right.uncertain).size === 0
  );
}
