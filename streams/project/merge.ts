import type { Catalogues } from '../../catalogues/catalogue.ts';
import { shortProcedureCode } from '../../catalogues/procedures.ts';
import { applicantNumber } from '../../core/applicant-number.ts';
import type { DossierView } from '../../core/dossier.ts';
import { ownedValue, type SeenView, statedStatuses, statusSummary } from '../../core/dossier-merge.ts';

export type SectorRole = 'reception' | 'course';

export interface MergeContext {
  /** Sector → its role. A sector that is no longer there keeps its views and is not merged. */
  readonly roles: ReadonlyMap<string, SectorRole>;
  readonly catalogues: Pick<Catalogues, 'procedures' | 'agencies'>;
}

/** The fields of a view that merging asks for. */
export type MergedFields = Pick<
  DossierView,
  | 'procedureCode'
  | 'agencyCode'
  | 'applicantKind'
  | 'applicantName'
  | 'applicantNumbers'
  | 'channel'
  | 'status'
  | 'statusAt'
  | 'receivedAt'
  | 'dueAt'
  | 'finishedAt'
>;

/** A view without the rest, which is most of it: a batch in hand would keep it alive until its end. */
export function mergedFields(view: DossierView): MergedFields {
  const { procedureCode, agencyCode, applicantKind, applicantName, applicantNumbers, channel } = view;
  const { status, statusAt, receivedAt, dueAt, finishedAt } = view;
  return {
    ...{ procedureCode, agencyCode, applicantKind, applicantName, applicantNumbers, channel },
    ...{ status, statusAt, receivedAt, dueAt, finishedAt },
  } as MergedFields;
}

/** What one sector's system holds of a dossier, as the index keeps it. */
export interface CurrentView {
  readonly sector: string;
  readonly version: number;
  readonly deleted: boolean;
  readonly view: MergedFields | null;
  /** UTC milliseconds. */
  readonly recordedAt: number;
  /** Since when this sector states 9 or 10, UTC milliseconds. */
  readonly endedAt: number | null;
}

/** A dossier as the lists know it: the columns of table `dossier`, and the numbers it is found by. */
export interface MergedDossier {
  readonly code: string;
  readonly procedureCode: string | null;
  readonly procedureSector: string | null;
  readonly agencyCode: string | null;
  readonly applicantKind: string | null;
  readonly applicantName: string | null;
  readonly channel: string | null;
  readonly statusNumber: number | null;
  readonly statusAt: number | null;
  readonly receivedAt: number;
  readonly dueAt: number | null;
  readonly finishedAt: number | null;
  readonly running: boolean;
  readonly endedAt: number | null;
  readonly deleted: boolean;
  readonly sectors: readonly string[];
  readonly revision: number;
  readonly changedAt: number;
  readonly numbers: readonly string[];
}

const ENDED: readonly (number | null)[] = [9, 10];
/** Nobody works on it, or the applicant's turn has come: none of these can become overdue. */
const RESTING: readonly (number | null)[] = [3, 5, 6, 7, 8, 9, 10];

export function isEnded(view: MergedFields | null): boolean {
  return ENDED.includes(view?.status?.number ?? null);
}

/**
 * One dossier of all views of it. The same views give the same dossier, whatever their order and history: that is what
 * lets a replay be compared with what is served. A value of a shape that its column cannot take counts as not said.
 */
export function mergeViews(code: string, views: readonly CurrentView[], context: MergeContext): MergedDossier {
  const held = views
    .filter(({ deleted, sector }) => !deleted && context.roles.has(sector))
    .sort((left, right) => (left.sector < right.sector ? -1 : 1));
  const seen = held.map(
    ({ sector, view }): SeenView => ({
      sector,
      role: context.roles.get(sector) as SectorRole,
      view: view as SeenView['view'],
      failure: null,
    }),
  );
  const textOf = (field: MergedField, length: number): string | null => cut(ownedValue(seen, field), length);
  const timeOf = (field: MergedField): number | null => instant(ownedValue(seen, field));

  const stated = statedStatuses(seen);
  const summary = statusSummary(seen, stated);
  const statusNumber = summary instanceof Error ? null : summary.statusNumber;
  const procedure = textOf('procedureCode', 64);
  const agency = textOf('agencyCode', 64);
  const finishedAt = timeOf('finishedAt');
  const ends = held.flatMap(({ endedAt }) => endedAt ?? []);
  return {
    code,
    procedureCode: procedure === null ? null : (shortProcedureCode(procedure) ?? procedure),
    procedureSector: procedure === null ? null : (context.catalogues.procedures.byCode(procedure)?.sector ?? null),
    agencyCode: agency === null ? null : (context.catalogues.agencies.byCode(agency)?.code ?? agency),
    applicantKind: textOf('applicantKind', 16),
    applicantName: textOf('applicantName', 255),
    channel: textOf('channel', 16),
    statusNumber,
    statusAt: instant(stated[0]?.at),
    receivedAt: timeOf('receivedAt') ?? 0,
    dueAt: timeOf('dueAt'),
    finishedAt,
    running: held.length > 0 && finishedAt === null && !RESTING.includes(statusNumber),
    endedAt: ENDED.includes(statusNumber) && ends.length > 0 ? Math.min(...ends) : null,
    deleted: views.every(({ deleted }) => deleted),
    sectors: held.map(({ sector }) => sector),
    revision: views.reduce((sum, { version }) => sum + version, 0),
    changedAt: Math.max(...views.map(({ recordedAt }) => recordedAt)),
    numbers: held.length === 0 ? [] : numbersOf(ownedValue(seen, 'applicantNumbers')),
  };
}

type MergedField = keyof MergedFields & Parameters<typeof ownedValue>[1];

/** Most numbers under which one dossier is found; a list this long is no applicant's. */
const MOST_NUMBERS = 50;
const LONGEST_NUMBER = 32;

function numbersOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  const numbers = value
    .filter((one) => typeof one === 'string')
    .map(applicantNumber)
    .filter((one) => one !== '' && one.length <= LONGEST_NUMBER);
  return [...new Set<string>(numbers)].sort().slice(0, MOST_NUMBERS);
}

/** NFC, and never half a letter at the end. */
export function cut(value: unknown, length: number): string | null {
  if (typeof value !== 'string' || value === '') return null;
  const text = value.toWellFormed().normalize('NFC');
  // MySQL counts letters, and those beyond the first 65,536 as one each.
  return text.length <= length ? text : Array.from(text).slice(0, length).join('');
}

function instant(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null;
}
