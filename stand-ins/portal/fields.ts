/** What the portal takes: every field of a dossier and of a step, and what may stand in it. Data, so that it can be read. */

export interface FieldRule {
  kind: 'text' | 'time' | 'boolean' | 'amount' | 'choice' | 'dossier-code';
  /** Must not be empty. */
  required?: boolean;
  /** Most characters; 2,000 where nothing was stated. */
  most?: number;
  /** choice: the values, besides the empty text. */
  values?: readonly string[];
}

export interface Shape {
  fields: Readonly<Record<string, FieldRule>>;
  lists: Readonly<Record<string, Shape>>;
}

const text: FieldRule = { kind: 'text' };
const requiredText: FieldRule = { kind: 'text', required: true };
const time: FieldRule = { kind: 'time' };
const boolean: FieldRule = { kind: 'boolean' };
const code: FieldRule = { kind: 'dossier-code', required: true };
const status: FieldRule = {
  kind: 'choice',
  required: true,
  values: ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'],
};

function choice(...values: string[]): FieldRule {
  return { kind: 'choice', values };
}

function rows(fields: Record<string, FieldRule>): Shape {
  return { fields, lists: {} };
}

export const dossierShape: Shape = {
  fields: {
    MaHoSo: code,
    MaTTHC: requiredText,
    TenTTHC: text,
    MaLinhVuc: text,
    TenLinhVuc: text,
    KenhThucHien: choice('1', '2', '3'),
    ChuHoSo: requiredText,
    SoGiayToChuHoSo: text,
    LoaiDoiTuong: choice('1', '2', '3', '4'),
    MaDoiTuong: text,
    Email: text,
    SoDienThoai: text,
    TrichYeuHoSo: { kind: 'text', most: 1000 },
    NgayNopHoSo: time,
    NgayTiepNhan: time,
    NgayHenTra: time,
    TrangThaiHoSo: status,
    NgayKetThucXuLy: time,
    NgayTra: time,
    HinhThuc: choice('0', '1'),
    DonViXuLy: text,
    NgayTuChoi: time,
    ThongTinTra: text,
    GhiChu: text,
  },
  lists: {
    TaiLieuNop: rows({
      TepDinhKemId: text,
      TenTepDinhKem: text,
      IsDeleted: boolean,
      MaThanhPhanHoSo: text,
      DuongDanTaiTepTin: text,
      DuocSoHoa: boolean,
      DuocTaiSuDung: boolean,
    }),
    DanhSachLePhi: rows({
      TenPhiLePhi: text,
      MaPhiLePhi: text,
      HinhThucThu: text,
      Gia: { kind: 'amount' },
      LoaiPhiLePhi: text,
    }),
    DanhSachHoSoBoSung: rows({
      HoSoBoSungId: text,
      NguoiYeuCauBoSung: text,
      NoiDungBoSung: text,
      NgayBoSung: time,
      NguoiTiepNhanBoSung: text,
      ThongTinTiepNhan: text,
      NgayTiepNhanBoSung: time,
      TrangThaiBoSung: text,
      NgayHenTraTruoc: time,
      NgayHenTraMoi: time,
    }),
    DanhSachGiayToKetQua: rows({
      TenGiayTo: text,
      MaThanhPhanHoSo: text,
      GiayToId: text,
      DuongDanTepTinKetQua: text,
      MaGiayToKetQua: text,
    }),
    DinhDanhCHS: rows({ LoaiDinhDanh: choice('1', '2'), SoDinhDanh: requiredText }),
    DSKetNoiCSDL: rows({ MaCSDL: requiredText }),
  },
};

export const stepShape: Shape = rows({
  MaHoSo: code,
  NguoiXuLy: { kind: 'text', most: 50 },
  ChucDanh: text,
  ThoiDiemXuLy: { kind: 'time', required: true },
  PhongBanXuLy: text,
  NoiDungXuLy: text,
  TrangThai: status,
  NgayBatDau: time,
  NgayKetThucTheoQuyDinh: time,
});

/** What the portal writes under a status, for its own page. */
export const statusTitles: Readonly<Record<string, string>> = {
  1: 'Mới đăng ký',
  2: 'Được tiếp nhận',
  3: 'Không được tiếp nhận',
  4: 'Đang xử lý',
  5: 'Yêu cầu bổ sung giấy tờ',
  6: 'Yêu cầu thực hiện nghĩa vụ tài chính',
  7: 'Công dân yêu cầu rút hồ sơ',
  8: 'Dừng xử lý',
  9: 'Đã xử lý xong',
  10: 'Đã trả kết quả',
};
