/** The catalogues the province's systems were set up with, read as plain data files. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import type { Agency, Place, Procedure } from './types.ts';

export interface Dated {
  /** YYYY-MM-DD or '': since ever, for ever. Both days count. */
  validFrom: string;
  validTo: string;
}

export interface Catalogues {
  procedures: readonly (Procedure & Dated)[];
  agencies: readonly (Agency & Dated)[];
  /** Places of the province itself, then the few outside it where people of the province live. */
  places: readonly Place[];
  placesElsewhere: readonly Place[];
  /** YYYY-MM-DD → 'holiday' or 'working' (a Saturday that is worked). */
  specialDays: ReadonlyMap<string, string>;
}

const standard = fileURLToPath(new URL('../../catalogues', import.meta.url));

export function readCatalogues(folder = standard): Catalogues {
  const rows = (file: string, fallback: string) => {
    const path = join(folder, file);
    return parse(existsSync(path) ? readFileSync(path) : fallback, { columns: true, bom: true, trim: true }) as Record<
      string,
      string
    >[];
  };
  const dated = (row: Record<string, string>): Dated => ({
    validFrom: row.valid_from ?? '',
    validTo: row.valid_to ?? '',
  });
  const places = joinPlaces(rows('places.csv', fallbackPlaces));
  return {
    procedures: rows('procedures.csv', fallbackProcedures).map((row) => ({
      code: row.code ?? '',
      title: row.title ?? '',
      field: row.field ?? '',
      sector: row.sector ?? '',
      level: row.level ?? '',
      durationHours: Number(row.duration_hours ?? 0),
      ...dated(row),
    })),
    agencies: rows('agencies.csv', fallbackAgencies).map((row) => ({
      code: row.code ?? '',
      title: row.title ?? '',
      level: row.level ?? '',
      parent: row.parent ?? '',
      oldCode: row.old_code ?? '',
      ...dated(row),
    })),
    ...places,
    specialDays: new Map(rows('holidays.csv', 'date,kind,title\n').map((row) => [row.date ?? '', row.kind ?? ''])),
  };
}

/** One Place for each way from an old commune to a new one; an old commune that was split gives several. */
function joinPlaces(rows: Record<string, string>[]): { places: Place[]; placesElsewhere: Place[] } {
  const old = rows.filter((row) => row.valid_to !== '');
  const current = rows.filter((row) => row.valid_to === '');
  const provinces = new Map(current.filter((row) => row.kind === 'province').map((row) => [row.code, row.title ?? '']));
  const districts = new Map(old.filter((row) => row.kind === 'district').map((row) => [row.code, row]));
  const communes = new Map(current.filter((row) => row.kind === 'commune').map((row) => [row.code, row]));
  const all: Place[] = [];
  for (const row of old) {
    const district = districts.get(row.parent);
    if (row.kind !== 'commune' || district === undefined) continue;
    for (const successor of (row.successors ?? '').split(';')) {
      const next = communes.get(successor);
      if (next === undefined) continue;
      all.push({
        old: {
          commune: row.code ?? '',
          communeName: row.title ?? '',
          district: district.code ?? '',
          districtName: district.title ?? '',
          province: district.parent ?? '',
          provinceName: provinces.get(district.parent) ?? '',
        },
        new: {
          commune: next.code ?? '',
          communeName: next.title ?? '',
          province: next.parent ?? '',
          provinceName: provinces.get(next.parent) ?? '',
        },
      });
    }
  }
  // The home province is the one with the most communes; the others are where some of its people moved to.
  const sizes = new Map<string, number>();
  for (const place of all) sizes.set(place.old.province, (sizes.get(place.old.province) ?? 0) + 1);
  const home = [...sizes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
  const elsewhere = all.filter((place) => place.old.province !== home);
  const places = all.filter((place) => place.old.province === home);
  return { places, placesElsewhere: elsewhere.length > 0 ? elsewhere : places };
}

const fallbackProcedures = `code,title,field,sector,level,duration_hours,valid_from,valid_to,replaced_by
1.001193,Đăng ký khai sinh,Hộ tịch,civil-status,commune,8,2023-01-01,,
1.000894,Đăng ký kết hôn,Hộ tịch,civil-status,commune,8,2023-01-01,,
1.000656,Đăng ký khai tử,Hộ tịch,civil-status,commune,8,2023-01-01,,
1.013977,Cấp đổi Giấy chứng nhận đã cấp,Đất đai,land,commune,40,2025-01-01,,
1.014016,Đăng ký thành lập hộ kinh doanh,Hộ kinh doanh,business-registration,commune,24,2025-01-01,,
2.001583,Đăng ký thành lập công ty,Thành lập và hoạt động của doanh nghiệp,business-registration,province,24,2023-01-01,,
`;
const fallbackAgencies = `code,title,level,parent,old_code,valid_from,valid_to
H41,Ủy ban nhân dân tỉnh Trà Giang,province,,000.00.00.H41,2020-01-01,
H41.01.01,Trung tâm Phục vụ hành chính công tỉnh Trà Giang,one-stop,H41,000.01.01.H41,2020-01-01,
H41.50,Ủy ban nhân dân phường Trà Giang,commune,H41,000.00.50.H41,2020-01-01,
H41.50.01,Trung tâm Phục vụ hành chính công phường Trà Giang,one-stop,H41.50,000.01.50.H41,2020-01-01,
`;
const fallbackPlaces = `code,title,kind,parent,valid_from,valid_to,successors
97,Tỉnh Trà Giang,province,,2004-01-01,,
981,Thành phố Trà Giang,district,97,2004-01-01,2025-06-30,
33001,Phường Trà Giang,commune,97,2025-07-01,,
33001,Phường Trần Phú,commune,981,2004-01-01,2025-06-30,33001
33004,Phường Lê Lợi,commune,981,2004-01-01,2025-06-30,33001
`;
