import { decodeLegacy } from '../../connectors/text/decode.ts';
import { DOSSIER_STATUSES, type DossierStatusNumber } from '../../core/dossier.ts';
import type { MemoryRow } from '../tables/memory.ts';

/** Rows to what the API shows, as one writes it for these two systems and no other. */

type Text = string | null;

const textOf = (value: unknown): Text => (value === null || value === '' ? null : String(value));
/** People's names come with blanks around them and decomposed letters. */
const nameOf = (value: unknown): Text =>
  value === null || value === '' ? null : String(value).trim().normalize('NFC');
const landText = (row: MemoryRow, value: unknown): Text => {
  const text = nameOf(value);
  return text !== null && row.BANGMA === 'TCVN3' ? decodeLegacy(text, 'tcvn3') : text;
};
const birthDateOf = (value: unknown): Text =>
  value === null || value === '' ? null : String(value).split('/').reverse().join('-');
const dayOf = (value: unknown): Text => (value === null || value === '0000-00-00' ? null : String(value));
const numbersOf = (row: MemoryRow): string[] =>
  [row.SODDCN, row.SOCMND].filter((one) => one !== null && one !== '') as string[];

/** The land database writes UTC. */
function landTime(value: unknown): Text {
  if (value === null || value === '0000-00-00 00:00:00') return null;
  const text = value as string;
  const at = Date.UTC(
    Number(text.slice(0, 4)),
    Number(text.slice(5, 7)) - 1,
    Number(text.slice(8, 10)),
    Number(text.slice(11, 13)) + 7,
    Number(text.slice(14, 16)),
    Number(text.slice(17, 19)),
  );
  return `${new Date(at).toISOString().slice(0, 19)}+07:00`;
}

function counterTime(value: unknown): Text {
  if (value === null) return null;
  const text = value as string;
  return `${text.slice(0, 10)}T${text.slice(11)}+07:00`;
}

export interface HandStatement {
  readonly sector: string;
  readonly fullName: Text;
  readonly birthDate: Text;
  readonly gender: Text;
  readonly personalNumbers: readonly string[];
}

export function landStatement(row: MemoryRow): HandStatement {
  return {
    sector: 'land',
    fullName: landText(row, row.HOTEN),
    birthDate: birthDateOf(row.NGAYSINH),
    gender: row.GIOITINH === '1' ? 'MALE' : row.GIOITINH === '0' ? 'FEMALE' : null,
    personalNumbers: numbersOf(row),
  };
}

export function counterStatement(row: MemoryRow): HandStatement {
  return {
    sector: 'one-stop',
    fullName: nameOf(row.HOTEN),
    birthDate: birthDateOf(row.NGAYSINH),
    gender: row.GIOITINH === 'Nam' ? 'MALE' : 'FEMALE',
    personalNumbers: numbersOf(row),
  };
}

export interface Held {
  readonly id: number;
  /** The twelve-digit number of whom the record names. */
  readonly holder: Text;
}

export function parcelOf(row: MemoryRow) {
  return {
    id: row.THUADATID as number,
    holder: textOf(row.SODDCN),
    oldCommune: row.XAID,
    oldDistrict: row.KVHCID,
    sheet: row.SOHIEUTOBANDO,
    parcel: row.SOTHUTUTHUA,
    oldSheet: row.SOHIEUTOBANDOCU,
    oldParcel: row.SOTHUTUTHUACU,
    area: textOf(row.DIENTICH),
    legalArea: textOf(row.DIENTICHPHAPLY),
    notedArea: textOf(row.DIENTICHGHICHU)?.replaceAll('.', '').replace(',', '.') ?? null,
    address: landText(row, row.DIACHI),
    disputed: row.DANGTRANHCHAP === 1,
  };
}

export function useOf(row: MemoryRow) {
  const term = textOf(row.THOIHANSUDUNG);
  return {
    codes: (row.LOAIMUCDICHSUDUNGID as string).split('+'),
    area: textOf(row.DIENTICH),
    term,
    until: term !== null && /^\d/.test(term) ? birthDateOf(term) : null,
  };
}

export function landHolderOf(row: MemoryRow) {
  return { fullName: landText(row, row.HOTEN), order: row.THUTU, since: dayOf(row.NGAYBATDAU) };
}

export function certificateOf(row: MemoryRow) {
  return {
    id: row.GIAYCHUNGNHANID as number,
    holder: textOf(row.SODDCN ?? null),
    serial: row.SOPHATHANH,
    registerNumber: row.SOVAOSO,
    barcode: row.MAVACH,
    registeredOn: dayOf(row.NGAYVAOSO),
    issuedOn: dayOf(row.NGAYCAP),
    issuedBy: landText(row, row.COQUANCAP),
    signedBy: landText(row, row.TENNGUOIKY),
  };
}

export interface HandStatus {
  readonly sector: string;
  readonly code: string;
  readonly title: Text;
  readonly number: DossierStatusNumber | null;
  readonly at: Text;
}

const LAND_STATUSES: Readonly<Record<number, number>> = {
  10: 2,
  20: 4,
  21: 4,
  22: 4,
  30: 5,
  40: 6,
  50: 7,
  60: 8,
  70: 9,
  80: 10,
};
const KINDS: Readonly<Record<number, string>> = { 1: 'CITIZEN', 2: 'ENTERPRISE', 3: 'STATE_BODY', 4: 'OTHER' };
const CHANNELS: Readonly<Record<number, string>> = { 1: 'COUNTER', 2: 'ONLINE', 3: 'POST' };

export function statusOf(number: number | null) {
  return number === null ? undefined : DOSSIER_STATUSES[number - 1];
}

/** A dossier as the counter's software knows it. */
export function receptionOf(row: MemoryRow) {
  const number = row.TRANGTHAI as number;
  return {
    code: row.MAHOSO as string,
    procedureCode: row.MATHUTUC as string,
    procedureTitle: row.TENTHUTUC as string,
    agencyCode: row.MACOQUAN as string,
    applicant: { kind: KINDS[row.LOAIDOITUONG as number], name: nameOf(row.TENNGUOINOP) },
    channel: CHANNELS[row.KENH as number],
    status: {
      sector: 'one-stop',
      code: String(number),
      title: null,
      number,
      at: counterTime(row.NGAYCAPNHAT),
    } as HandStatus,
    receivedAt: counterTime(row.NGAYTIEPNHAN),
    dueAt: counterTime(row.NGAYHENTRA),
    finishedAt: counterTime(row.NGAYKETTHUC),
    returnedAt: counterTime(row.NGAYTRA),
  };
}

/** The same dossier as the land office's software knows it. */
export function courseOf(row: MemoryRow) {
  const own = row.MATRANGTHAI as number;
  return {
    status: {
      sector: 'land',
      code: String(own),
      title: textOf(row.TENTRANGTHAI),
      number: LAND_STATUSES[own] ?? null,
      at: landTime(row.NGAYCAPNHAT),
    } as HandStatus,
    finishedAt: landTime(row.NGAYKETTHUC),
  };
}

export interface HandStep {
  readonly sector: string;
  readonly officer: Text;
  readonly position: Text;
  readonly unit: Text;
  readonly content: Text;
  readonly at: Text;
  readonly status: Text;
}

export function counterStepOf(row: MemoryRow): HandStep {
  return {
    sector: 'one-stop',
    officer: textOf(row.NGUOIXULY),
    position: textOf(row.CHUCVU),
    unit: textOf(row.DONVI),
    content: textOf(row.NOIDUNG),
    at: counterTime(row.THOIDIEM),
    status: statusOf(row.TRANGTHAI as number)?.name ?? null,
  };
}

export function landStepOf(row: MemoryRow): HandStep {
  return {
    sector: 'land',
    officer: textOf(row.HOTEN),
    position: textOf(row.CHUCVU),
    unit: null,
    content: textOf(row.NOIDUNGXULY),
    at: landTime(row.NGAYCHUYEN),
    status: statusOf(LAND_STATUSES[row.MATRANGTHAI as number] ?? null)?.name ?? null,
  };
}

export function feeOf(row: MemoryRow) {
  return { title: textOf(row.TEN), code: textOf(row.MA), amount: textOf(row.SOTIEN), paid: row.DANOP === 1 };
}

export function resultOf(row: MemoryRow) {
  const day = dayOf(row.NGAYCAP);
  return { title: row.TENGIAYTO, code: row.SOGIAYTO, issuedAt: day === null ? null : `${day}T00:00:00+07:00` };
}
