/**
 * Everything the two queries read, as a good engineer would write it by hand: only the columns needed, one statement
 * for many keys. The names are those of the sectors' entities and lookups.
 */
export interface Read {
  readonly system: 'land' | 'one-stop';
  /** `alias.COLUMN`; a row holds the bare column names. */
  readonly columns: readonly string[];
  readonly from: string;
  /** Columns of which each may hold a key. */
  readonly keys: readonly string[];
  readonly where?: string;
  readonly order?: string;
}

const HOLDER = 'join DC_CANHAN person on person.CANHANID = holding.CANHANID';
const PARCEL =
  'parcel.THUADATID parcel.XAID parcel.KVHCID parcel.SOHIEUTOBANDO parcel.SOTHUTUTHUA parcel.SOHIEUTOBANDOCU parcel.SOTHUTUTHUACU parcel.DIENTICH parcel.DIENTICHPHAPLY parcel.DIENTICHGHICHU parcel.DIACHI parcel.BANGMA parcel.DANGTRANHCHAP';
const CERTIFICATE =
  'certificate.GIAYCHUNGNHANID certificate.SOPHATHANH certificate.SOVAOSO certificate.MAVACH certificate.NGAYVAOSO certificate.NGAYCAP certificate.COQUANCAP certificate.TENNGUOIKY certificate.BANGMA';
const PERSON = 'person.SODDCN person.SOCMND person.NGAYSINH';
const NUMBERS = ['person.SODDCN', 'person.SOCMND'];

export const READS = {
  'person.number': {
    system: 'land',
    columns: split(`${PERSON} person.HOTEN person.BANGMA person.GIOITINH`),
    from: 'DC_CANHAN person',
    keys: NUMBERS,
  },
  'parcel.holder': {
    system: 'land',
    columns: split(`${PARCEL} ${PERSON}`),
    from: `DC_THUADAT parcel join DC_QUYENSUDUNGDAT holding on holding.THUADATID = parcel.THUADATID ${HOLDER}`,
    keys: NUMBERS,
    where: 'parcel.ISLASTEST = 1 and holding.ISLASTEST = 1',
  },
  'certificate.holder': {
    system: 'land',
    columns: split(`${CERTIFICATE} ${PERSON}`),
    from: `DC_GIAYCHUNGNHAN certificate join DC_QUYENSUDUNGDAT holding on holding.GIAYCHUNGNHANID = certificate.GIAYCHUNGNHANID ${HOLDER}`,
    keys: NUMBERS,
    where: 'holding.ISLASTEST = 1',
  },
  'certificate.parcel': {
    system: 'land',
    columns: split(`${CERTIFICATE} holding.THUADATID`),
    from: 'DC_GIAYCHUNGNHAN certificate join DC_QUYENSUDUNGDAT holding on holding.GIAYCHUNGNHANID = certificate.GIAYCHUNGNHANID',
    keys: ['holding.THUADATID'],
    where: 'holding.ISLASTEST = 1',
  },
  'use.parcel': {
    system: 'land',
    columns: split(
      'purpose.MUCDICHSUDUNGID purpose.THUADATID purpose.LOAIMUCDICHSUDUNGID purpose.DIENTICH purpose.THOIHANSUDUNG',
    ),
    from: 'DC_MUCDICHSUDUNG purpose',
    keys: ['purpose.THUADATID'],
  },
  'landHolder.parcel': {
    system: 'land',
    columns: split(
      'holding.QUYENSUDUNGDATID holding.THUADATID holding.THUTU holding.NGAYBATDAU person.HOTEN person.BANGMA',
    ),
    from: `DC_QUYENSUDUNGDAT holding ${HOLDER}`,
    keys: ['holding.THUADATID'],
    where: 'holding.ISLASTEST = 1',
    order: 'holding.THUTU',
  },
  'dossier.code': {
    system: 'land',
    columns: split(
      'dossier.SOBIENNHAN dossier.MATHUTUC dossier.MATRANGTHAI known.TENTRANGTHAI dossier.NGAYCAPNHAT dossier.NGAYTIEPNHAN dossier.NGAYHENTRA dossier.NGAYKETTHUC',
    ),
    from: 'HS_HOSO dossier left join DM_TRANGTHAI known on known.MATRANGTHAI = dossier.MATRANGTHAI',
    keys: ['dossier.SOBIENNHAN'],
  },
  'step.dossier': {
    system: 'land',
    columns: split(
      'step.LUANCHUYENID step.SOBIENNHAN step.NOIDUNGXULY step.NGAYCHUYEN step.MATRANGTHAI officer.HOTEN officer.CHUCVU',
    ),
    from: 'HS_LUANCHUYEN step left join DM_CANBO officer on officer.MACANBO = step.MACANBONHAN',
    keys: ['step.SOBIENNHAN'],
    order: 'step.STT',
  },
  'result.dossier': {
    system: 'land',
    columns: split('result.KETQUAID result.SOBIENNHAN result.TENGIAYTO result.SOGIAYTO result.NGAYCAP'),
    from: 'HS_KETQUA result',
    keys: ['result.SOBIENNHAN'],
  },
  'applicant.number': {
    system: 'one-stop',
    columns: split('applicant.HOTEN applicant.SODDCN applicant.SOCMND applicant.NGAYSINH applicant.GIOITINH'),
    from: 'MC_NGUOINOP applicant',
    keys: ['applicant.SODDCN', 'applicant.SOCMND'],
  },
  'dossier.applicant': {
    system: 'one-stop',
    columns: split(
      'dossier.MAHOSO dossier.MATHUTUC dossier.TENTHUTUC dossier.MACOQUAN dossier.LOAIDOITUONG dossier.TENNGUOINOP dossier.SONGUOINOP dossier.KENH dossier.TRANGTHAI dossier.NGAYCAPNHAT dossier.NGAYTIEPNHAN dossier.NGAYHENTRA dossier.NGAYKETTHUC dossier.NGAYTRA',
    ),
    from: 'MC_HOSO dossier',
    keys: ['dossier.SONGUOINOP'],
  },
  'trace.dossier': {
    system: 'one-stop',
    columns: split(
      'trace.ID trace.MAHOSO trace.NGUOIXULY trace.CHUCVU trace.DONVI trace.NOIDUNG trace.THOIDIEM trace.TRANGTHAI',
    ),
    from: 'MC_XULY trace',
    keys: ['trace.MAHOSO'],
    order: 'trace.STT',
  },
  'fee.dossier': {
    system: 'one-stop',
    columns: split('fee.ID fee.MAHOSO fee.TEN fee.MA fee.SOTIEN fee.DANOP'),
    from: 'MC_LEPHI fee',
    keys: ['fee.MAHOSO'],
  },
  'counterList.code': {
    system: 'one-stop',
    columns: split('list.MALICH list.DANHSACH'),
    from: 'MC_LICH list',
    keys: ['list.MALICH'],
  },
} as const satisfies Readonly<Record<string, Read>>;

export type ReadName = keyof typeof READS;

/** @param condition on the keys; every row of the tables when absent */
export function selectOf(read: Read, condition?: string): string {
  const where = [condition && `(${condition})`, read.where].filter((one) => one !== undefined).join(' and ');
  return [
    `select ${read.columns.join(', ')} from ${read.from}`,
    where === '' ? '' : `where ${where}`,
    read.order === undefined ? '' : `order by ${read.order}`,
  ].join(' ');
}

export function bare(column: string): string {
  return column.slice(column.indexOf('.') + 1);
}

function split(columns: string): readonly string[] {
  return columns.split(/\s+/);
}
