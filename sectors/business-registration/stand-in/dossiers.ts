/** The course of a dossier in this system's own words, or in the numbers of its older version. */
import { hashOf } from '../../../stand-ins/world/random.ts';
import type { Dossier, StatusCode, World } from '../../../stand-ins/world/types.ts';
import { type DateStyle, localDay, writtenDate, writtenTime } from './dates.ts';

export type CourseWord = keyof typeof words;
export type CourseStatus = CourseWord | number;

export interface CourseStep {
  ThoiGian: string | null;
  CanBo: string;
  ChucVu: string;
  Phong: string;
  NoiDung: string;
  TrangThai: CourseStatus;
}

export interface Course {
  MaHoSo: string;
  MaDangKy: string;
  LoaiHoSo: string;
  MaSoDoanhNghiep: string | null;
  TenDoanhNghiep: string | null;
  TrangThai: CourseStatus;
  TenTrangThai: string;
  NgayNhan: string | null;
  NgayHenTra: string | null;
  NgayKetThuc: string | null;
  NgayCapNhat: string | null;
  LyDo: string | null;
  LichSu: CourseStep[];
  KetQua: { TenGiayTo: string; SoGiayTo: string; NgayCap: string; Tep: string }[];
}

/** LIEN_THONG_THUE stands in no paper: a reader must meet a word it does not know. */
export const words = {
  TIEP_NHAN: { number: 10, name: 'Tiếp nhận' },
  DANG_XU_LY: { number: 20, name: 'Đang xử lý' },
  YEU_CAU_SUA_DOI: { number: 30, name: 'Yêu cầu sửa đổi, bổ sung' },
  CHO_NOP_LE_PHI: { number: 40, name: 'Chờ nộp lệ phí' },
  LIEN_THONG_THUE: { number: 45, name: 'Liên thông thuế' },
  CHAP_THUAN: { number: 50, name: 'Chấp thuận' },
  DA_TRA_KET_QUA: { number: 60, name: 'Đã trả kết quả' },
  TU_CHOI: { number: 70, name: 'Từ chối' },
  DA_RUT: { number: 80, name: 'Đã rút hồ sơ' },
  DUNG_THU_LY: { number: 90, name: 'Dừng thụ lý' },
} as const;

const wordOf: Partial<Record<StatusCode, CourseWord>> = {
  2: 'TIEP_NHAN',
  3: 'TU_CHOI',
  4: 'DANG_XU_LY',
  5: 'YEU_CAU_SUA_DOI',
  6: 'CHO_NOP_LE_PHI',
  7: 'DA_RUT',
  8: 'DUNG_THU_LY',
  9: 'CHAP_THUAN',
  10: 'DA_TRA_KET_QUA',
};

/** Undefined for a dossier that never reached this system. `strange` gives it the word nobody knows. */
export function courseOf(world: World, dossier: Dossier, { strange = false } = {}): Course | undefined {
  const word = wordOf[dossier.status];
  if (dossier.sector !== 'business-registration' || word === undefined) return undefined;
  const style: DateStyle = hashOf(world.seed, 'business/dossier-date', dossier.index) % 2 === 0 ? 'slashed' : 'stamped';
  const older = hashOf(world.seed, 'business/dossier-version', dossier.index) % 4 === 0;
  const status = (own: CourseWord): CourseStatus => (older ? words[own].number : own);
  const current: CourseWord = strange ? 'LIEN_THONG_THUE' : word;
  const steps = stepsOf(dossier, { style, status, current: strange ? current : undefined });
  if (steps.length === 0) return undefined;
  const business = dossier.subject.kind === 'business' ? world.business(dossier.subject.index) : undefined;
  return {
    MaHoSo: dossier.code,
    MaDangKy: `DK-${String(dossier.index).padStart(7, '0')}`,
    LoaiHoSo: dossier.procedure.code,
    MaSoDoanhNghiep: business?.code ?? null,
    TenDoanhNghiep: business?.name ?? null,
    TrangThai: status(current),
    TenTrangThai: words[current].name,
    NgayNhan: writtenTime(dossier.receivedAt ?? dossier.submittedAt, 'slashed'),
    NgayHenTra: writtenTime(dossier.dueAt, style),
    NgayKetThuc: writtenTime(dossier.finishedAt, style),
    // Whole seconds always: it is what a reader compares with what it read before.
    NgayCapNhat: writtenTime(dossier.updatedAt, 'stamped'),
    LyDo: [3, 5, 8].includes(dossier.status) ? (dossier.steps.at(-1)?.content ?? null) : null,
    LichSu: steps,
    KetQua: dossier.results.map((result) => ({
      TenGiayTo: result.name,
      SoGiayTo: result.number,
      NgayCap: writtenDate(localDay(result.issuedAt), style),
      Tep: result.fileName,
    })),
  };
}

interface Writing {
  style: DateStyle;
  status: (word: CourseWord) => CourseStatus;
  current: CourseWord | undefined;
}

/** What the sector did itself, and what it was told by the counter: forwarding, papers brought later, handing over. */
function stepsOf(dossier: Dossier, { style, status, current }: Writing): CourseStep[] {
  const known = dossier.steps.flatMap((step, position) => {
    const word = wordOf[step.status];
    return word === undefined || !isKnown(dossier, position) ? [] : [{ step, word, told: step.by === 'counter' }];
  });
  return known.map(({ step, word, told }, position) => ({
    ThoiGian: writtenTime(step.at, style),
    CanBo: told ? 'Hệ thống đăng ký kinh doanh' : step.officer,
    ChucVu: told ? '' : step.officerTitle,
    Phong: dossier.procedure.field,
    NoiDung: told ? `Nhận từ một cửa: ${step.content}` : step.content,
    TrangThai: status(position === known.length - 1 ? (current ?? word) : word),
  }));
}

/** The reception itself stays at the counter, and so does a refusal there; online dossiers are refused here. */
function isKnown(dossier: Dossier, position: number): boolean {
  const step = dossier.steps[position];
  if (step?.by !== 'counter') return true;
  if (step.status === 2) return dossier.steps.slice(0, position).some((earlier) => earlier.status === 2);
  return step.status !== 3 || dossier.channel !== 1;
}
