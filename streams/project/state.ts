import type { DossierView } from '../../core/dossier.ts';
import { eventId } from '../../core/event.ts';
import type { Database } from '../../drivers/database.ts';
import { sharedClock } from '../../store/clock.ts';
import { inParts, places } from '../../store/many-rows.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { ReadEvent } from './decode.ts';
import { readListed } from './lists.ts';
import { type CurrentView, type MergedFields, mergedFields } from './merge.ts';
import type { BatchState } from './plan.ts';

/**
 * Locks the dossiers of a batch and reads what the store holds of them.
 *
 * @param codes sorted, so that two transactions never wait for each other
 * @returns with the clock that all hubs share, UTC milliseconds
 */
export async function lockAndRead(
  trx: Transaction,
  database: Database,
  sector: string,
  codes: readonly string[],
): Promise<Omit<BatchState, 'known'> & { readonly due: number }> {
  await lockDossiers(trx, database, codes);
  // None waits for another: the server answers them in this order.
  const [views, listed, due] = await Promise.all([
    readViews(trx, database, sector, codes),
    readListed(trx, database, codes),
    sharedClock(trx.knex, database),
  ]);
  return { views, listed, due };
}

/**
 * Keeps other projections away from these dossiers until the transaction ends: the systems of one dossier are topics
 * of their own, which several processes read at the same time. A dossier that is not there yet has to be locked too,
 * hence a table for it. SQLite has one writer at a time.
 */
async function lockDossiers(trx: Transaction, { traits }: Database, codes: readonly string[]): Promise<void> {
  if (traits.name === 'sqlite') return;
  for (const part of inParts(codes, traits)) {
    const rows = `${'(?), '.repeat(part.length - 1)}(?)`;
    await trx.run(`insert into dossier_lock (code) values ${rows} on duplicate key update code = code`, part);
  }
}

async function readViews(
  trx: Transaction,
  { traits }: Database,
  sector: string,
  codes: readonly string[],
): Promise<ReadonlyMap<string, readonly CurrentView[]>> {
  const views = new Map<string, CurrentView[]>();
  for (const part of inParts(codes, traits, 1)) {
    const rows = await trx.run(
      `select code, sector, version, deleted, case when sector = ? then null else view end as view, recorded_at, ended_at from dossier_view where code in (${places(part.length)})`,
      [sector, ...part],
    );
    for (const row of rows) {
      const code = String(row.code);
      const own = views.get(code) ?? [];
      own.push(viewOf(row));
      views.set(code, own);
    }
  }
  return views;
}

/** Ids of the events that the history has already. */
export async function knownEvents(
  trx: Transaction,
  { traits }: Database,
  sector: string,
  reads: readonly ReadEvent[],
  views: BatchState['views'],
): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  const currentOf = (code: string) => views.get(code)?.find((view) => view.sector === sector);
  // What is newer than the current version cannot be in the history: both are written together.
  const doubtful = reads.filter(({ event }) => event.version <= (currentOf(event.code)?.version ?? event.version));
  if (doubtful.length === 0) return known;
  const versions = doubtful.map(({ event }) => event.version);
  const codes = [...new Set(doubtful.map(({ event }) => event.code))].sort();
  for (const part of inParts(codes, traits, 3)) {
    const rows = await trx.run(
      `select code, version from dossier_event where code in (${places(part.length)}) and sector = ? and version between ? and ?`,
      [...part, sector, Math.min(...versions), Math.max(...versions)],
    );
    for (const { code, version } of rows) known.add(eventId(sector, String(code), Number(version)));
  }
  return known;
}

function viewOf(row: Readonly<Record<string, unknown>>): CurrentView {
  const { sector, version, deleted, view, recorded_at: recordedAt, ended_at: endedAt } = row;
  return {
    sector: String(sector),
    version: Number(version),
    deleted: Number(deleted) === 1,
    view: parsed(view),
    recordedAt: Number(recordedAt),
    endedAt: endedAt === null ? null : Number(endedAt),
  };
}

/** A view that somebody broke in the table says nothing, until a newer one or a replay mends it. */
function parsed(view: unknown): MergedFields | null {
  if (typeof view !== 'string') return null;
  try {
    return mergedFields(JSON.parse(view) as DossierView);
  } catch {
    return null;
  }
}
