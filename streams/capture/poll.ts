import type { ChangePosition } from '../../core/changes.ts';
import { readCaptureWay } from '../../store/capture-way.ts';
import { listPage, sightingsOf } from './listing.ts';
import { createSweep } from './sweep.ts';
import { repeatPasses, type WayContext } from './way.ts';

/** How far a system's list of changes was read. */
interface PollPosition {
  /** Where the first walk through everything goes on. */
  readonly walk: ChangePosition | null;
  /** Whether that walk has come to the end. */
  readonly walked: boolean;
  /** The latest stamp seen, UTC milliseconds; 0: none. */
  readonly latest: number;
}

/**
 * Asks a system again and again what changed. What is asked for begins before the latest stamp seen, since a transaction
 * stamps its rows when it writes them and shows them when it commits; what commits later still is found by the sweep.
 */
export async function runPoll(context: WayContext, signal: AbortSignal): Promise<void> {
  const { settings, database, sector, way, now, passes } = context;
  const sweep = createSweep(context);
  let loaded: PollPosition | undefined;
  /** Since when no later stamp was seen, by this process's own clock, which nobody sets. */
  let latestSince = performance.now();
  /** Set once all that may have been stamped before the latest was seen. */
  let isSettled = false;
  let sweptAt = performance.now();

  async function load(): Promise<PollPosition> {
    const { position } = await readCaptureWay(database, sector.id, way);
    return position === null ? { walk: null, walked: false, latest: 0 } : (JSON.parse(position) as PollPosition);
  }

  /** @param clock what the system's clock shows, UTC milliseconds: a stamp beyond it is no place to go on from */
  function beginning({ walk, walked, latest }: PollPosition, clock: number): ChangePosition | null {
    if (!walked) return walk;
    if (latest === 0) return null;
    // Otherwise a quiet system would be asked for its last busy minute for ever.
    if (isSettled && latest <= clock) return { at: latest, code: '' };
    const at = Math.min(latest, clock) - settings.LOOK_BACK_MS;
    return at <= 0 ? null : { at, code: '' };
  }

  async function pass(): Promise<void> {
    const startedAt = now();
    const begunAt = performance.now();
    const seenAll = passes.begin();
    loaded ??= await load();
    let position = loaded;
    const looksBack = position.walked && !isSettled;
    let after = beginning(position, Number.POSITIVE_INFINITY);
    for (let pages = 0, more = true; more && !signal.aborted; pages++) {
      await context.inTurn(async () => {
        const page = await listPage(context, after, signal);
        const earlier = beginning(position, page.clock ?? startedAt);
        // Only an answer tells the system's clock. If it was set back, what it stamps now lies before where this began.
        if (pages === 0 && after !== null && (earlier === null || earlier.at < after.at)) {
          after = earlier;
          return;
        }
        const sightings = await sightingsOf(context, page.rows, { thorough: false, signal });
        after = page.last ?? after;
        more = page.more;
        const latest = Math.max(position.latest, page.last?.at ?? 0);
        if (latest > position.latest) {
          latestSince = performance.now();
          isSettled = false;
        }
        const walked = position.walked || !more;
        position = { walk: walked ? null : after, walked, latest };
        await context.recorder.record({
          sector: sector.id,
          way,
          lease: context.lease,
          sightings: [...sightings, ...page.faulty],
          standing: { position: JSON.stringify(position), ...(!more && { currentUntil: startedAt }) },
        });
        loaded = position;
      });
    }
    if (signal.aborted) return;
    // After as much quiet as the longest transaction takes, all that was stamped before the latest is there to be seen:
    // time alone does not tell, for the system may not have been reached since.
    if (looksBack && begunAt - latestSince >= settings.LOOK_BACK_MS) isSettled = true;
    seenAll();
    if (performance.now() - sweptAt < settings.SWEEP_INTERVAL_MS) return;
    sweptAt = performance.now();
    await context.inTurn(() => sweep.page(signal));
  }

  await repeatPasses(context, signal, pass);
}
