import type { EventLog, LogBatch, StoredRecord } from '../../core/event-log.ts';
import type { Database } from '../../drivers/database.ts';
import { inTransaction } from '../../store/transaction.ts';
import { notYetWanted, withEndsOfHistory } from './again.ts';
import { putAside } from './dead-letters.ts';
import { codesOf, decode } from './decode.ts';
import type { MergeContext } from './merge.ts';
import { type BatchPlan, planBatch } from './plan.ts';
import { savePositions } from './positions.ts';
import { knownEvents, lockAndRead } from './state.ts';
import { type Writing, writeHistory, writeIndex } from './write.ts';

export interface ApplyContext {
  readonly database: Database;
  readonly log: EventLog;
  readonly context: MergeContext;
  readonly now: () => number;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
  /** Whose place in the log moves on with the effects. */
  readonly consumer: string;
  /** Applies current versions again and finds out what is really there: see replay. */
  readonly isReplay: boolean;
}

/** What one batch came to. */
export interface Applied {
  /** Events that entered the history. */
  readonly events: number;
  readonly putAside: number;
}

/**
 * Applies one batch of a sector's topic in one transaction with the reader's place: all of it is there or nothing, and
 * a batch that comes again changes nothing.
 */
export async function applyBatch(sector: string, batch: LogBatch, apply: ApplyContext): Promise<Applied> {
  const { log, warn } = apply;
  let { records } = batch;
  for (;;) {
    const { poison, gaps, history } = await attempt(sector, batch, records, apply);
    if (poison.length === 0) {
      if (gaps.length > 0) warn('Versions of dossiers were left out', { ...placeOf(batch), gaps: gaps.slice(0, 10) });
      return { events: history.length, putAside: batch.records.length - records.length };
    }
    // Only once these are put aside may the place pass them; nothing has been written yet.
    await putAside(log, batch, poison);
    for (const { record, reason } of poison) {
      warn('An event was put aside', { ...placeOf(batch), offset: record.offset, reason });
    }
    const gone = new Set(poison.map(({ record }) => record));
    records = records.filter((record) => !gone.has(record));
  }
}

function placeOf({ topic, partition }: LogBatch): { topic: string; partition: number } {
  return { topic, partition };
}

function attempt(
  sector: string,
  batch: LogBatch,
  records: readonly StoredRecord[],
  { database, context, now, consumer, isReplay }: ApplyContext,
): Promise<BatchPlan> {
  const codes = codesOf(records);
  const next = Math.max(...batch.records.map(({ offset }) => offset)) + 1;
  return inTransaction(database, async (trx) => {
    let plan = EMPTY;
    const writing: Writing = { trx, database, now: now() };
    if (records.length > 0) {
      const [{ read, poison }, { due, ...dossiers }] = await Promise.all([
        decode(sector, records),
        lockAndRead(trx, database, sector, codes),
      ]);
      if (poison.length > 0) return { ...EMPTY, poison };
      const stored = { ...dossiers, known: await knownEvents(trx, database, sector, read, dossiers.views) };
      const state = isReplay ? await withEndsOfHistory(trx, database, sector, stored, read) : stored;
      plan = planBatch(read, state, { sector, context, again: isReplay });
      if (plan.poison.length > 0) return plan;
      const merged = plan.dossiers.map((change) => change.merged);
      const wanted = isReplay ? await notYetWanted(trx, database, merged) : merged;
      await writeIndex(writing, { views: plan.views, dossiers: plan.dossiers, wanted, due });
      await writeHistory(writing, plan.history, isReplay);
    }
    await savePositions(trx, database, consumer, [{ ...placeOf(batch), next }]);
    return plan;
  });
}

const EMPTY: BatchPlan = { history: [], views: [], dossiers: [], gaps: [], poison: [] };
