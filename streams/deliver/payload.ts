import type { Agency } from '../../catalogues/catalogue.ts';
import { APPLICANT_KINDS, CHANNELS, RETURN_METHODS } from '../../core/dossier.ts';
import { isEnterpriseCode, parseEnterpriseCode } from '../../core/enterprise-code.ts';
import { isPersonalNumber, parsePersonalNumber } from '../../core/personal-number.ts';
import type { PortalDossier, PortalFee, PortalPaper, PortalResult, PortalSupplement } from '../../core/portal.ts';
import { formatCompactInstant } from '../../core/time.ts';
import type { DossierFacts } from './facts.ts';

const MOST_SUMMARY = 1_000;

/** What the portal understands of an agency: the identifier in the older order, where the catalogue lists one. */
export function portalAgency(agency: Agency): string {
  return agency.oldCode ?? agency.code;
}

/**
 * The dossier in the portal's own words. What nobody stated stays empty, and the status is the one that was stated: no
 * number, code or status is made up here.
 *
 * @param facts passed by the validator
 */
export function portalDossier(facts: DossierFacts): PortalDossier {
  const { code, view, status, statusAt, procedure, agency } = facts;
  const identities = personalNumbersOf(facts);
  return {
    MaHoSo: code,
    MaTTHC: procedure?.code ?? '',
    TenTTHC: text(procedure?.title),
    // Fields of administration have names in the catalogue and no codes.
    MaLinhVuc: '',
    TenLinhVuc: text(procedure?.field),
    KenhThucHien: numberOf(CHANNELS, view.channel),
    ChuHoSo: text(view.applicantName).trim(),
    SoGiayToChuHoSo: ownNumber(facts),
    LoaiDoiTuong: numberOf(APPLICANT_KINDS, view.applicantKind),
    MaDoiTuong: '',
    Email: text(view.applicantEmail),
    SoDienThoai: text(view.applicantPhone),
    TrichYeuHoSo: clip(text(view.summary), MOST_SUMMARY),
    NgayNopHoSo: time(view.submittedAt),
    NgayTiepNhan: time(view.receivedAt),
    NgayHenTra: time(view.dueAt),
    TrangThaiHoSo: status?.number == null ? '' : String(status.number),
    NgayKetThucXuLy: time(view.finishedAt),
    NgayTra: time(view.returnedAt),
    HinhThuc: numberOf(RETURN_METHODS, view.returnMethod),
    DonViXuLy: text(agency?.title ?? view.agencyCode),
    NgayTuChoi: status?.number === 3 ? time(statusAt) : '',
    ThongTinTra: '',
    GhiChu: '',
    TaiLieuNop: papersOf(facts),
    DanhSachLePhi: feesOf(facts),
    DanhSachHoSoBoSung: supplementsOf(facts),
    DanhSachGiayToKetQua: resultsOf(facts),
    DinhDanhCHS: identities.map(({ kind, number }) => ({
      LoaiDinhDanh: kind === 'twelve' ? '1' : '2',
      SoDinhDanh: number,
    })),
    DSKetNoiCSDL: [],
  };
}

/** At most so many UTF-16 units, however the portal counts, and never half of a letter. */
export function clip(value: string, most: number): string {
  if (value.length <= most) return value;
  const cut = value.slice(0, most);
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}

export function text(value: string | null | undefined): string {
  return (value ?? '').normalize('NFC');
}

export function time(at: number | null | undefined): string {
  return at == null ? '' : formatCompactInstant(at);
}

function ownNumber(facts: DossierFacts): string {
  const enterprise = (facts.view.applicantNumbers ?? []).find(isEnterpriseCode);
  if (facts.view.applicantKind === 'ENTERPRISE' && enterprise !== undefined)
    return parseEnterpriseCode(enterprise).code;
  const [personal] = personalNumbersOf(facts);
  if (personal !== undefined) return personal.number;
  return enterprise === undefined ? '' : parseEnterpriseCode(enterprise).code;
}

/** Twelve digits first. An enterprise's dossier may name who came for it: that is not whose dossier it is. */
function personalNumbersOf({ view }: DossierFacts): readonly { kind: 'twelve' | 'nine'; number: string }[] {
  if (view.applicantKind === 'ENTERPRISE') return [];
  const numbers = (view.applicantNumbers ?? []).filter(isPersonalNumber).map(parsePersonalNumber);
  const distinct = [...new Map(numbers.map((one) => [one.number, one])).values()];
  return distinct.sort((left, right) => right.number.length - left.number.length);
}

function papersOf({ view }: DossierFacts): readonly PortalPaper[] {
  return (view.papers ?? []).map(({ code, title, fileName, digitised }) => ({
    TepDinhKemId: '',
    TenTepDinhKem: text(fileName ?? title),
    IsDeleted: 'False',
    MaThanhPhanHoSo: text(code),
    DuongDanTaiTepTin: '',
    DuocSoHoa: digitised === null ? '' : digitised ? 'True' : 'False',
    DuocTaiSuDung: '',
  }));
}

function feesOf({ view }: DossierFacts): readonly PortalFee[] {
  return (view.fees ?? []).map(({ title, code, amount }) => ({
    TenPhiLePhi: text(title),
    MaPhiLePhi: text(code),
    HinhThucThu: '',
    Gia: text(amount),
    LoaiPhiLePhi: '',
  }));
}

function supplementsOf({ view }: DossierFacts): readonly PortalSupplement[] {
  const requests = [...(view.supplementRequests ?? [])].sort(
    (left, right) => (left.requestedAt ?? 0) - (right.requestedAt ?? 0),
  );
  return requests.map(({ reason, requestedBy, requestedAt, receivedAt, oldDueAt, newDueAt }, place) => ({
    // Its place in the order of time: systems give requests no id, and the same one must keep the one it was sent with.
    HoSoBoSungId: String(place + 1),
    NguoiYeuCauBoSung: text(requestedBy),
    NoiDungBoSung: text(reason),
    NgayBoSung: time(requestedAt),
    NguoiTiepNhanBoSung: '',
    ThongTinTiepNhan: '',
    NgayTiepNhanBoSung: time(receivedAt),
    TrangThaiBoSung: '',
    NgayHenTraTruoc: time(oldDueAt),
    NgayHenTraMoi: time(newDueAt),
  }));
}

function resultsOf({ view }: DossierFacts): readonly PortalResult[] {
  return (view.results ?? []).map(({ title, code }) => ({
    TenGiayTo: text(title),
    MaThanhPhanHoSo: '',
    GiayToId: '',
    DuongDanTepTinKetQua: '',
    MaGiayToKetQua: text(code),
  }));
}

/** The portal's number of a word, as text; '' where nothing was stated. */
function numberOf(words: Readonly<Record<number, string>>, word: string | null | undefined): string {
  return Object.entries(words).find(([, one]) => one === word)?.[0] ?? '';
}
