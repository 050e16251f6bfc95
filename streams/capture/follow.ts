import type { DossierStatusNumber, StatedStatus } from '../../core/dossier.ts';
import { readCaptureWay } from '../../store/capture-way.ts';
import { readMarks } from '../../store/captured.ts';
import {
  askedAgain,
  askedEveryPass,
  type FollowedDossier,
  type FollowedPlace,
  neverAsked,
} from '../../store/followed.ts';
import { type DeleteCount, judgeDeletes, noDeletes } from './deletes.ts';
import { wholeOf } from './listing.ts';
import { lookUp } from './lookup.ts';
import type { ReadRow } from './reader.ts';
import type { Sighting } from './sighting.ts';
import { repeatPasses, type WayContext } from './way.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A dossier that changed within this time is asked for in every pass, whether or not the system knows it yet. */
const FRESH_MS = DAY_MS;
/** Between two questions about a dossier whose course has ended: a tenth of the time since, within these. */
const LEAST_REST_MS = 10 * MINUTE_MS;
const MOST_REST_MS = 7 * DAY_MS;
const ENDED: ReadonlySet<DossierStatusNumber | null> = new Set([3, 7, 8, 9, 10]);

/** Where a pass through the running dossiers goes on, and what the comparison it is part of found deleted so far. */
interface FollowPosition {
  readonly after: string;
  readonly deletes: DeleteCount;
  /**
   * Set from one pass to the next while the comparison has not come to the end of those whose turn it was when it began:
   * passes ask for few of them, and a loss among them has to be seen whole.
   */
  readonly rested?: { readonly due: number; readonly after: FollowedPlace } | undefined;
}

/**
 * Asks a system that cannot list its changes for every dossier that the index says is its own: those never asked for
 * first, then all that are under way, then those that ended, the more rarely the longer ago that was.
 */
export async function runFollow(context: WayContext, signal: AbortSignal): Promise<void> {
  const { database, sector, way, now, passes, reader, recorder, lease } = context;
  const limit = reader.batchSize;

  /**
   * Asks for some and records what came.
   *
   * @param end set for the last ones of a pass
   */
  function ask(...asked: Parameters<typeof askNow>): Promise<FollowPosition> {
    return context.inTurn(() => askNow(...asked));
  }

  async function askNow(
    followed: readonly FollowedDossier[],
    position: FollowPosition,
    end?: { readonly currentUntil: number | null; readonly rested: FollowPosition['rested'] },
  ): Promise<FollowPosition> {
    const codes = followed.map(({ code }) => code);
    const [standing, marks] = await Promise.all([
      readCaptureWay(database, sector.id, way),
      readMarks(database, sector.id, codes),
    ]);
    const isKnown = (row: ReadRow): boolean => {
      const mark = marks.get(row.code);
      return mark !== undefined && !mark.deleted && mark.rowHash === row.rowHash;
    };
    const asked = await lookUp(reader, codes, { signal, isKnown });
    const isLost = (code: string) => marks.get(code)?.deleted === false;
    // A comparison that goes on in another pass has counted those asked for in every pass already.
    const isCounted = end !== undefined || position.rested === undefined;
    const ended = end !== undefined && end.rested === undefined;
    const lost = isCounted ? asked.gone.filter(isLost) : [];
    const judged = judgeDeletes(context, { gone: lost, count: position.deletes, way: standing, ended });
    const believed = new Set(judged.believed);
    // What waited may be back by now.
    const again = await lookUp(reader, [...believed.difference(new Set(codes))], { signal });
    const there = [...asked.there, ...again.there];
    const faulty = [...asked.faulty, ...again.faulty];
    const gone = [...asked.gone.filter((code) => !isLost(code) || believed.has(code)), ...again.gone];
    const changedAt = new Map(followed.map((one) => [one.code, one.changedAt]));
    const restOf = (row: ReadRow): number => nextAfter(row, now());
    const sightings: Sighting[] = [
      ...there.map((row) => ({ ...wholeOf(row), followAt: restOf(row) })),
      ...asked.same.map((row): Sighting => {
        const followAt = restOf(row);
        return { kind: 'same', code: row.code, ...(marks.get(row.code)?.followAt !== followAt && { followAt }) };
      }),
      // Also remembered as asked for, or the next ones would never have their turn.
      ...faulty.map((one) => ({ ...one, followAt: 0 })),
      ...gone.map((code): Sighting => {
        const changed = changedAt.get(code);
        // One that waited is asked for again soon, as it would be without that.
        const followAt = changed === undefined ? undefined : absentUntil(changed, now());
        return { kind: 'gone', code, occurredAt: null, place: `missing/${code}`, followAt };
      }),
    ];
    const deletes = judged.count;
    const next = end === undefined ? { ...position, deletes } : { after: '', deletes, rested: end.rested };
    await recorder.record({
      sector: sector.id,
      way,
      lease,
      sightings,
      standing: {
        position: JSON.stringify(next),
        ...(end?.currentUntil != null && { currentUntil: end.currentUntil }),
        ...judged.standing,
      },
    });
    return next;
  }

  async function pass(): Promise<void> {
    const startedAt = now();
    const seenAll = passes.begin();
    const standing = await readCaptureWay(database, sector.id, way);
    let position: FollowPosition =
      standing.position === null
        ? { after: '', deletes: noDeletes(standing) }
        : (JSON.parse(standing.position) as FollowPosition);
    // A pass that another process began is ended, and only a pass of its own from the beginning has seen everything.
    const isWhole = position.after === '';
    for (let some = await neverAsked(database, sector.id, limit); some.length > 0 && !signal.aborted; ) {
      position = await ask(some, position);
      some = await neverAsked(database, sector.id, limit);
    }
    while (!signal.aborted) {
      const some = await askedEveryPass(database, sector.id, { after: position.after, limit });
      if (some.length === 0) break;
      position = await ask(some, { ...position, after: some.at(-1)?.code ?? '' });
    }
    if (signal.aborted) return;
    const due = position.rested?.due ?? startedAt;
    const some = await askedAgain(database, sector.id, { due, after: position.rested?.after ?? null, limit });
    const last = some.length < limit ? undefined : some.at(-1);
    const rested = last && { due, after: { at: last.followAt, code: last.code } };
    await ask(some, position, { currentUntil: isWhole ? startedAt : null, rested });
    if (isWhole) seenAll();
    else passes.hurry();
  }

  await repeatPasses(context, signal, pass);
}

/** @returns 0 for in every pass, otherwise UTC milliseconds */
function nextAfter(row: ReadRow, now: number): number {
  const status = row.fields.status as StatedStatus | Error | null | undefined;
  if (status == null || status instanceof Error || !ENDED.has(status.number)) return 0;
  const { statusAt, finishedAt } = row.fields;
  const endedAt = typeof statusAt === 'number' ? statusAt : typeof finishedAt === 'number' ? finishedAt : now;
  return now + Math.min(Math.max((now - endedAt) / 10, LEAST_REST_MS), MOST_REST_MS);
}

/** When to ask again for a dossier that the system does not have. */
function absentUntil(changedAt: number | null, now: number): number {
  const age = changedAt === null ? Number.POSITIVE_INFINITY : now - changedAt;
  return age < FRESH_MS ? 0 : now + Math.min(Math.max(age / 10, LEAST_REST_MS), MOST_REST_MS);
}
