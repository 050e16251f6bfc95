import type { ChangePosition } from '../../core/changes.ts';
import { readCaptureWay } from '../../store/capture-way.ts';
import { type CapturedMark, capturedAfter, capturedBetween } from '../../store/captured.ts';
import { type DeleteCount, judgeDeletes, noDeletes } from './deletes.ts';
import { type ListedPage, listPage, PAGE_SIZE, sightingsOf, wholeOf } from './listing.ts';
import { lookUp } from './lookup.ts';
import type { GoneSighting } from './sighting.ts';
import type { WayContext } from './way.ts';

/** Slides over everything that a system lists, a page at a time, and holds it against what was captured. */
export interface Sweep {
  /** Compares the next page; after the last one it begins anew. */
  page(signal: AbortSignal): Promise<void>;
}

interface SweepPosition {
  readonly after: ChangePosition | null;
  /** Code up to which those whose place is not known were compared; they come before all others. */
  readonly unplaced?: string | undefined;
  readonly deletes: DeleteCount;
}

/** Most captured dossiers that one page is held against; a system that lost its rows has them all between two pages. */
const MOST_COMPARED = 2 * PAGE_SIZE;
/** Of a list that was not asked for. */
const NOTHING: ListedPage = { rows: [], codes: new Set(), faulty: [], last: null, more: true, clock: null };

/**
 * Finds what polling cannot see: rows that committed later than it looks back, changes that left the stamp as it was,
 * and deletes. A captured dossier that is missing from its place was deleted, or changed meanwhile and stands elsewhere:
 * only its lookup by code tells.
 */
export function createSweep(context: WayContext): Sweep {
  const { database, sector, way, reader, recorder, lease } = context;

  return {
    async page(signal) {
      const standing = await readCaptureWay(database, sector.id, way);
      const position: SweepPosition =
        standing.sweep === null
          ? { after: null, deletes: noDeletes(standing) }
          : (JSON.parse(standing.sweep) as SweepPosition);
      const { after, unplaced: from = '' } = position;
      const unplaced =
        after === null
          ? await capturedAfter(database, sector.id, { after: from, limit: MOST_COMPARED, withoutPlace: true })
          : [];
      // The list begins when the last of them are compared.
      const goOn = unplaced.length === MOST_COMPARED ? unplaced.at(-1)?.code : undefined;
      const page = goOn === undefined ? await listPage(context, after, signal) : NOTHING;
      const reach = page.more ? page.last : null;
      const placed =
        goOn === undefined
          ? await capturedBetween(database, sector.id, { after, until: reach, limit: MOST_COMPARED })
          : [];
      const last = placed.at(-1);
      const cut = placed.length === MOST_COMPARED && last !== undefined ? placeOf(last) : null;
      const until = cut ?? reach;
      // Beyond the cut the page is compared the next time.
      const rows = cut === null ? page.rows : page.rows.filter(({ sourceAt }) => sourceAt <= cut.at);
      const known = [...unplaced, ...placed];
      const missing = known.filter(({ code }) => !page.codes.has(code));
      const looked = await lookUp(
        reader,
        missing.map(({ code }) => code),
        { signal },
      );
      const ended = until === null && goOn === undefined;
      const judged = judgeDeletes(context, { gone: looked.gone, count: position.deletes, way: standing, ended });
      const next: SweepPosition = { after: until, unplaced: goOn, deletes: judged.count };
      const gone = new Set(judged.believed);
      // What waited may be back by now.
      const again = await lookUp(reader, [...gone.difference(new Set(looked.gone))], { signal });
      for (const { code } of [...again.there, ...again.faulty]) if (code !== null) gone.delete(code);
      const sightings = [
        ...(await sightingsOf(context, rows, { thorough: true, signal })),
        ...page.faulty,
        ...[...looked.there, ...again.there].map((row) => wholeOf(row)),
        ...looked.faulty,
        ...again.faulty,
        ...[...gone].map(missingOf),
      ];
      await recorder.record({
        sector: sector.id,
        way,
        lease,
        sightings,
        standing: { sweep: JSON.stringify(next), ...judged.standing },
      });
    },
  };
}

function missingOf(code: string): GoneSighting {
  return { kind: 'gone', code, occurredAt: null, place: `missing/${code}` };
}

/** Null for a dossier whose place in the source's list is not known. */
function placeOf({ sourceAt, code }: CapturedMark): ChangePosition | null {
  return sourceAt === null ? null : { at: sourceAt, code };
}
