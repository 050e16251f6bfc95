import {
  DOSSIER_OWNERS,
  type DossierStatusNumber,
  type DossierStep,
  type DossierView,
  dossierStatus,
  type StatedStatus,
  type Timeliness,
  timeliness,
} from './dossier.ts';
import type { HubError } from './errors.ts';
import { vietnamDate } from './time.ts';

/** One system's view of a dossier, or what came of asking it. */
export interface SeenView {
  readonly sector: string;
  readonly role: 'reception' | 'course';
  /** Null where the system does not hold the dossier; its values may be HubErrors. */
  readonly view: Readonly<Record<string, unknown>> | null;
  readonly failure: HubError | null;
}

type OwnedField = keyof typeof DOSSIER_OWNERS;

/**
 * The value of a field from its one owner. An owner that could not be asked is an error, not a reason to ask another:
 * another system's word would be shown as the owner's.
 */
export function ownedValue(seen: readonly SeenView[], field: OwnedField): unknown {
  const owners: readonly string[] | string = DOSSIER_OWNERS[field];
  if (typeof owners === 'string') throw new Error(`${field} has no single owner`);
  for (const owner of owners) {
    let failed: HubError | null = null;
    for (const { role, view, failure } of seen) {
      if (role !== owner) continue;
      const value = view?.[field];
      if (value !== undefined) return value;
      failed ??= failure;
    }
    if (failed !== null) return failed;
  }
  return null;
}

export interface StatusSummary {
  readonly status: string | null;
  readonly statusNumber: DossierStatusNumber | null;
  readonly statusTitle: string | null;
}

interface Stated {
  readonly sector: string;
  readonly role: SeenView['role'];
  readonly status: StatedStatus;
  readonly at: number | null;
}

/** What each system states, the latest first; at the same moment the one that works on the dossier knows better. */
export function statedStatuses(seen: readonly SeenView[]): readonly Stated[] {
  return seen
    .flatMap(({ sector, role, view }): Stated[] => {
      const status = view?.status;
      if (!isStatedStatus(status)) return [];
      const at = typeof view?.statusAt === 'number' ? view.statusAt : null;
      return [{ sector, role, status, at }];
    })
    .sort((left, right) => {
      // A status without a time cannot be put before or after another: then too the one that works on it knows better.
      const later = left.at === null || right.at === null ? 0 : right.at - left.at;
      return later || (left.role < right.role ? -1 : left.role > right.role ? 1 : 0);
    });
}

/** What could not be read of the statuses: `sourceStatus` leaves these out. */
export function unreadableStatuses(seen: readonly SeenView[]): readonly HubError[] {
  return seen.flatMap(({ view }) => (view?.status instanceof Error ? [view.status as HubError] : []));
}

/** @returns the first failure instead, when a system that may hold a later status could not be read */
export function statusSummary(
  seen: readonly SeenView[],
  stated: readonly Stated[] = statedStatuses(seen),
): StatusSummary | HubError {
  for (const { view, failure } of seen) {
    if (failure !== null) return failure;
    for (const field of ['status', 'statusAt']) if (view?.[field] instanceof Error) return view[field] as HubError;
  }
  const [latest] = stated;
  if (latest === undefined) return { status: null, statusNumber: null, statusTitle: null };
  const { number, title, code } = latest.status;
  if (number === null) return { status: null, statusNumber: null, statusTitle: title ?? code };
  const known = dossierStatus(number);
  return { status: known.name, statusNumber: number, statusTitle: known.title };
}

export function timelinessOf(
  seen: readonly SeenView[],
  summary: StatusSummary,
  now: number,
): Timeliness | HubError | null {
  const due = ownedValue(seen, 'dueAt');
  const finished = ownedValue(seen, 'finishedAt');
  for (const value of [due, finished]) if (value instanceof Error) return value as HubError;
  const dateOf = (value: unknown) => (typeof value === 'number' ? vietnamDate(value) : null);
  return timeliness(summary.statusNumber, { due: dateOf(due), finished: dateOf(finished), today: vietnamDate(now) });
}

/** The steps of all systems in the order of time; an error when one of them could not be read. */
export function allSteps(seen: readonly SeenView[]): readonly object[] | HubError {
  const steps: (Omit<DossierStep, 'status'> & { sector: string; status: unknown })[] = [];
  for (const { sector, view, failure } of seen) {
    if (failure !== null) return failure;
    const own = view?.steps;
    if (own instanceof Error) return own as HubError;
    for (const step of (own ?? []) as NonNullable<DossierView['steps']>) {
      const { officer, position, unit, content, at, dueAt, status } = step;
      steps.push({ sector, officer, position, unit, content, at, dueAt, status: nameOf(status) });
    }
  }
  return steps.sort((left, right) => timeOf(left.at) - timeOf(right.at));
}

function nameOf(status: unknown): unknown {
  if (!isStatedStatus(status)) return status instanceof Error ? status : null;
  return status.number === null ? null : dossierStatus(status.number).name;
}

function timeOf(at: unknown): number {
  return typeof at === 'number' ? at : 0;
}

function isStatedStatus(value: unknown): value is StatedStatus {
  return typeof value === 'object' && value !== null && !(value instanceof Error) && 'code' in value;
}
