/**
 * The port behind which the public service portal's adapter stands, in whichever generation of its protocol. It speaks
 * the protocol and judges nothing: what to send is the ledger's to decide, what an answer means for a dossier the
 * deliverer's. Field names are the protocol's own.
 */
export interface Portal {
  readonly protocol: 'session' | 'rest';
  /**
   * The sends never reject for what the portal or the network does: a call that was aborted or ran out of time resolves
   * to `unsent` when nothing had left the hub, and to `unknown` otherwise.
   */
  /** @param request.update false: the portal does not have them yet */
  sendDossiers(request: SendDossiers, options: PortalCall): Promise<PortalReply>;
  /** In their order, at most PROGRESS_CHUNK of one dossier. */
  sendProgress(request: SendProgress, options: PortalCall): Promise<PortalReply>;
  /** What the portal has under a code; null when it says that it has nothing. Rejects with PortalUnanswered otherwise. */
  lookUp(
    request: { readonly agency: string; readonly code: string },
    options: PortalCall,
  ): Promise<PortalRecord | null>;
  /** Resolves when the portal takes our account; rejects with PortalUnanswered. */
  check(options: PortalCall): Promise<void>;
  close(): Promise<void>;
}

export interface PortalCall {
  readonly signal: AbortSignal;
}

/** Most steps in one call. */
export const PROGRESS_CHUNK = 10;

export interface SendDossiers {
  /** MaDinhDanhDV: the unit on whose behalf it is sent, such as 000.00.12.H41. */
  readonly agency: string;
  readonly update: boolean;
  readonly dossiers: readonly PortalDossier[];
}

export interface SendProgress {
  readonly agency: string;
  readonly steps: readonly PortalStep[];
}

/**
 * `accepted`: the portal's code says so, and nothing but the code. `refused`: it says no, and sending the same again
 * would be refused again until something is changed. `unsent`: certainly not taken (connection refused, 429, no
 * session); may be sent again. `unknown`: nobody can tell whether it was taken: look up before sending again.
 */
export type PortalReply =
  | { readonly outcome: 'accepted'; readonly receipt: string | null }
  /** `message` is what may be shown of the portal's text, with holes where it quoted what was sent; may be empty. */
  | { readonly outcome: 'refused'; readonly code: string; readonly message: string }
  | { readonly outcome: 'unsent' | 'unknown'; readonly reason: string; readonly retryAfterMs: number | null };

/** The lookup was not answered, so nothing is known. */
export class PortalUnanswered extends Error {
  readonly retryAfterMs: number | null;
  /** The portal is there and said that it does not tell: nothing is known, and nothing is wrong with the portal. */
  readonly answered: boolean;

  constructor(message: string, retryAfterMs: number | null = null, { answered = false } = {}) {
    super(message);
    this.name = 'PortalUnanswered';
    this.retryAfterMs = retryAfterMs;
    this.answered = answered;
  }
}

/** Dates are `yyyyMMddHHmmss` in Asia/Ho_Chi_Minh or empty, booleans "True"/"False", numbers text. */
export interface PortalDossier {
  readonly MaHoSo: string;
  readonly MaTTHC: string;
  readonly TenTTHC: string;
  readonly MaLinhVuc: string;
  readonly TenLinhVuc: string;
  readonly KenhThucHien: string;
  readonly ChuHoSo: string;
  readonly SoGiayToChuHoSo: string;
  readonly LoaiDoiTuong: string;
  readonly MaDoiTuong: string;
  readonly Email: string;
  readonly SoDienThoai: string;
  /** At most 1,000 characters. */
  readonly TrichYeuHoSo: string;
  readonly NgayNopHoSo: string;
  readonly NgayTiepNhan: string;
  readonly NgayHenTra: string;
  readonly TrangThaiHoSo: string;
  readonly NgayKetThucXuLy: string;
  readonly NgayTra: string;
  readonly HinhThuc: string;
  readonly DonViXuLy: string;
  readonly NgayTuChoi: string;
  readonly ThongTinTra: string;
  readonly GhiChu: string;
  readonly TaiLieuNop: readonly PortalPaper[];
  readonly DanhSachLePhi: readonly PortalFee[];
  readonly DanhSachHoSoBoSung: readonly PortalSupplement[];
  readonly DanhSachGiayToKetQua: readonly PortalResult[];
  readonly DinhDanhCHS: readonly { readonly LoaiDinhDanh: string; readonly SoDinhDanh: string }[];
  readonly DSKetNoiCSDL: readonly { readonly MaCSDL: string }[];
}

export interface PortalPaper {
  readonly TepDinhKemId: string;
  readonly TenTepDinhKem: string;
  readonly IsDeleted: string;
  readonly MaThanhPhanHoSo: string;
  readonly DuongDanTaiTepTin: string;
  readonly DuocSoHoa: string;
  readonly DuocTaiSuDung: string;
}

export interface PortalFee {
  readonly TenPhiLePhi: string;
  readonly MaPhiLePhi: string;
  readonly HinhThucThu: string;
  readonly Gia: string;
  readonly LoaiPhiLePhi: string;
}

export interface PortalSupplement {
  readonly HoSoBoSungId: string;
  readonly NguoiYeuCauBoSung: string;
  readonly NoiDungBoSung: string;
  readonly NgayBoSung: string;
  readonly NguoiTiepNhanBoSung: string;
  readonly ThongTinTiepNhan: string;
  readonly NgayTiepNhanBoSung: string;
  readonly TrangThaiBoSung: string;
  readonly NgayHenTraTruoc: string;
  readonly NgayHenTraMoi: string;
}

export interface PortalResult {
  readonly TenGiayTo: string;
  readonly MaThanhPhanHoSo: string;
  readonly GiayToId: string;
  readonly DuongDanTepTinKetQua: string;
  readonly MaGiayToKetQua: string;
}

/** One step of progress. The wire gives it no id: (MaHoSo, ThoiDiemXuLy, TrangThai) is all there is to tell two apart. */
export interface PortalStep {
  readonly MaHoSo: string;
  /** At most 50 characters. */
  readonly NguoiXuLy: string;
  readonly ChucDanh: string;
  readonly ThoiDiemXuLy: string;
  readonly PhongBanXuLy: string;
  readonly NoiDungXuLy: string;
  readonly TrangThai: string;
  readonly NgayBatDau: string;
  readonly NgayKetThucTheoQuyDinh: string;
}

/** A dossier as the portal returns it. */
export interface PortalRecord {
  readonly dossier: Partial<PortalDossier> & { readonly MaHoSo: string };
  readonly steps: readonly PortalStep[];
}
