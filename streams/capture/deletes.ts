import type { CaptureWay, CaptureWayChange } from '../../store/capture-way.ts';
import type { WayContext } from './way.ts';

/** What one full comparison has found deleted so far. Kept with the comparison's place. */
export interface DeleteCount {
  readonly recorded: number;
  /** Not recorded, because they were too many. */
  readonly held: number;
  /** A person had confirmed them before the comparison began, so it sees all of them. */
  readonly confirmed: boolean;
}

export function noDeletes(way: Pick<CaptureWay, 'deletesConfirmed'>): DeleteCount {
  return { recorded: 0, held: 0, confirmed: way.deletesConfirmed };
}

/**
 * A table that was emptied by mistake looks like thousands of deletes. So few are recorded as they are found, and more
 * wait for a person: all that were found together, since nobody can say which of them are right.
 */
export function judgeDeletes(
  context: WayContext,
  { found, count, way }: { found: number; count: DeleteCount; way: Pick<CaptureWay, 'deletesConfirmed'> },
): { readonly allowed: boolean; readonly count: DeleteCount } {
  if (found === 0) return { allowed: true, count };
  const total = count.recorded + count.held + found;
  if (way.deletesConfirmed || (count.held === 0 && total <= context.settings.MOST_DELETES)) {
    return { allowed: true, count: { ...count, recorded: count.recorded + found } };
  }
  if (count.held === 0) {
    context.warn('more dossiers have gone from a system than may be believed; a person has to confirm the deletes', {
      sector: context.sector.id,
      way: context.way,
      found: total,
      most: context.settings.MOST_DELETES,
    });
  }
  return { allowed: false, count: { ...count, held: count.held + found } };
}

/** What is to be kept of the deletes that wait. @param ended the comparison has come to its end */
export function standingOf(
  count: DeleteCount,
  way: Pick<CaptureWay, 'heldDeletes'>,
  ended: boolean,
): Pick<CaptureWayChange, 'heldDeletes' | 'deletesConfirmed'> {
  if (!ended) return count.held > way.heldDeletes ? { heldDeletes: count.held } : {};
  return { heldDeletes: count.held, ...(count.confirmed && { deletesConfirmed: false }) };
}
