import type { PortalRecord } from '../../core/portal.ts';
import type { PortalKnowledge, ShownRecord, StepEntry } from '../../store/delivery-ledger.ts';
import { type Digests, digestsOf, hasContent, hashOf, stepHash } from './digest.ts';
import { stepKey } from './steps.ts';

/** What is to be at the portal. */
export interface WantedContent {
  readonly hash: string;
  readonly digests: Digests;
}

export type Verdict =
  | { readonly of: 'hub'; readonly hash: string; readonly digests: Digests; readonly acceptedHash: string | null }
  | { readonly of: 'other' };

/**
 * Whose a record at the portal is. The hub's is what it sent: last, in a call without an answer, or ever before. A record
 * that has all that is to be sent is taken as it stands even where another sent it: nothing is overwritten by that.
 * Everything else is another sender's.
 *
 * @param wasSent whether a content was ever sent by the hub
 */
export async function judge(
  record: PortalRecord,
  { known, wanted }: { readonly known: PortalKnowledge; readonly wanted: WantedContent | null },
  wasSent: (hash: string) => Promise<boolean>,
): Promise<Verdict> {
  // A record that does not even show its status cannot be told from another.
  if (record.dossier.TrangThaiHoSo === undefined) return { of: 'other' };
  const theirs = digestsOf(record.dossier);
  const sent = known.open.flatMap(({ hash, digests }) => (digests === null ? [] : [{ hash, digests }]));
  const open = sent.find((call) => hasContent(theirs, call.digests));
  const acceptedHash = open?.hash ?? null;
  for (const content of [wanted, open, known.copy]) {
    if (content != null && hasContent(theirs, content.digests)) {
      return { of: 'hub', hash: content.hash, digests: content.digests, acceptedHash };
    }
  }
  const hash = hashOf(theirs);
  return (await wasSent(hash)) ? { of: 'hub', hash, digests: theirs, acceptedHash } : { of: 'other' };
}

const MOST_KEY = 32;

/** Steps of a record, each once. What is no step of the protocol's is left out: it cannot be sent twice. */
export function shownSteps({ steps }: PortalRecord): readonly StepEntry[] {
  const own = new Map(steps.map((step) => [stepKey(step), step]));
  return [...own].flatMap(([key, step]) => (key.length <= MOST_KEY ? [{ key, hash: stepHash(step) }] : []));
}

/** Keys of the same. */
export function shownKeys({ steps }: PortalRecord): ReadonlySet<string> {
  return new Set(steps.map(stepKey).filter((key) => key.length <= MOST_KEY));
}

/** Keys of steps that the portal holds more than once. */
export function doubledSteps({ steps }: PortalRecord): readonly string[] {
  const keys = steps.map(stepKey);
  return [...new Set(keys.filter((key, place) => keys.indexOf(key) !== place))];
}

export function shownRecord(
  record: PortalRecord,
  verdict: Extract<Verdict, { of: 'hub' }>,
  revision: number,
): ShownRecord {
  const { hash, digests, acceptedHash } = verdict;
  return { hash, digests, acceptedHash, revision, steps: shownSteps(record) };
}
