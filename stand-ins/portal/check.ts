/** Holds what was sent against the rules of the fields. The first fault is answered, as such systems do. */

import type { FieldRule, Shape } from './fields.ts';

/** `code` is the portal's error code; the message is for people and, as in the field, may quote what was sent. */
export interface Refusal {
  code: string;
  message: string;
}

export type Sent = Record<string, unknown>;

const MOST_CHARACTERS = 2000;
const MOST_ROWS = 200;
const DOSSIER_CODE = /^(?:\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}|[A-Z]\d{2}(?:\.\d{2}){0,3})-(\d{6})-(?:\d{4}|\d{6,7})$/;
/** Digits of an identity by its kind. */
const IDENTITY_DIGITS: Readonly<Record<string, number>> = { 1: 12, 2: 9 };

export function checkShape(sent: unknown, shape: Shape, place = ''): Refusal | undefined {
  if (!isObject(sent)) return { code: '22', message: `Sai kiểu dữ liệu: ${place || 'phần tử'} phải là đối tượng` };
  const unknown = Object.keys(sent).find(
    (name) => !Object.hasOwn(shape.fields, name) && !Object.hasOwn(shape.lists, name),
  );
  if (unknown !== undefined) return { code: '21', message: `Trường không có trong quy định: ${place}${unknown}` };
  for (const [name, rule] of Object.entries(shape.fields)) {
    const refusal = checkField(sent[name], rule, place + name);
    if (refusal !== undefined) return refusal;
  }
  for (const [name, row] of Object.entries(shape.lists)) {
    const refusal = checkList(sent[name], row, place + name);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** What no single field shows: whose dossier it is, and that an identity has the digits of its kind. */
export function checkIdentity(sent: Sent): Refusal | undefined {
  if ((sent.LoaiDoiTuong === '1' || sent.LoaiDoiTuong === '2') && sent.SoGiayToChuHoSo === '') {
    return { code: '21', message: `Thiếu SoGiayToChuHoSo của chủ hồ sơ ${sent.ChuHoSo}` };
  }
  for (const identity of sent.DinhDanhCHS as Record<string, string>[]) {
    const digits = IDENTITY_DIGITS[identity.LoaiDinhDanh ?? ''];
    if (digits === undefined || !new RegExp(`^\\d{${digits}}$`).test(identity.SoDinhDanh ?? '')) {
      return { code: '25', message: `DinhDanhCHS không hợp lệ: ${identity.LoaiDinhDanh} - ${identity.SoDinhDanh}` };
    }
  }
  return undefined;
}

function checkList(sent: unknown, row: Shape, place: string): Refusal | undefined {
  if (sent === undefined) return { code: '21', message: `Thiếu trường ${place}` };
  if (!Array.isArray(sent)) return { code: '22', message: `Sai kiểu dữ liệu: ${place} phải là danh sách` };
  if (sent.length > MOST_ROWS) return { code: '24', message: `${place} có quá ${MOST_ROWS} phần tử` };
  for (const [index, each] of sent.entries()) {
    const refusal = checkShape(each, row, `${place}[${index}].`);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function checkField(sent: unknown, rule: FieldRule, place: string): Refusal | undefined {
  if (sent === undefined) return { code: '21', message: `Thiếu trường ${place}` };
  if (typeof sent !== 'string') return { code: '22', message: `Sai kiểu dữ liệu: ${place} phải là chuỗi ký tự` };
  const most = rule.most ?? MOST_CHARACTERS;
  if ([...sent].length > most) return { code: '24', message: `${place} dài quá ${most} ký tự` };
  if (sent === '') return rule.required === true ? { code: '21', message: `${place} không được để trống` } : undefined;
  return checkValue(sent, rule, place);
}

function checkValue(sent: string, rule: FieldRule, place: string): Refusal | undefined {
  switch (rule.kind) {
    case 'text':
      return undefined;
    case 'time':
      return isTime(sent) ? undefined : { code: '23', message: `${place} sai định dạng yyyyMMddHHmmss: "${sent}"` };
    case 'boolean':
      return /^(?:True|False)$/.test(sent)
        ? undefined
        : { code: '22', message: `${place} phải là "True" hoặc "False": "${sent}"` };
    case 'amount':
      return /^\d{1,15}(?:\.\d{1,4})?$/.test(sent)
        ? undefined
        : { code: '22', message: `${place} phải là số: "${sent}"` };
    case 'choice':
      return rule.values?.includes(sent) === true
        ? undefined
        : { code: '25', message: `${place} không có trong danh mục: "${sent}"` };
    case 'dossier-code':
      return isDossierCode(sent) ? undefined : { code: '26', message: `Mã hồ sơ "${sent}" sai cấu trúc` };
  }
}

function isDossierCode(text: string): boolean {
  const day = DOSSIER_CODE.exec(text)?.[1];
  return day !== undefined && isTime(`20${day}000000`);
}

function isTime(text: string): boolean {
  const parts = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text);
  if (parts === null) return false;
  const [, year, month, day, hour, minute, second] = parts;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // 31/02 rolls over into March.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(`${year}-${month}-${day}T${hour}`);
}

function isObject(value: unknown): value is Sent {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
