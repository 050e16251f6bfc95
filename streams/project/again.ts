import type { Database } from '../../drivers/database.ts';
import { inParts, places } from '../../store/many-rows.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { ReadEvent } from './decode.ts';
import { isEnded, type MergedDossier } from './merge.ts';
import type { BatchState } from './plan.ts';

/**
 * What a replay has to find out, since the tables may hold anything: when a dossier's end came to be is found in its
 * history, which a replay has completed up to the event in hand.
 */
export async function withEndsOfHistory(
  trx: Transaction,
  { traits }: Database,
  sector: string,
  state: BatchState,
  reads: readonly ReadEvent[],
): Promise<BatchState> {
  const ended = new Set(reads.flatMap(({ event }) => (isEnded(event.view) ? [event.code] : [])));
  const ends = new Map<string, number | null>();
  for (const part of inParts([...ended].sort(), traits, 1)) {
    const rows = await trx.run(
      `select code, version, status_number, occurred_at from dossier_event where code in (${places(part.length)}) and sector = ? order by code, version`,
      [...part, sector],
    );
    for (const { code, version, status_number: status, occurred_at: occurredAt } of rows) {
      const stored = state.views.get(String(code))?.find((view) => view.sector === sector);
      if (Number(version) > (stored?.version ?? 0)) continue;
      const isEnd = Number(status) === 9 || Number(status) === 10;
      ends.set(String(code), isEnd ? (ends.get(String(code)) ?? Number(occurredAt)) : null);
    }
  }
  const views = [...state.views].map(([code, own]) => {
    const mended = own.map((view) => (view.sector === sector ? { ...view, endedAt: ends.get(code) ?? null } : view));
    return [code, mended] as const;
  });
  return { ...state, views: new Map(views) };
}

/** Dossiers of which the ledger of deliveries does not yet know this revision. */
export async function notYetWanted(
  trx: Transaction,
  { traits }: Database,
  dossiers: readonly MergedDossier[],
): Promise<readonly MergedDossier[]> {
  const wanted = new Map<string, number>();
  const codes = dossiers.map(({ code }) => code);
  for (const part of inParts(codes, traits)) {
    const rows = await trx.run(
      `select code, wanted_revision from delivery where code in (${places(part.length)})`,
      part,
    );
    for (const { code, wanted_revision: revision } of rows) wanted.set(String(code), Number(revision));
  }
  return dossiers.filter(({ code, revision }) => (wanted.get(code) ?? 0) < revision);
}
