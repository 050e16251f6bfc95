/** The course of a dossier as the civil status system sees it: its own five numbers, only its own steps. */
import type { Dossier, StatusCode, World } from '../../../stand-ins/world/types.ts';
import { writtenDate, writtenDay, writtenTime } from './dates.ts';

export type CourseStatus = 1 | 2 | 3 | 4 | 5 | 6;

export interface CourseStep {
  thoiDiem: string;
  canBo: string;
  chucDanh: string;
  phongBan: string;
  noiDung: string;
  trangThai: CourseStatus;
}

export interface Course {
  maDinhDanhHoSo: string;
  maHoSoLT: string;
  module: string;
  trangThai: CourseStatus;
  tenTrangThai: string;
  ngayTiepNhan: string;
  ngayHenTra: string;
  ngayCapNhat: string;
  ngayKetThuc: string;
  canBoXuLy: string;
  chucDanh: string;
  yeuCauBoSung: string;
  lyDoTuChoi: string;
  quaTrinh: CourseStep[];
  soDinhDanh: string;
  ngayDangKy: string;
  soDangKy: string;
  quyenSo: string;
  trangSo: string;
  ketQua: { maGiayTo: string; tenGiayTo: string; soKyHieu: string; ngayCap: string; tepDinhKem: string }[];
}

/** 5 stands in no paper: it is there so that a reader must meet a number it does not know. */
export const statusNames = {
  1: 'Chờ xử lý',
  2: 'Yêu cầu bổ sung',
  3: 'Đang xử lý',
  4: 'Đã có kết quả',
  5: 'Chuyển xác minh liên thông',
  6: 'Từ chối',
} as const satisfies Record<CourseStatus, string>;

/** Withdrawing, stopping and handing over happen at the counter: this system has no number for them. */
const ownStatus: Partial<Record<StatusCode, CourseStatus>> = { 2: 1, 3: 6, 4: 3, 5: 2, 6: 3, 9: 4 };

const modules = { birth: 'LTKS', marriage: 'LTKH', death: 'LTKT', parcel: 'KS', business: 'KS', none: 'KS' } as const;

/** Undefined for a dossier that never reached this system. */
export function courseOf(world: World, dossier: Dossier, province: string): Course | undefined {
  if (dossier.sector !== 'civil-status' || dossier.status === 1) return undefined;
  const steps = ownSteps(dossier);
  const last = steps.at(-1);
  if (!last) return undefined;
  const finished = last.trangThai === 4;
  return {
    maDinhDanhHoSo: dossier.code,
    maHoSoLT: `LT${province}-${String(dossier.index).padStart(7, '0')}`,
    module: modules[dossier.subject.kind],
    trangThai: last.trangThai,
    tenTrangThai: statusNames[last.trangThai],
    ngayTiepNhan: writtenTime(dossier.receivedAt ?? dossier.submittedAt),
    ngayHenTra: writtenTime(dossier.dueAt),
    ngayCapNhat: last.thoiDiem,
    ngayKetThuc: finished ? last.thoiDiem : '',
    canBoXuLy: last.canBo,
    chucDanh: last.chucDanh,
    yeuCauBoSung: last.trangThai === 2 ? (dossier.supplements.at(-1)?.content ?? last.noiDung) : '',
    lyDoTuChoi: last.trangThai === 6 ? last.noiDung : '',
    quaTrinh: steps,
    ...registered(world, dossier, finished),
    ketQua: finished
      ? dossier.results.map((result) => ({
          maGiayTo: result.code,
          tenGiayTo: result.name,
          soKyHieu: result.number,
          ngayCap: writtenDay(result.issuedAt),
          tepDinhKem: result.fileName,
        }))
      : [],
  };
}

/** The same course one step on. */
export function advanced(course: Course, step: CourseStep): Course {
  return {
    ...course,
    trangThai: step.trangThai,
    tenTrangThai: statusNames[step.trangThai],
    ngayCapNhat: step.thoiDiem,
    ngayKetThuc: step.trangThai === 4 ? step.thoiDiem : '',
    canBoXuLy: step.canBo,
    chucDanh: step.chucDanh,
    yeuCauBoSung: step.trangThai === 2 ? step.noiDung : '',
    lyDoTuChoi: step.trangThai === 6 ? step.noiDung : '',
    quaTrinh: [...course.quaTrinh, step],
  };
}

/** What the sector did itself, and what it was told by the counter: the forwarding, the papers brought later. */
function ownSteps(dossier: Dossier): CourseStep[] {
  return dossier.steps.flatMap((step, position): CourseStep[] => {
    const status = ownStatus[step.status];
    const told = step.by === 'counter';
    if (status === undefined || (told && !isTold(dossier, position))) return [];
    return [
      {
        thoiDiem: writtenTime(step.at),
        canBo: told ? 'Hệ thống hộ tịch' : step.officer,
        chucDanh: told ? '' : step.officerTitle,
        phongBan: dossier.procedure.field,
        noiDung: told ? `Nhận từ một cửa: ${step.content}` : step.content,
        trangThai: status,
      },
    ];
  });
}

/** The reception itself stays at the counter, and so does a refusal there; online dossiers are refused here. */
function isTold(dossier: Dossier, position: number): boolean {
  const status = dossier.steps[position]?.status;
  if (status === 2) return dossier.steps.slice(0, position).some((step) => step.status === 2);
  return status !== 3 || dossier.channel !== 1;
}

function registered(world: World, { subject }: Dossier, finished: boolean) {
  const none = { soDinhDanh: '', ngayDangKy: '', soDangKy: '', quyenSo: '', trangSo: '' };
  if (!finished) return none;
  if (subject.kind !== 'birth' && subject.kind !== 'marriage' && subject.kind !== 'death') return none;
  const entry = world[subject.kind](subject.index);
  const numbered = subject.kind === 'birth' && entry.date >= '2016';
  return {
    soDinhDanh: numbered ? (world.identityIn('civil-status', subject.index).personalNumber ?? '') : '',
    ngayDangKy: writtenDate(entry.date),
    soDangKy: entry.number,
    quyenSo: entry.book,
    trangSo: entry.page,
  };
}
