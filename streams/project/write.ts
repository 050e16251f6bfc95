import type { Database } from '../../drivers/database.ts';
import { sharedClock } from '../../store/clock.ts';
import { inParts, insertRows, places, type RowValues, upsertRows } from '../../store/many-rows.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { MergedDossier } from './merge.ts';
import type { DossierChange, HistoryRow, ViewChange } from './plan.ts';
import {
  DOSSIERS,
  deliveryRow,
  dossierRow,
  EVENTS,
  eventRow,
  LISTS,
  type ListTable,
  UNWANTED,
  VIEWS,
  viewRow,
  WANTED,
} from './tables.ts';

/** Where a batch is written, and when. */
export interface Writing {
  readonly trx: Transaction;
  readonly database: Database;
  /** UTC milliseconds. */
  readonly now: number;
}

export async function writeViews({ trx, database, now }: Writing, views: readonly ViewChange[]): Promise<void> {
  await upsertRows(
    trx,
    database.traits,
    VIEWS,
    views.map((view) => viewRow(view, now)),
  );
}

export async function writeDossiers({ trx, database }: Writing, changes: readonly DossierChange[]): Promise<void> {
  const { traits } = database;
  await upsertRows(
    trx,
    traits,
    DOSSIERS,
    changes.map(({ merged }) => dossierRow(merged)),
  );
  for (const list of LISTS) await writeList(trx, database, list, changes);
}

async function writeList(
  trx: Transaction,
  { traits }: Database,
  list: ListTable,
  changes: readonly DossierChange[],
): Promise<void> {
  const differing = changes.filter(
    ({ merged, before }) =>
      before === null || before === 'unknown' || !isEqual(keptRow(list, merged), keptRow(list, before)),
  );
  const outdated = differing.flatMap(({ merged, before }) => (before === null ? [] : [merged.code]));
  for (const part of inParts(outdated, traits)) {
    await trx.run(`delete from ${list.table} where code in (${places(part.length)})`, part);
  }
  const rows = differing.flatMap(({ merged }) => listRows(list, merged));
  await upsertRows(trx, traits, list, rows);
}

function listRows(list: ListTable, merged: MergedDossier): readonly RowValues[] {
  return list.valuesOf(merged).map((value) => [value, merged.code, merged.receivedAt]);
}

/** All that a list keeps of a dossier, as one row to compare. */
function keptRow(list: ListTable, merged: MergedDossier): RowValues {
  return [merged.receivedAt, ...[...list.valuesOf(merged)].sort()];
}

export async function writeDelivery(
  { trx, database, now }: Writing,
  dossiers: readonly MergedDossier[],
): Promise<void> {
  const due = await sharedClock(trx.knex, database);
  for (const shape of [WANTED, UNWANTED]) {
    const own = dossiers.filter(({ deleted }) => deleted === (shape === UNWANTED));
    await upsertRows(
      trx,
      database.traits,
      shape,
      own.map((dossier) => deliveryRow(dossier, { now, due })),
    );
  }
}

/**
 * Gives the events their places in the feed. The counter's row stays locked until the transaction ends, so that places
 * are taken in the order of commits and none is left out: whoever has read up to one has seen all before it. Therefore
 * this comes last.
 */
export async function writeHistory(
  { trx, database, now }: Writing,
  history: readonly HistoryRow[],
  isReplay: boolean,
): Promise<void> {
  if (history.length === 0) return;
  await trx.run('update feed set next_seq = next_seq + ? where id = 1', [history.length]);
  const [counter] = await trx.run('select next_seq from feed where id = 1');
  const first = Number(counter?.next_seq) - history.length;
  await insertRows(
    trx,
    database.traits,
    EVENTS,
    history.map(({ event, late }, place) => eventRow(event, { seq: first + place, now, replayed: isReplay && late })),
  );
}

function isEqual(left: RowValues, right: RowValues): boolean {
  return left.length === right.length && left.every((value, place) => value === right[place]);
}
