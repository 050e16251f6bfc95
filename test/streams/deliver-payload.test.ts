import { describe, expect, it } from 'vitest';
import type { DossierView } from '../../core/dossier.ts';
import type { FieldFault } from '../../core/event.ts';
import { factsOf, type StoredView } from '../../streams/deliver/facts.ts';
import { clip, portalAgency, portalDossier } from '../../streams/deliver/payload.ts';
import { portalSteps } from '../../streams/deliver/steps.ts';
import { validate } from '../../streams/deliver/validate.ts';
import { at, catalogues, codeOf, NOW, reception, SECTORS, stated, step } from './deliver-stage.ts';

const CODE = codeOf(1);
const roles = new Map(SECTORS.map(({ id, role }) => [id, role]));

function factsFor(
  change: Partial<DossierView> = {},
  course?: Partial<DossierView>,
  faults: readonly FieldFault[] = [],
) {
  const views: StoredView[] = [
    { sector: 'one-stop', deleted: false, view: reception(CODE, change), faults, recordedAt: 0 },
    ...(course === undefined
      ? []
      : [{ sector: 'land', deleted: false, view: { code: CODE, ...course }, faults: [], recordedAt: 0 }]),
  ];
  return factsOf(CODE, views, { roles, catalogues });
}

describe('what the portal is sent', () => {
  it('is every field of its protocol, and nothing else', () => {
    const dossier = portalDossier(
      factsFor(
        {
          applicantNumbers: ['123456789', '001085004213'],
          applicantPhone: '0912345678',
          applicantEmail: 'hoa@example.vn',
          summary: 'Đăng ký biến động',
          submittedAt: at('2026-10-07T20:00:00'),
          returnMethod: 'POST',
          returnedAt: at('2026-10-13T09:00:00'),
          papers: [{ code: 'TP01', title: 'Đơn', fileName: 'don.pdf', digitised: true }],
          fees: [{ title: 'Lệ phí', code: 'LP1', amount: '50000', paid: true }],
          supplementRequests: [
            {
              reason: 'Thiếu bản sao',
              requestedBy: 'Trần Văn An',
              requestedAt: at('2026-10-09T10:00:00'),
              receivedAt: null,
              oldDueAt: at('2026-10-20T17:00:00'),
              newDueAt: at('2026-10-22T17:00:00'),
            },
          ],
        },
        { results: [{ title: 'Giấy chứng nhận', code: 'CN 123', issuedAt: null }] },
      ),
    );
    expect(dossier).toEqual({
      MaHoSo: CODE,
      MaTTHC: '1.012790',
      TenTTHC: catalogues.procedures.byCode('1.012790')?.title,
      MaLinhVuc: '',
      TenLinhVuc: 'Đất đai',
      KenhThucHien: '1',
      ChuHoSo: 'Nguyễn Thị Hoa',
      SoGiayToChuHoSo: '001085004213',
      LoaiDoiTuong: '1',
      MaDoiTuong: '',
      Email: 'hoa@example.vn',
      SoDienThoai: '0912345678',
      TrichYeuHoSo: 'Đăng ký biến động',
      NgayNopHoSo: '20261007200000',
      NgayTiepNhan: '20261008081244',
      NgayHenTra: '20261020170000',
      TrangThaiHoSo: '9',
      NgayKetThucXuLy: '20261012160000',
      NgayTra: '20261013090000',
      HinhThuc: '1',
      DonViXuLy: 'Văn phòng Đăng ký đất đai tỉnh',
      NgayTuChoi: '',
      ThongTinTra: '',
      GhiChu: '',
      TaiLieuNop: [
        {
          TepDinhKemId: '',
          TenTepDinhKem: 'don.pdf',
          IsDeleted: 'False',
          MaThanhPhanHoSo: 'TP01',
          DuongDanTaiTepTin: '',
          DuocSoHoa: 'True',
          DuocTaiSuDung: '',
        },
      ],
      DanhSachLePhi: [{ TenPhiLePhi: 'Lệ phí', MaPhiLePhi: 'LP1', HinhThucThu: '', Gia: '50000', LoaiPhiLePhi: '' }],
      DanhSachHoSoBoSung: [
        {
          HoSoBoSungId: '1',
          NguoiYeuCauBoSung: 'Trần Văn An',
          NoiDungBoSung: 'Thiếu bản sao',
          NgayBoSung: '20261009100000',
          NguoiTiepNhanBoSung: '',
          ThongTinTiepNhan: '',
          NgayTiepNhanBoSung: '',
          TrangThaiBoSung: '',
          NgayHenTraTruoc: '20261020170000',
          NgayHenTraMoi: '20261022170000',
        },
      ],
      DanhSachGiayToKetQua: [
        {
          TenGiayTo: 'Giấy chứng nhận',
          MaThanhPhanHoSo: '',
          GiayToId: '',
          DuongDanTepTinKetQua: '',
          MaGiayToKetQua: 'CN 123',
        },
      ],
      DinhDanhCHS: [
        { LoaiDinhDanh: '1', SoDinhDanh: '001085004213' },
        { LoaiDinhDanh: '2', SoDinhDanh: '123456789' },
      ],
      DSKetNoiCSDL: [],
    });
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const)('says status %i as it is', (number) => {
    expect(portalDossier(factsFor({ status: stated(number) })).TrangThaiHoSo).toBe(String(number));
  });

  it('names an enterprise by its code, and whoever came for it not as the applicant', () => {
    const change = { applicantKind: 'ENTERPRISE', applicantNumbers: ['001085004213', '0100233488'] } as const;
    expect(portalDossier(factsFor(change))).toMatchObject({ SoGiayToChuHoSo: '0100233488', DinhDanhCHS: [] });
  });

  it('says the short code of a procedure that is stated by its long one', () => {
    expect(portalDossier(factsFor({ procedureCode: '1.012790.000.00.00.H41' })).MaTTHC).toBe('1.012790');
  });

  it('is sent for the agency by its identifier in the older order', () => {
    const { agency } = factsFor();
    expect(agency && portalAgency(agency)).toBe('000.01.07.H41');
  });

  it('cuts long texts by letters, and none of them in half', () => {
    expect(portalDossier(factsFor({ summary: 'ệ'.repeat(1_200) })).TrichYeuHoSo).toBe('ệ'.repeat(1_000));
    expect(clip(`${'a'.repeat(49)}𠀀`, 50)).toBe('a'.repeat(49));
    const [sent] = portalSteps(factsFor({ steps: [step({ at: NOW, officer: 'Đ'.repeat(60) })] }));
    expect(sent?.NguoiXuLy).toBe('Đ'.repeat(50));
  });

  it('writes each step in the fields of its protocol, in the order of time, in Vietnamese time', () => {
    const due = at('2026-10-15T17:00:00');
    const own = step({ at: at('2026-10-09T00:30:00'), position: 'Chuyên viên', unit: 'Phòng 1', dueAt: due });
    expect(portalSteps(factsFor({ steps: [own] }, { steps: [step({ at: at('2026-10-08T23:59:59') })] }))).toEqual([
      expect.objectContaining({ ThoiDiemXuLy: '20261008235959' }),
      {
        MaHoSo: CODE,
        NguoiXuLy: 'Cán bộ',
        ChucDanh: 'Chuyên viên',
        ThoiDiemXuLy: '20261009003000',
        PhongBanXuLy: 'Phòng 1',
        NoiDungXuLy: 'Xử lý',
        TrangThai: '4',
        NgayBatDau: '',
        NgayKetThucTheoQuyDinh: '20261015170000',
      },
    ]);
  });

  it('sends one of two steps that the wire cannot tell apart: the one that says more, whoever says it', () => {
    const bare = step({ at: NOW, content: null });
    const full = step({ at: NOW, content: 'Chuyển phòng đăng ký', unit: 'Phòng 1' });
    for (const [one, other] of [
      [bare, full],
      [full, bare],
    ] as const) {
      expect(portalSteps(factsFor({ steps: [one] }, { steps: [other] }))).toEqual([
        expect.objectContaining({ NoiDungXuLy: 'Chuyển phòng đăng ký' }),
      ]);
    }
  });

  it('leaves out steps without a time or without one of the ten statuses, since the portal has no place for them', () => {
    const steps = [
      step({ at: null }),
      step({ at: NOW, status: stated(null, 'archived') }),
      step({ at: NOW, status: null }),
    ];
    expect(portalSteps(factsFor({ steps }))).toEqual([]);
  });
});

describe('what is held back', () => {
  const reasonsFor = (change: Partial<DossierView>, faults: readonly FieldFault[] = []) =>
    validate(factsFor(change, undefined, faults), NOW).map(({ code }) => code);

  it('is nothing of a dossier in order', () => {
    expect(reasonsFor({})).toEqual([]);
  });

  it.each<[string, Partial<DossierView>, readonly string[]]>([
    ['no number of a citizen', { applicantNumbers: [] }, ['MISSING_IDENTITY']],
    ['no number and no kind', { applicantNumbers: null, applicantKind: null }, ['MISSING_IDENTITY']],
    [
      'no code of an enterprise, only its representative’s number',
      { applicantKind: 'ENTERPRISE' },
      ['MISSING_IDENTITY'],
    ],
    ['a state body without a number', { applicantKind: 'STATE_BODY', applicantNumbers: [] }, []],
    ['a number that lost a digit', { applicantNumbers: ['00108500421'] }, ['IDENTITY_MALFORMED']],
    ['a number of eights and an enterprise code', { applicantNumbers: ['0100233480'] }, ['IDENTITY_MALFORMED']],
    ['a nine-digit number', { applicantNumbers: ['123456789'] }, []],
    ['no name', { applicantName: ' ' }, ['NAME_MISSING']],
    ['a procedure in no catalogue', { procedureCode: '1.999999' }, ['UNKNOWN_PROCEDURE']],
    ['no procedure', { procedureCode: null }, ['UNKNOWN_PROCEDURE']],
    ['an agency in no catalogue', { agencyCode: 'H99.01' }, ['UNKNOWN_AGENCY']],
    ['an agency in the older order', { agencyCode: '000.01.07.H41' }, []],
    ['due before it was received', { dueAt: at('2026-10-01T00:00:00') }, ['DATES_OUT_OF_ORDER']],
    ['finished before it was received', { finishedAt: at('2026-10-07T16:00:00') }, ['DATES_OUT_OF_ORDER']],
    [
      'finished on the day of reception by a system that keeps days only',
      { finishedAt: at('2026-10-08T00:00:00') },
      [],
    ],
    ['returned before it was finished', { returnedAt: at('2026-10-11T16:00:00') }, ['DATES_OUT_OF_ORDER']],
    [
      'received two hours from now',
      { receivedAt: NOW + 7_200_000, dueAt: null, finishedAt: null },
      ['DATES_OUT_OF_ORDER'],
    ],
    ['received half an hour from now', { receivedAt: NOW + 1_800_000, dueAt: null, finishedAt: null }, []],
    ['finished late', { finishedAt: at('2026-11-01T16:00:00') }, []],
    ['a status of none of the ten', { status: stated(null, 'archived') }, ['UNKNOWN_STATUS']],
    ['no status at all', { status: null }, ['UNKNOWN_STATUS']],
  ])('%s', (_, change, expected) => {
    expect(reasonsFor(change)).toEqual(expected);
  });

  it.each([
    ['H41.12-261008-0001', true],
    ['000.00.06.H56-231027-0361', true],
    ['H15.50.05.13-261008-0975', true],
    ['H56-240823-1234567', true],
    ['H41.12-261308-0001', false],
    ['H41.12-260230-0001', false],
    ['H41.12-261008-00001', false],
    ['H41.12-261008-001', false],
    ['X4-261008-0001', false],
    ['khong phai ma', false],
  ])('a code by its pattern: %s', (code, sound) => {
    const facts = factsOf(
      code,
      [{ sector: 'one-stop', deleted: false, view: reception(code), faults: [], recordedAt: 0 }],
      {
        roles,
        catalogues,
      },
    );
    expect(validate(facts, NOW).map((hold) => hold.code)).toEqual(sound ? [] : ['CODE_PATTERN']);
  });

  it('a status that could not be read, and a field that could not be', () => {
    expect(reasonsFor({}, [{ field: 'status', reason: 'expected a word' }])).toEqual(['STATUS_UNREADABLE']);
    expect(reasonsFor({}, [{ field: 'dueAt', reason: 'expected a time' }])).toEqual(['FIELD_UNREADABLE']);
  });

  it('nothing for a title that may not be shown: the portal gets those of the catalogue', () => {
    const faults = ['statusTitle', 'procedureTitle'].map((field) => ({ field, reason: 'expected a title' }));
    expect(reasonsFor({}, faults)).toEqual([]);
  });

  it('nothing for a field that another system speaks for', () => {
    const views: StoredView[] = [
      { sector: 'one-stop', deleted: false, view: reception(CODE), faults: [], recordedAt: 0 },
      {
        sector: 'land',
        deleted: false,
        view: { code: CODE },
        faults: [{ field: 'dueAt', reason: 'expected a time' }],
        recordedAt: 0,
      },
    ];
    expect(validate(factsOf(CODE, views, { roles, catalogues }), NOW)).toEqual([]);
  });

  it('says what to do and where, and nothing personal', () => {
    const holds = validate(factsFor({ applicantNumbers: ['99'], procedureCode: null, status: null }), NOW);
    for (const { text, fields } of holds) {
      expect(text).toMatch(/Đề nghị .+ trên|Đề nghị .+ (?:danh mục|hệ thống)/);
      expect(text).not.toMatch(/Hoa|99/);
      expect(fields).not.toEqual([]);
    }
  });
});
