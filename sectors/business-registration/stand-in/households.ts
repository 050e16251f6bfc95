/** Household businesses as a spreadsheet wrote them: the nightly drop, with all a spreadsheet loses. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf } from '../../../stand-ins/world/random.ts';
import type { Business, World } from '../../../stand-ins/world/types.ts';
import { encodeCp1258 } from './cp1258.ts';
import { localDay, writtenDate } from './dates.ts';
import { addressText } from './enterprises.ts';

export const columns = [
  'Mã số hộ kinh doanh',
  'Mã số thuế',
  'Tên hộ kinh doanh',
  'Chủ hộ',
  'Số giấy tờ chủ hộ',
  'Ngày sinh chủ hộ',
  'Địa chỉ',
  'Mã xã',
  'Mã ngành',
  'Ngành nghề',
  'Vốn kinh doanh',
  'Ngày đăng ký',
  'Tình trạng',
] as const;

export type HouseholdRow = Record<(typeof columns)[number], string>;

const rowsPerWrite = 1_000;
const dayMs = 86_400_000;

/** Last night's file and the one of the night before, in which some rows are not there yet and some are older. */
export function writeDrops(world: World, directory: string): number {
  mkdirSync(directory, { recursive: true });
  const households: number[] = [];
  for (let index = 0; index < world.counts.businesses; index += 1) {
    if (world.business(index).kind === 'household') households.push(index);
  }
  const drop = (night: number, indexes: number[], older: boolean): void => {
    const rows = indexes.map((index) => () => householdRow(world, world.business(index), { older }));
    writeDrop(directory, localDay(night).replaceAll('-', ''), rows);
  };
  const known = households.filter((index) => hashOf(world.seed, 'household/new', index) % 50 !== 0);
  drop(world.asOf - dayMs, known, true);
  drop(world.asOf, households, false);
  return households.length;
}

export function householdRow(world: World, business: Business, { older = false } = {}): HouseholdRow {
  const owner = world.identityIn('business-registration', business.representatives[0]?.person ?? 0);
  const main = business.activities.find((activity) => activity.main) ?? business.activities[0];
  const chance = (topic: string, sides: number): boolean =>
    hashOf(world.seed, `household/${topic}`, business.index) % sides === 0;
  const changed = older && chance('changed', 20);
  const capital = chance('capital', 3) ? business.capital.replace(/\B(?=(\d{3})+$)/g, '.') : business.capital;
  const number = owner.personalNumber ?? owner.oldNumber ?? '';
  return {
    'Mã số hộ kinh doanh': business.code,
    'Mã số thuế': asSpreadsheetNumber(business.taxCode, chance('tax-decimal', 6)),
    'Tên hộ kinh doanh': chance('quoted-name', 15) ? `${business.name} "Chi nhánh chợ"; ki-ốt số 1` : business.name,
    'Chủ hộ': owner.name,
    'Số giấy tờ chủ hộ': chance('kept-as-text', 10) ? number : asSpreadsheetNumber(number, chance('id-decimal', 25)),
    'Ngày sinh chủ hộ': writtenDate(owner.birthDate, 'slashed'),
    'Địa chỉ': chance('two-lines', 5) ? addressText(business).replace(', ', '\n') : addressText(business),
    'Mã xã': business.address.old.commune,
    'Mã ngành': asSpreadsheetNumber(main?.code ?? '', false),
    'Ngành nghề': main?.name ?? '',
    'Vốn kinh doanh': capital,
    'Ngày đăng ký': writtenDate(chance('year-only', 12) ? business.founded.slice(0, 4) : business.founded, 'slashed'),
    'Tình trạng': changed ? 'Tạm ngừng kinh doanh' : business.status.name,
  };
}

/** What is left of digits that were read as a number: no leading zeros, sometimes a '.0'. */
function asSpreadsheetNumber(digits: string, decimal: boolean): string {
  if (!/^\d+$/.test(digits)) return digits;
  const number = digits.replace(/^0+(?=\d)/, '');
  return decimal ? `${number}.0` : number;
}

/** Written under another name and renamed once: whoever sees the name sees the whole file. */
function writeDrop(directory: string, night: string, rows: (() => HouseholdRow)[]): void {
  const hidden = join(directory, `.ho-kinh-doanh-${night}.tmp`);
  const file = openSync(hidden, 'w');
  try {
    writeSync(file, encodeCp1258(csvLine(columns)));
    for (let first = 0; first < rows.length; first += rowsPerWrite) {
      const lines = rows.slice(first, first + rowsPerWrite).map((row) => csvLine(Object.values(row())));
      writeSync(file, encodeCp1258(lines.join('')));
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(hidden, join(directory, `ho-kinh-doanh-${night}.csv`));
}

/** A line break inside a cell stays LF; the line itself ends with CRLF. */
export function csvLine(cells: readonly string[]): string {
  const quoted = cells.map((cell) => (/[";\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell));
  return `${quoted.join(';')}\r\n`;
}
