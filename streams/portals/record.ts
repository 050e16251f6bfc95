import { type PortalRecord, type PortalStep, PortalUnanswered } from '../../core/portal.ts';
import { isObject } from './judge.ts';

/** Where the portal puts the steps of a dossier. Assumed: what a lookup returns was not seen, but that it is a list. */
const STEPS = 'DanhSachTienDo';

/**
 * Reads the answer to a lookup. It is as strict as a lookup has consequences: a step that is overlooked here would be
 * sent again, and the portal would then have it twice.
 *
 * @returns null when the portal says that it has nothing
 * @throws PortalUnanswered when it cannot be told what the portal has
 */
export function readRecord(body: Readonly<Record<string, unknown>>, code: string): PortalRecord | null {
  const { result } = body;
  if (result === null) return null;
  if (!Array.isArray(result)) throw unreadable('result is no list');
  if (result.length === 0) return null;
  const [found] = result;
  if (result.length > 1) throw unreadable(`result holds ${result.length} dossiers where one was asked for`);
  if (!isObject(found) || found.MaHoSo !== code) throw unreadable('result holds another dossier than was asked for');
  const { [STEPS]: steps, ...dossier } = found;
  if (!Array.isArray(steps)) throw unreadable(`${STEPS} is no list`);
  return {
    dossier: { ...membersOf(dossier), MaHoSo: code },
    steps: steps.map((step) => readStep(step, code)),
  };
}

function readStep(given: unknown, code: string): PortalStep {
  if (!isObject(given)) throw unreadable(`${STEPS} holds something else than steps`);
  const text = (name: keyof PortalStep): string => textOf(given[name], name);
  const step = {
    MaHoSo: text('MaHoSo'),
    NguoiXuLy: text('NguoiXuLy'),
    ChucDanh: text('ChucDanh'),
    ThoiDiemXuLy: text('ThoiDiemXuLy'),
    PhongBanXuLy: text('PhongBanXuLy'),
    NoiDungXuLy: text('NoiDungXuLy'),
    TrangThai: text('TrangThai'),
    NgayBatDau: text('NgayBatDau'),
    NgayKetThucTheoQuyDinh: text('NgayKetThucTheoQuyDinh'),
  };
  if (step.MaHoSo !== code) throw unreadable(`${STEPS} holds a step of another dossier`);
  if (step.ThoiDiemXuLy === '' || step.TrangThai === '')
    throw unreadable(`${STEPS} holds a step without time or status`);
  return step;
}

/** The members as text; lists as lists of such members. */
function membersOf(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      Array.isArray(value) ? rowsOf(value, name) : textOf(value, name),
    ]),
  );
}

function rowsOf(rows: readonly unknown[], list: string): readonly Record<string, string>[] {
  return rows.map((row) => {
    if (!isObject(row)) throw unreadable(`${shown(list)} holds something else than rows`);
    return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, textOf(value, name)]));
  });
}

/** Portals write numbers and booleans as text, most of the time. */
function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value.normalize('NFC');
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  throw unreadable(`${shown(name)} is no text`);
}

/** A name the portal made up could be anything. */
function shown(name: string): string {
  return /^[A-Za-z]{1,40}$/.test(name) ? name : 'a member';
}

function unreadable(why: string): PortalUnanswered {
  return new PortalUnanswered(`the portal's answer cannot be read: ${why}`);
}
