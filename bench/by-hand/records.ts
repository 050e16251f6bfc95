import { decodeLegacy } from '../../connectors/text/decode.ts';
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
