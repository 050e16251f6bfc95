import type { EventLog, LogBatch } from '../../core/event-log.ts';
import type { Database } from '../../drivers/database.ts';
import { inTransaction } from '../../store/transaction.ts';
import { notYetWanted, withEndsOfHistory } from './again.ts';
import { putAside } from './dead-letters.ts';
import { decode, type PoisonRecord, type ReadEvent } from './decode.ts';
import type { MergeContext } from './merge.ts';
import { type BatchPlan, planBatch } from './plan.ts';
import { savePositions } from './positions.ts';
import { lockDossiers, readState } from './state.ts';
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
  const { read, poison } = decode(sector, batch.records);
  let sound = read;
  let aside: readonly PoisonRecord[] = poison;
  for (;;) {
    await putAside(log, batch, aside);
    for (const { record, reason } of aside) {
      warn('An event was put aside', { ...placeOf(batch), offset: record.offset, reason });
    }
    const outcome = await attempt(sector, batch, sound, apply);
    if (outcome.poison.length === 0) {
      const { gaps, history } = outcome;
      if (gaps.length > 0) warn('Versions of dossiers were left out', { ...placeOf(batch), gaps: gaps.slice(0, 10) });
      return { events: history.length, putAside: batch.records.length - sound.length };
    }
    // Only once these are put aside may the place pass them; nothing has been written yet.
    aside = outcome.poison.map(({ read: { record }, reason }) => ({ record, reason }));
    const gone = new Set(outcome.poison.map((one) => one.read));
    sound = sound.filter((one) => !gone.has(one));
  }
}

function placeOf({ topic, partition }: LogBatch): { topic: string; partition: number } {
  return { topic, partition };
}

function attempt(
  sector: string,
  batch: LogBatch,
  reads: readonly ReadEvent[],
  { database, context, now, consumer, isReplay }: ApplyContext,
): Promise<BatchPlan> {
  const codes = [...new Set(reads.map(({ event }) => event.code))].sort();
  const next = Math.max(...batch.records.map(({ offset }) => offset)) + 1;
  return inTransaction(database, async (trx) => {
    let plan = EMPTY;
    const writing: Writing = { trx, database, now: now() };
    if (codes.length > 0) {
      await lockDossiers(trx, database, codes);
      const stored = await readState(trx, database, sector, reads, codes);
      const state = isReplay ? await withEndsOfHistory(trx, database, sector, stored, reads) : stored;
      plan = planBatch(reads, state, { sector, context, again: isReplay });
      if (plan.poison.length > 0) return plan;
      const merged = plan.dossiers.map((change) => change.merged);
      const wanted = isReplay ? await notYetWanted(trx, database, merged) : merged;
      await writeIndex(writing, { views: plan.views, dossiers: plan.dossiers, wanted });
      await writeHistory(writing, plan.history, isReplay);
    }
    await savePositions(trx, database, consumer, [{ ...placeOf(batch), next }]);
    return plan;
  });
}

const EMPTY: BatchPlan = { history: [], views: [], dossiers: [], gaps: [], poison: [] };
