import { DOSSIER_STATUSES, type DossierStep, type DossierView, type StatedStatus } from '../../core/dossier.ts';
import type { MemoryRow } from '../tables/memory.ts';

/** Dossiers as one writes them by hand who reads the index's tables for these two systems and no other. */

const OFFSET_MS = 7 * 3_600_000;

/** Where a dossier stands in the list of an applicant's. */
export function placeOf(row: MemoryRow) {
  return { code: row.code as string, receivedAt: Number(row.received_at) };
}

/** What one system holds of a dossier now. */
export function viewOf(row: MemoryRow) {
  return { sector: row.sector as string, view: JSON.parse(row.view as string) as DossierView };
}

export type HandView = ReturnType<typeof viewOf>;

/** The two views as one dossier: the counter's word first, the land office's on the course, the later one's status. */
export function mergeOf(code: string, views: readonly HandView[]) {
  const reception = views.find(({ sector }) => sector === 'one-stop')?.view ?? { code };
  const course = views.find(({ sector }) => sector === 'land')?.view;
  const stated = [
    ...(reception.status ? [{ sector: 'one-stop', status: reception.status, at: reception.statusAt ?? null }] : []),
    ...(course?.status ? [{ sector: 'land', status: course.status, at: course.statusAt ?? null }] : []),
  ];
  if (stated.length === 2 && (stated[1]?.at ?? 0) >= (stated[0]?.at ?? 0)) stated.reverse();
  const latest = stated[0]?.status;
  const known = statusOf(latest);
  const finishedAt = timeOf(course === undefined ? reception.finishedAt : course.finishedAt);
  return {
    code,
    reception,
    course,
    applicant: { kind: reception.applicantKind, name: reception.applicantName },
    channel: reception.channel,
    receivedAt: timeOf(reception.receivedAt),
    dueAt: timeOf(reception.dueAt),
    finishedAt,
    returnedAt: timeOf(reception.returnedAt),
    sectors: course === undefined ? ['one-stop'] : ['one-stop', 'land'],
    status: known?.name ?? null,
    statusNumber: latest?.number ?? null,
    statusTitle: known?.title ?? latest?.title ?? latest?.code ?? null,
    sourceStatus: stated.map(({ sector, status, at }) => ({
      sector,
      code: status.code,
      title: status.title,
      occurredAt: timeOf(at),
    })),
  };
}

export type HandDossier = ReturnType<typeof mergeOf>;

export function stepsOf({ reception, course }: HandDossier) {
  const own = (sector: string, view: DossierView | undefined) =>
    (view?.steps ?? []).map((step: DossierStep) => ({ ...step, sector, status: statusOf(step.status)?.name ?? null }));
  const steps = [...own('one-stop', reception), ...own('land', course)].sort(
    (left, right) => (left.at ?? 0) - (right.at ?? 0),
  );
  return steps.map((step) => ({ ...step, at: timeOf(step.at) }));
}

export function resultsOf({ course }: HandDossier) {
  return course?.results?.map((result) => ({ ...result, issuedAt: timeOf(result.issuedAt) })) ?? null;
}

function statusOf(status: StatedStatus | null | undefined) {
  return status?.number == null ? undefined : DOSSIER_STATUSES[status.number - 1];
}

function timeOf(at: number | null | undefined): string | null {
  return at == null ? null : `${new Date(at + OFFSET_MS).toISOString().slice(0, 19)}+07:00`;
}
