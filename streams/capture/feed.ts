import type { ChangeBatch, FeedChanges, Observation } from '../../core/changes.ts';
import { readCaptureWay } from '../../store/capture-way.ts';
import { capturedAfter, readMarks } from '../../store/captured.ts';
import { judgeDeletes, noDeletes } from './deletes.ts';
import { wholeOf } from './listing.ts';
import { lookUp } from './lookup.ts';
import type { ReadRow } from './reader.ts';
import type { Sighting } from './sighting.ts';
import { repeatPasses, type WayContext } from './way.ts';

/** Dossiers compared at a time with the names in a whole snapshot. */
const PAGE = 1_000;

/** Runs a connector that follows the system by itself, from where it stood; one that gives up is started again. */
export async function runFeed(
  context: WayContext,
  options: { declaration: FeedChanges; settings: Readonly<Record<string, unknown>> },
  signal: AbortSignal,
): Promise<void> {
  const { database, sector, way, passes, warn } = context;
  await repeatPasses(context, signal, async (gotOn) => {
    const { position } = await readCaptureWay(database, sector.id, way);
    const feed = options.declaration.open({ sector: sector.id, settings: options.settings, warn });
    let seenAll = passes.begin();
    try {
      await feed.run(
        position,
        async (batch) => {
          const { declaration } = options;
          const isSeen = await context.inTurn(() => recordBatch(context, { batch, declaration, signal }));
          gotOn();
          if (!isSeen) return;
          seenAll();
          seenAll = passes.begin();
        },
        signal,
      );
    } finally {
      await feed.close();
    }
  });
}

/** @returns whether the feed had caught up */
async function recordBatch(
  context: WayContext,
  { batch, declaration, signal }: { batch: ChangeBatch; declaration: FeedChanges; signal: AbortSignal },
): Promise<boolean> {
  const { recorder, sector, way, lease, now } = context;
  // What the feed saw may be older than the batch: it cannot be more current than that.
  const currentUntil = Math.min(now(), batch.asOf ?? Number.POSITIVE_INFINITY);
  const { intermediate } = declaration.capability;
  const sightings = await sightingsOf(context, { observations: batch.observations, intermediate, signal });
  for (const one of batch.observations) if (one.kind === 'whole') await recordAbsent(context, one);
  await recorder.record({
    sector: sector.id,
    way,
    lease,
    sightings,
    standing: { position: batch.position, ...(batch.caughtUp && { currentUntil }) },
    intermediate,
  });
  return batch.caughtUp;
}

async function sightingsOf(
  context: WayContext,
  options: { observations: readonly Observation[]; intermediate: boolean; signal: AbortSignal },
): Promise<readonly Sighting[]> {
  const { reader, database, sector } = context;
  const { observations, signal } = options;
  const touched = new Set(observations.flatMap((one) => (one.kind === 'touched' ? [one.code] : [])));
  const looked = await lookUp(reader, [...touched], { signal });
  const nowThere = new Map(looked.there.map((row) => [row.code, row]));
  const faulty = new Map(looked.faulty.map((one) => [one.code, one]));
  const rows = observations.flatMap((one): readonly ReadRow[] => {
    const read = one.kind === 'row' ? reader.read(one.row, one.place) : null;
    return read?.kind === 'read' ? [read] : [];
  });
  const marks = await readMarks(
    database,
    sector.id,
    rows.map(({ code }) => code),
  );
  const whole = await reader.complete(lastRows(rows, marks), signal);
  const lists = new Map(whole.map((row) => [row.code, row]));

  const sightingOf = (one: Exclude<Observation, { kind: 'whole' }>): Sighting => {
    const { place } = one;
    if (one.kind === 'faulty') return { kind: 'faulty', code: null, place, reason: one.reason };
    if (one.kind === 'gone') return { kind: 'gone', code: one.code, occurredAt: one.occurredAt, place };
    if (one.kind === 'touched') {
      const row = nowThere.get(one.code);
      const fault = faulty.get(one.code);
      if (fault !== undefined) return fault;
      if (row === undefined) return { kind: 'gone', code: one.code, occurredAt: one.occurredAt, place };
      return { ...wholeOf(row), occurredAt: one.occurredAt, place };
    }
    const read = reader.read(one.row, place);
    if (read.kind === 'faulty') return read;
    const complete = lists.get(read.code);
    if (complete === undefined) return { kind: 'same', code: read.code };
    const fields = { ...complete.fields, ...read.fields };
    return { ...wholeOf({ ...read, fields }), occurredAt: one.occurredAt, place };
  };
  return observations.filter((one) => one.kind !== 'whole').map(sightingOf);
}

/** Of each dossier the last row, left out where all its rows are what was captured already. */
function lastRows(
  rows: readonly ReadRow[],
  marks: ReadonlyMap<string, { readonly rowHash: string; readonly deleted: boolean }>,
): readonly ReadRow[] {
  const last = new Map<string, ReadRow>();
  const changed = new Set<string>();
  for (const row of rows) {
    last.set(row.code, row);
    const mark = marks.get(row.code);
    if (mark === undefined || mark.deleted || mark.rowHash !== row.rowHash) changed.add(row.code);
  }
  return [...last.values()].filter(({ code }) => changed.has(code));
}

/** What was captured and is not named in a whole snapshot is gone, unless it is too much to be believed. */
async function recordAbsent(
  context: WayContext,
  { codes, place }: Extract<Observation, { kind: 'whole' }>,
): Promise<void> {
  const { recorder, database, sector, way, lease } = context;
  const absent: string[] = [];
  for (let after = ''; ; ) {
    const page = await capturedAfter(database, sector.id, { after, limit: PAGE });
    absent.push(...page.filter(({ code }) => !codes.has(code)).map(({ code }) => code));
    if (page.length < PAGE) break;
    after = page.at(-1)?.code ?? '';
  }
  const standing = await readCaptureWay(database, sector.id, way);
  const count = noDeletes(standing);
  const judged = judgeDeletes(context, { gone: absent, count, way: standing, ended: true });
  const gone = judged.believed;
  for (let from = 0; from === 0 || from < gone.length; from += PAGE) {
    const sightings = gone
      .slice(from, from + PAGE)
      .map((code): Sighting => ({ kind: 'gone', code, occurredAt: null, place }));
    const isLast = from + PAGE >= gone.length;
    await recorder.record({
      sector: sector.id,
      way,
      lease,
      sightings,
      standing: isLast ? judged.standing : {},
    });
  }
}
