/**
 * Everything the two queries read, as a good engineer would write it by hand: only the columns needed, one statement
 * for many keys. The names are those of the sectors' entities and lookups.
 */
export interface Read {
  /** `index`: the hub's own store, which every server reads dossiers from. */
  readonly system: 'land' | 'one-stop' | 'index';
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
    columns: split(`${CERTIFICATE} holding.THUADATID ${PERSON}`),
    from: `DC_GIAYCHUNGNHAN certificate join DC_QUYENSUDUNGDAT holding on holding.GIAYCHUNGNHANID = certificate.GIAYCHUNGNHANID ${HOLDER}`,
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
  'applicant.number': {
    system: 'one-stop',
    columns: split('applicant.HOTEN applicant.SODDCN applicant.SOCMND applicant.NGAYSINH applicant.GIOITINH'),
    from: 'MC_NGUOINOP applicant',
    keys: ['applicant.SODDCN', 'applicant.SOCMND'],
  },
  'counterList.code': {
    system: 'one-stop',
    columns: split('list.MALICH list.DANHSACH'),
    from: 'MC_LICH list',
    keys: ['list.MALICH'],
  },
  'place.applicant': {
    system: 'index',
    columns: split('stated.number dossier.code dossier.received_at'),
    from: 'dossier_number stated join dossier on dossier.code = stated.code',
    keys: ['stated.number'],
    where: 'dossier.deleted = 0',
  },
  'view.dossier': {
    system: 'index',
    columns: split('current.code current.sector current.view'),
    from: 'dossier_view current',
    keys: ['current.code'],
    where: 'current.deleted = 0',
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
