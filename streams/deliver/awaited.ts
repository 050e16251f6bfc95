import type { CaptureProgress } from '../../store/dossier-index.ts';
import type { StoredView } from './facts.ts';
import type { Hold } from './hold-reasons.ts';

/** How long a dossier that a sector already has may take to be known from the counter too, milliseconds. */
const MOST_LATE_MS = 60_000;

/**
 * Whether the systems that hold a dossier have been heard. While one is being read in for the first time, a part of the
 * dossier would be told as if it were the whole.
 *
 * @param sectors folders of the sectors whose part is awaited
 */
export function isHeard(sectors: Iterable<string>, progress: ReadonlyMap<string, CaptureProgress>): boolean {
  for (const sector of sectors) {
    const own = progress.get(sector);
    if (own !== undefined && own.currentUntil === null) return false;
  }
  return true;
}

/**
 * A dossier that a sector works on and no counter has received. The counter may be a moment behind; after that it is for
 * a person.
 *
 * @param receptions folders of the sectors where dossiers are received
 * @returns `wait`, a reason to hold it, or null where a counter has it or there is no counter
 */
export function missingReception(
  stored: readonly StoredView[],
  receptions: readonly string[],
  progress: ReadonlyMap<string, CaptureProgress>,
): 'wait' | Hold | null {
  if (receptions.length === 0) return null;
  if (stored.some(({ sector, deleted }) => !deleted && receptions.includes(sector))) return null;
  const since = Math.max(...stored.map(({ recordedAt }) => recordedAt));
  const behind = receptions.some((sector) => {
    const own = progress.get(sector);
    return own !== undefined && (own.currentUntil === null || own.currentUntil < since + MOST_LATE_MS);
  });
  if (behind) return 'wait';
  return {
    code: 'NOT_AT_COUNTER',
    text: 'Hồ sơ có ở phần mềm chuyên ngành nhưng không có ở phần mềm một cửa. Đề nghị cán bộ tiếp nhận kiểm tra mã hồ sơ hoặc tiếp nhận hồ sơ trên phần mềm một cửa.',
    fields: ['code'],
  };
}
