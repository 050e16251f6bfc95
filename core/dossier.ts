/**
 * The dossier as the field knows it: ten statuses, who owns which of its fields, and whether it was in time.
 * Codes and groups are those the public service portal uses.
 */

export const DOSSIER_STATUSES = [
  { number: 1, name: 'NEW', title: 'Mới đăng ký' },
  { number: 2, name: 'ACCEPTED', title: 'Được tiếp nhận' },
  { number: 3, name: 'NOT_ACCEPTED', title: 'Không được tiếp nhận' },
  { number: 4, name: 'PROCESSING', title: 'Đang xử lý' },
  { number: 5, name: 'SUPPLEMENT_REQUIRED', title: 'Yêu cầu bổ sung giấy tờ' },
  { number: 6, name: 'FINANCIAL_OBLIGATION', title: 'Yêu cầu thực hiện nghĩa vụ tài chính' },
  { number: 7, name: 'WITHDRAWN', title: 'Công dân yêu cầu rút hồ sơ' },
  { number: 8, name: 'STOPPED', title: 'Dừng xử lý' },
  { number: 9, name: 'COMPLETED', title: 'Đã xử lý xong' },
  { number: 10, name: 'RESULT_RETURNED', title: 'Đã trả kết quả' },
] as const;

export type DossierStatus = (typeof DOSSIER_STATUSES)[number];
export type DossierStatusNumber = DossierStatus['number'];

export function dossierStatus(number: DossierStatusNumber): DossierStatus {
  // The list is dense and starts at 1.
  return DOSSIER_STATUSES[number - 1] as DossierStatus;
}

/** A status as one system writes it; `number` is null for one that its declaration does not map. */
export interface StatedStatus {
  readonly code: string;
  readonly title: string | null;
  readonly number: DossierStatusNumber | null;
}

/** Channel by which a dossier came in (KenhThucHien). */
export const CHANNELS = { 1: 'COUNTER', 2: 'ONLINE', 3: 'POST' } as const;
export type Channel = (typeof CHANNELS)[keyof typeof CHANNELS];

/** Kind of applicant (LoaiDoiTuong). */
export const APPLICANT_KINDS = { 1: 'CITIZEN', 2: 'ENTERPRISE', 3: 'STATE_BODY', 4: 'OTHER' } as const;
export type ApplicantKind = (typeof APPLICANT_KINDS)[keyof typeof APPLICANT_KINDS];

/** One system's view of a dossier: what its `dossiers` entity maps to. A system leaves out what it does not hold. */
export interface DossierView {
  readonly code: string;
  readonly procedureCode?: string | null;
  readonly procedureTitle?: string | null;
  readonly agencyCode?: string | null;
  readonly applicantKind?: ApplicantKind | null;
  readonly applicantName?: string | null;
  /** Personal numbers or the enterprise code the dossier states. */
  readonly applicantNumbers?: readonly string[] | null;
  readonly parties?: readonly DossierParty[] | null;
  readonly applicantPhone?: string | null;
  readonly applicantEmail?: string | null;
  /** What the dossier is about, in the counter's words. */
  readonly summary?: string | null;
  readonly channel?: Channel | null;
  readonly status?: StatedStatus | null;
  /** When the status came to be, UTC milliseconds: the latest to occur is the dossier's. */
  readonly statusAt?: number | null;
  /** When the applicant handed it in, which online may be before it was received. */
  readonly submittedAt?: number | null;
  readonly receivedAt?: number | null;
  readonly dueAt?: number | null;
  readonly finishedAt?: number | null;
  readonly returnedAt?: number | null;
  /** How the result is handed over. */
  readonly returnMethod?: ReturnMethod | null;
  readonly papers?: readonly DossierPaper[] | null;
  readonly steps?: readonly DossierStep[] | null;
  readonly supplementRequests?: readonly SupplementRequest[] | null;
  readonly fees?: readonly DossierFee[] | null;
  readonly results?: readonly ResultDocument[] | null;
}

/** How a result is handed over (HinhThuc). */
export const RETURN_METHODS = { 0: 'COUNTER', 1: 'POST' } as const;
export type ReturnMethod = (typeof RETURN_METHODS)[keyof typeof RETURN_METHODS];

/** A paper handed in with the dossier. */
export interface DossierPaper {
  readonly code: string | null;
  readonly title: string | null;
  readonly fileName: string | null;
  readonly digitised: boolean | null;
}

export interface DossierParty {
  readonly role: string;
  readonly name: string | null;
  readonly personalNumbers: readonly string[];
}

export interface DossierStep {
  readonly officer: string | null;
  readonly position: string | null;
  readonly unit: string | null;
  readonly content: string | null;
  readonly at: number | null;
  readonly dueAt: number | null;
  readonly status: StatedStatus | null;
}

export interface SupplementRequest {
  readonly reason: string | null;
  readonly requestedBy: string | null;
  readonly requestedAt: number | null;
  readonly receivedAt: number | null;
  readonly oldDueAt: number | null;
  readonly newDueAt: number | null;
}

export interface DossierFee {
  readonly title: string | null;
  readonly code: string | null;
  readonly amount: string | null;
  readonly paid: boolean | null;
}

export interface ResultDocument {
  readonly title: string | null;
  readonly code: string | null;
  readonly issuedAt: number | null;
}

/**
 * Who owns each field of the merged dossier. `reception` / `course`: that view alone, in the order named, where the
 * second speaks only for a dossier that has no view of the first kind. `latest`: whichever occurred last.
 * `everyone`: what each view adds, joined in the order of time.
 */
export const DOSSIER_OWNERS = {
  procedureCode: ['reception', 'course'],
  procedureTitle: ['reception', 'course'],
  agencyCode: ['reception', 'course'],
  applicantKind: ['reception', 'course'],
  applicantName: ['reception', 'course'],
  applicantNumbers: ['reception', 'course'],
  parties: ['course', 'reception'],
  applicantPhone: ['reception', 'course'],
  applicantEmail: ['reception', 'course'],
  summary: ['reception', 'course'],
  channel: ['reception', 'course'],
  submittedAt: ['reception', 'course'],
  returnMethod: ['reception', 'course'],
  papers: ['reception', 'course'],
  receivedAt: ['reception', 'course'],
  dueAt: ['reception', 'course'],
  supplementRequests: ['reception', 'course'],
  fees: ['reception', 'course'],
  returnedAt: ['reception', 'course'],
  finishedAt: ['course', 'reception'],
  results: ['course', 'reception'],
  status: 'latest',
  steps: 'everyone',
} as const satisfies Partial<
  Record<keyof DossierView, 'latest' | 'everyone' | readonly ['reception' | 'course', 'reception' | 'course']>
>;

export type Timeliness = 'EARLY' | 'ON_TIME' | 'LATE' | 'PENDING' | 'OVERDUE' | 'NO_DUE_DATE' | 'WITHDRAWN';

/**
 * Whether a dossier was, or still is, in time. Dates are compared, not hours; finishing counts, not the day the citizen
 * collects the result; waiting for a supplement or for a payment stops the clock.
 *
 * @param dates Vietnamese calendar dates, `yyyy-MM-dd`
 * @returns null where the status says finished, refused or stopped and nobody says when
 */
export function timeliness(
  status: DossierStatusNumber | null,
  dates: { due: string | null; finished: string | null; today: string },
): Timeliness | null {
  const { due, finished, today } = dates;
  if (status === 7) return 'WITHDRAWN';
  if (due === null) return 'NO_DUE_DATE';
  if (finished !== null) return finished < due ? 'EARLY' : finished === due ? 'ON_TIME' : 'LATE';
  // Finished, refused or stopped, and nobody says when: that cannot be judged.
  if (status === 9 || status === 10 || status === 3 || status === 8) return null;
  return today <= due || status === 5 || status === 6 ? 'PENDING' : 'OVERDUE';
}
