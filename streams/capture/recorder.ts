import type { Database } from '../../drivers/database.ts';
import { type CaptureWayChange, saveCaptureWay } from '../../store/capture-way.ts';
import { readCaptured, saveCaptured } from '../../store/captured.ts';
import { assertHeld, type Lease } from '../../store/leases.ts';
import { addToOutbox } from '../../store/outbox.ts';
import { type FaultyRecord, forgetQuarantine, quarantine, releaseFromQuarantine } from '../../store/quarantine.ts';
import { inTransaction, type Transaction } from '../../store/transaction.ts';
import type { Sighting } from './sighting.ts';
import { applySightings } from './work.ts';

/**
 * Turns what a way saw into events. Cursor, content hash, version and outbox change in one transaction, under the
 * sector's lease: whatever breaks off leaves all of them as they were, and whoever has lost the lease writes nothing.
 */
export interface Recorder {
  /**
   * @returns how many events were made and how many records could not be read
   * @throws LeaseLost when another process captures the sector now
   */
  record(batch: RecordBatch): Promise<{ readonly events: number; readonly faulty: number }>;
}

export interface RecordBatch {
  readonly sector: string;
  readonly way: string;
  readonly lease: Pick<Lease, 'name' | 'fence'>;
  readonly sightings: readonly Sighting[];
  /** Where the way stands once these are recorded. */
  readonly standing?: CaptureWayChange | undefined;
  /** Every sighting of one dossier becomes an event; otherwise the last one speaks for all. */
  readonly intermediate?: boolean | undefined;
  /** What else has to be written exactly when these are. Repeated with the transaction when that has lost to another. */
  readonly alongside?: ((trx: Transaction) => Promise<void>) | undefined;
}

export interface RecorderOptions {
  readonly database: Database;
  readonly now: () => number;
  /** Told after every commit that left something in the outbox. */
  readonly onRecorded?: ((sector: string) => void) | undefined;
  readonly warn?: ((message: string, details: Readonly<Record<string, unknown>>) => void) | undefined;
}

const DAY_MS = 86_400_000;
/** How long a record that is met no more stays in quarantine: what came in files and calls never comes again. */
const KEPT_MS = 30 * DAY_MS;
const FORGET_EVERY_MS = 60_000;
const FORGOTTEN_AT_A_TIME = 1_000;
/** Most records of one batch that are named in warnings. */
const MOST_NAMED = 20;

export function createRecorder({ database, now, onRecorded, warn }: RecorderOptions): Recorder {
  let forgottenAt = Number.NEGATIVE_INFINITY;

  async function forget(sector: string): Promise<void> {
    if (performance.now() - forgottenAt < FORGET_EVERY_MS) return;
    forgottenAt = performance.now();
    await forgetQuarantine(database, { sector, before: now() - KEPT_MS, limit: FORGOTTEN_AT_A_TIME });
  }

  function warnOf(records: readonly FaultyRecord[], { sector, way }: RecordBatch): void {
    for (const { place, reason } of records.slice(0, MOST_NAMED)) {
      warn?.('a record of a system cannot be read and is put aside', { sector, way, place, reason });
    }
    const more = records.length - MOST_NAMED;
    if (more > 0) warn?.('more records of a system cannot be read and are put aside', { sector, way, more });
  }

  return {
    async record(batch) {
      const { sector, way, lease, standing = {} } = batch;
      const sightings = batch.intermediate === true ? batch.sightings : lastOfEach(batch.sightings);
      const codes = codesOf(sightings);
      const done = await inTransaction(database, async (trx) => {
        await assertHeld(trx, lease);
        const known = await readCaptured(trx, database, sector, codes);
        const at = now();
        const work = applySightings(sightings, known, { sector, way, at });
        if (work.changed.size > 0) await saveCaptured(trx, database, { sector, rows: [...work.changed.values()], at });
        if (work.events.length > 0) await addToOutbox(trx, database, work.events);
        if (work.readable.size > 0) await releaseFromQuarantine(trx, database, sector, [...work.readable]);
        const records = work.faulty;
        const fresh = records.length === 0 ? [] : await quarantine(trx, database, { sector, way, records, at });
        await saveCaptureWay(trx, database, { sector, way, change: standing, at });
        await batch.alongside?.(trx);
        return { events: work.events.length, faulty: records.length, fresh };
      });
      if (done.events > 0) onRecorded?.(sector);
      warnOf(done.fresh, batch);
      await forget(sector);
      return { events: done.events, faulty: done.faulty };
    },
  };
}

/** Of each dossier what was seen last, and the messages that came after the last whole record. */
function lastOfEach(sightings: readonly Sighting[]): readonly Sighting[] {
  const byCode = new Map<string, Sighting[]>();
  const rest: Sighting[] = [];
  for (const sighting of sightings) {
    if (sighting.code === null) rest.push(sighting);
    else if (sighting.kind === 'delta') byCode.set(sighting.code, [...(byCode.get(sighting.code) ?? []), sighting]);
    else byCode.set(sighting.code, [sighting]);
  }
  return [...byCode.values(), rest].flat();
}

/** @returns the codes whose captured state is needed */
function codesOf(sightings: readonly Sighting[]): readonly string[] {
  const codes = sightings.map((sighting) => {
    if (sighting.kind === 'faulty') return sighting.followAt === undefined ? null : sighting.code;
    const isNews = sighting.kind !== 'same' || sighting.sourceAt !== undefined || sighting.followAt !== undefined;
    return isNews ? sighting.code : null;
  });
  return [...new Set(codes.filter((code) => code !== null))].sort();
}
