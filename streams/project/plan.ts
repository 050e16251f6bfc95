import { nameOf } from '../failure.ts';
import type { PoisonRecord, ReadEvent } from './decode.ts';
import type { Listed } from './lists.ts';
import { type CurrentView, isEnded, type MergeContext, type MergedDossier, mergeViews } from './merge.ts';

/** What the store holds of the dossiers that a batch names, read under their locks. */
export interface BatchState {
  /**
   * Code → views of all sectors; none where the store knows nothing. What the batch's own sector said is not read: the
   * next event says all of it anew.
   */
  readonly views: ReadonlyMap<string, readonly CurrentView[]>;
  /** What the lists hold of the dossiers that are there; of no use to a replay, which trusts no table. */
  readonly listed: ReadonlyMap<string, Listed>;
  /** Ids of the batch's events that the history has already. */
  readonly known: ReadonlySet<string>;
}

/** Everything that one batch changes. */
export interface BatchPlan {
  readonly history: readonly HistoryRow[];
  readonly views: readonly ViewChange[];
  readonly dossiers: readonly DossierChange[];
  /** Versions that were left out, which cannot be while capture is right. */
  readonly gaps: readonly { readonly code: string; readonly after: number; readonly came: number }[];
  /** Events whose dossier cannot be merged: nothing of them is in the plan. */
  readonly poison: readonly PoisonRecord[];
}

export interface HistoryRow {
  readonly read: ReadEvent;
  /** Behind what is current: it is added to the history and nobody has to hear of it. */
  readonly late: boolean;
}

export interface ViewChange {
  readonly code: string;
  readonly view: CurrentView;
  /** The event that it is taken from. */
  readonly read: ReadEvent;
}

export interface DossierChange {
  readonly merged: MergedDossier;
  /** As the lists have it; null where there was none; unknown where they may hold anything. */
  readonly before: Listed | null | 'unknown';
}

export interface PlanOptions {
  readonly sector: string;
  readonly context: MergeContext;
  /** A replay applies the current version again, since what it made may be wrong. */
  readonly again: boolean;
}

/** Works out what a batch changes; reads and writes nothing. */
export function planBatch(events: readonly ReadEvent[], state: BatchState, options: PlanOptions): BatchPlan {
  const plan = { history: [], views: [], dossiers: [], gaps: [], poison: [] } as Writable<BatchPlan>;
  for (const [code, own] of byCode(events)) {
    const dossier = planDossier(code, own, state, options);
    if ('reason' in dossier) {
      plan.poison.push(...own.map(({ record }) => ({ record, reason: dossier.reason })));
      continue;
    }
    plan.history.push(...dossier.history);
    plan.views.push(...dossier.views);
    plan.dossiers.push(...dossier.dossiers);
    plan.gaps.push(...dossier.gaps);
  }
  return plan;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };
type DossierPlan = Omit<BatchPlan, 'poison'>;

function planDossier(
  code: string,
  reads: readonly ReadEvent[],
  state: BatchState,
  { sector, context, again }: PlanOptions,
): DossierPlan | { readonly reason: string } {
  const before = state.views.get(code) ?? [];
  const stored = before.find((view) => view.sector === sector);
  let current = stored;
  let applied: ReadEvent | null = null;
  const history: HistoryRow[] = [];
  const gaps: { code: string; after: number; came: number }[] = [];
  const added = new Set<string>();
  for (const read of reads) {
    const { event } = read;
    const version = current?.version ?? 0;
    if (!state.known.has(event.id) && !added.has(event.id)) {
      added.add(event.id);
      history.push({ read, late: event.version <= version });
    }
    if (event.version < version || (event.version === version && !again)) continue;
    if (event.version > version + 1) gaps.push({ code, after: version, came: event.version });
    current = viewAfter(event, current);
    applied = read;
  }
  if (current === undefined || applied === null) return { history, views: [], dossiers: [], gaps };
  const after = [...before.filter((view) => view.sector !== sector), current];
  try {
    const change: DossierChange = {
      merged: mergeViews(code, after, context),
      before: again ? 'unknown' : before.length === 0 ? null : (state.listed.get(code) ?? 'unknown'),
    };
    return { history, views: [{ code, view: current, read: applied }], dossiers: [change], gaps };
  } catch (error) {
    return { reason: `the dossier cannot be merged with it: ${nameOf(error)}` };
  }
}

function viewAfter(event: ReadEvent['event'], before: CurrentView | undefined): CurrentView {
  const { sector, version, view, recordedAt, occurredAt } = event;
  return {
    ...{ sector, version, view, recordedAt },
    deleted: view === null,
    endedAt: isEnded(view) ? (before?.endedAt ?? occurredAt) : null,
  };
}

function byCode(events: readonly ReadEvent[]): ReadonlyMap<string, readonly ReadEvent[]> {
  const groups = new Map<string, ReadEvent[]>();
  for (const read of events) {
    const group = groups.get(read.event.code);
    if (group === undefined) groups.set(read.event.code, [read]);
    else group.push(read);
  }
  return groups;
}
