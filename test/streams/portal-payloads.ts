import type { PortalDossier, PortalStep } from '../../core/portal.ts';

/** The code of the n-th dossier of a day, as a province writes it. */
export function codeOf(sequence: number): string {
  return `H41.58.01-261118-${String(sequence).padStart(4, '0')}`;
}

/** A dossier the portal takes. Its person is made up. */
export function dossierOf(code: string, changes: Partial<PortalDossier> = {}): PortalDossier {
  return {
    MaHoSo: code,
    MaTTHC: '1.004194',
    TenTTHC: 'Đăng ký tạm trú',
    MaLinhVuc: 'G01-QLCT',
    TenLinhVuc: 'Quản lý cư trú',
    KenhThucHien: '1',
    ChuHoSo: 'Nguyễn Văn Hoà',
    SoGiayToChuHoSo: '001085004213',
    LoaiDoiTuong: '1',
    MaDoiTuong: '',
    Email: 'hoa.nguyen@example.vn',
    SoDienThoai: '0905123456',
    TrichYeuHoSo: 'Đăng ký tạm trú cho hộ gia đình',
    NgayNopHoSo: '20261118085422',
    NgayTiepNhan: '20261118094122',
    NgayHenTra: '20261125094122',
    TrangThaiHoSo: '4',
    NgayKetThucXuLy: '',
    NgayTra: '',
    HinhThuc: '0',
    DonViXuLy: 'Trung tâm Phục vụ hành chính công xã An Phước',
    NgayTuChoi: '',
    ThongTinTra: '',
    GhiChu: '',
    TaiLieuNop: [
      {
        TepDinhKemId: '1',
        TenTepDinhKem: 'to-khai.pdf',
        IsDeleted: 'False',
        MaThanhPhanHoSo: '1.004194-G1',
        DuongDanTaiTepTin: '',
        DuocSoHoa: 'True',
        DuocTaiSuDung: 'False',
      },
    ],
    DanhSachLePhi: [{ TenPhiLePhi: 'Lệ phí', MaPhiLePhi: 'LP01', HinhThucThu: '1', Gia: '15000', LoaiPhiLePhi: '2' }],
    DanhSachHoSoBoSung: [],
    DanhSachGiayToKetQua: [],
    DinhDanhCHS: [{ LoaiDinhDanh: '1', SoDinhDanh: '001085004213' }],
    DSKetNoiCSDL: [],
    ...changes,
  };
}

/** The n-th step of a dossier, an hour after the one before. */
export function stepOf(code: string, index: number, changes: Partial<PortalStep> = {}): PortalStep {
  return {
    MaHoSo: code,
    NguoiXuLy: 'Trịnh Thị Nguyệt',
    ChucDanh: 'Công chức một cửa',
    ThoiDiemXuLy: `20261118${String(8 + index).padStart(2, '0')}0000`,
    PhongBanXuLy: 'Bộ phận Một cửa',
    NoiDungXuLy: `Bước ${index}`,
    TrangThai: '4',
    NgayBatDau: '20261118080000',
    NgayKetThucTheoQuyDinh: '',
    ...changes,
  };
}
