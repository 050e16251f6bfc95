import type { Database, DatabaseTraits } from '../../drivers/database.ts';
import { inParts, insertStatements, places, type Statement, upsertStatements } from '../../store/many-rows.ts';
import type { Transaction } from '../../store/transaction.ts';
import { meanwhile, runInTurn } from './in-turn.ts';
import { isOutdated, LISTS, type ListTable, listRows } from './lists.ts';
import type { MergedDossier } from './merge.ts';
import type { DossierChange, HistoryRow, ViewChange } from './plan.ts';
import { DOSSIERS, deliveryRow, dossierRow, EVENTS, eventRow, UNWANTED, VIEWS, viewRow, WANTED } from './tables.ts';

/** Where a batch is written, and when. */
export interface Writing {
  readonly trx: Transaction;
  readonly database: Database;
  /** UTC milliseconds. */
  readonly now: number;
}

export interface Writes {
  readonly views: readonly ViewChange[];
  readonly dossiers: readonly DossierChange[];
  /** Those of which the ledger of deliveries has to hear. */
  readonly wanted: readonly MergedDossier[];
  /** Since when deliveries are due, by the clock that all hubs share. */
  readonly due: number;
}

/** Writes all but the history. */
export async function writeIndex(
  { trx, database, now }: Writing,
  { views, dossiers, wanted, due }: Writes,
): Promise<void> {
  const { traits } = database;
  function* statements(): Generator<Statement> {
    yield* upsertStatements(
      traits,
      DOSSIERS,
      dossiers.map(({ merged }) => dossierRow(merged)),
    );
    yield* upsertStatements(
      traits,
      VIEWS,
      views.map((view) => viewRow(view, now)),
    );
    for (const list of LISTS) yield* listStatements(traits, list, dossiers);
    for (const shape of [WANTED, UNWANTED]) {
      const own = wanted.filter(({ deleted }) => deleted === (shape === UNWANTED));
      yield* upsertStatements(
        traits,
        shape,
        own.map((dossier) => deliveryRow(dossier, { now, due })),
      );
    }
  }
  await runInTurn(trx, statements());
}

function* listStatements(
  traits: DatabaseTraits,
  list: ListTable,
  changes: readonly DossierChange[],
): Generator<Statement> {
  const differing = changes.filter(
    ({ merged, before }) => before === null || before === 'unknown' || isOutdated(list, merged, before),
  );
  const outdated = differing.flatMap(({ merged, before }) => (before === null ? [] : [merged.code]));
  for (const part of inParts(outdated, traits)) {
    yield { sql: `delete from ${list.table} where code in (${places(part.length)})`, bindings: part };
  }
  yield* upsertStatements(
    traits,
    list,
    differing.flatMap(({ merged }) => listRows(list, merged)),
  );
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
  const rows = await meanwhile(trx.run('update feed set next_seq = next_seq + ? where id = 1', [history.length]), () =>
    history.map(({ read, late }) => eventRow(read, { now, replayed: isReplay && late })),
  );
  const [counter] = await trx.run('select next_seq from feed where id = 1');
  const first = Number(counter?.next_seq) - history.length;
  const placed = rows.map((row, place) => [first + place, ...row]);
  await runInTurn(trx, insertStatements(database.traits, EVENTS, placed));
}
