import type { CaptureWay, CaptureWayChange } from '../../store/capture-way.ts';
import type { WayContext } from './way.ts';

/** What one full comparison has found deleted so far. Kept with the comparison's place. */
export interface DeleteCount {
  /** Codes of those that are recorded if they stay few enough; none once they are too many. */
  readonly waiting: readonly string[];
  /** How many were found and are not recorded. */
  readonly found: number;
  /** A person had confirmed them before the comparison began, so it sees all of them. */
  readonly confirmed: boolean;
}

export interface DeleteJudgement {
  /** Codes to be recorded as gone, those that waited first. */
  readonly believed: readonly string[];
  /** For the next part of the comparison, or the next comparison. */
  readonly count: DeleteCount;
  readonly standing: Pick<CaptureWayChange, 'heldDeletes' | 'deletesConfirmed'>;
}

export function noDeletes(way: Pick<CaptureWay, 'deletesConfirmed'>): DeleteCount {
  return { waiting: [], found: 0, confirmed: way.deletesConfirmed };
}

/**
 * A table that was emptied by mistake looks like thousands of deletes, and nobody can say which of those found together
 * are right. So none is recorded before the comparison has come to its end and shown how many there are. Once too many
 * were found, all wait until a person confirms them or a comparison finds nothing gone. A confirmation holds for as many
 * as were held when it was given, and MOST_DELETES more.
 *
 * @param gone what this part of the comparison found
 * @param ended it was the last part
 */
export function judgeDeletes(
  context: WayContext,
  options: {
    gone: readonly string[];
    count: DeleteCount;
    way: Pick<CaptureWay, 'deletesConfirmed' | 'heldDeletes'>;
    ended: boolean;
  },
): DeleteJudgement {
  const { gone, count, way, ended } = options;
  const most = context.settings.MOST_DELETES;
  const codes = [...new Set([...count.waiting, ...gone])];
  const found = count.found + codes.length - count.waiting.length;
  // What was confirmed is what was held then: a table emptied since is nobody's word.
  const isBeyond = way.deletesConfirmed && found > way.heldDeletes + most;
  const next = noDeletes({ deletesConfirmed: way.deletesConfirmed && !count.confirmed && !isBeyond });
  if (way.deletesConfirmed && !isBeyond) {
    const left = found - codes.length;
    if (!ended) return { believed: codes, count: { ...count, waiting: [], found: left }, standing: {} };
    const standing = { heldDeletes: left, ...(count.confirmed && { deletesConfirmed: false }) };
    return { believed: codes, count: next, standing };
  }
  const isTooMany = found > most;
  if (isBeyond || (isTooMany && count.found <= most && way.heldDeletes === 0)) {
    context.warn('more dossiers have gone from a system than may be believed; a person has to confirm the deletes', {
      sector: context.sector.id,
      way: context.way,
      found,
      most,
    });
  }
  const withdrawn = isBeyond ? { deletesConfirmed: false } : {};
  if (!ended) {
    const standing = { ...(isTooMany && found > way.heldDeletes && { heldDeletes: found }), ...withdrawn };
    const waiting = isTooMany ? [] : codes;
    return { believed: [], count: { ...count, waiting, found, confirmed: count.confirmed && !isBeyond }, standing };
  }
  const isHeld = isTooMany || way.heldDeletes > 0;
  return { believed: isHeld ? [] : codes, count: next, standing: { heldDeletes: isHeld ? found : 0, ...withdrawn } };
}
