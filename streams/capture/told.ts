import type { CallbackDelta } from '../../core/changes.ts';
import { isListField } from './delta.ts';
import { wholeOf } from './listing.ts';
import type { ReadRow } from './reader.ts';
import type { DeltaSighting, Sighting } from './sighting.ts';

/** What one call said, and where it is kept. */
export interface Told extends CallbackDelta {
  readonly place: string;
}

/**
 * Puts a record that was just read where it belongs among the calls about it. Calls about what was before it come first,
 * so that no state is passed over; then the record; then what they add to its lists; then the calls that know more than
 * the record, since a system may call before others can read what it wrote.
 *
 * @param row null where the system could not be asked or does not have it: then the calls are all there is
 * @param told of one dossier, in the order in which they came
 */
export function inOrderOf(
  row: { readonly read: ReadRow; readonly isNews: boolean } | null,
  told: readonly Told[],
): readonly Sighting[] {
  if (row === null) return told.map(sightingOf);
  const { read, isNews } = row;
  const isEarlier = (one: Told) => !isLater(one, read);
  const earlier = told.filter(isEarlier);
  const later = told.filter((one) => !isEarlier(one)).map(sightingOf);
  const added = earlier.map((one) => sightingOf({ ...one, view: whatElse(one, read) }));
  // The record was captured in this state: calls about what was before it come too late to be states of their own.
  if (!isNews) return [...added, ...later];
  return [...earlier.filter((one) => !isStateOf(one, read)).map(sightingOf), wholeOf(read), ...added, ...later];
}

function sightingOf({ code, occurredAt, view, place }: Told): DeltaSighting {
  return { kind: 'delta', code, occurredAt, view, place };
}

function saidAt({ view, occurredAt }: Told): number | null {
  return view.statusAt ?? occurredAt;
}

function isLater(one: Told, { fields }: ReadRow): boolean {
  const at = saidAt(one);
  return typeof fields.statusAt !== 'number' || (at !== null && at > fields.statusAt);
}

/** Whether a call tells of the very state in which the record is. */
function isStateOf(one: Told, { fields }: ReadRow): boolean {
  const { code } = (fields.status ?? {}) as { code?: unknown };
  return one.view.status == null || (saidAt(one) === fields.statusAt && one.view.status.code === code);
}

/** What a call adds to a record that is later than itself: elements of lists, and fields the record says nothing of. */
function whatElse({ view }: Told, { fields }: ReadRow): CallbackDelta['view'] {
  return Object.fromEntries(
    Object.entries(view).filter(
      ([name]) => isListField(name) || (!['status', 'statusAt'].includes(name) && fields[name] == null),
    ),
  );
}
