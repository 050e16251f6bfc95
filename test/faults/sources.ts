import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Database } from '../../drivers/database.ts';
import type { ExportOffice } from './export-office.ts';
import type { SourceDossier, SourceStep } from './invariants.ts';

/** Where the systems keep what they hold. */
export interface SourcePlaces {
  readonly land: Database;
  readonly branch: Database;
  readonly exporting: ExportOffice;
  /** Where the stand-ins keep their data. */
  readonly directory: string;
}

/** What the systems themselves hold, read from their own stores and not by the hub's connectors. */
export async function readSources({
  land,
  branch,
  exporting,
  directory,
}: SourcePlaces): Promise<ReadonlyMap<string, ReadonlyMap<string, SourceDossier>>> {
  return new Map([
    ['land', await readLand(land)],
    ['land-branch', await readLand(branch)],
    ['land-export', readExport(exporting)],
    ['one-stop', readCounter(directory)],
    ['civil-status', readCourses(directory, 'civil-status', CIVIL)],
    ['business-registration', readCourses(directory, 'business-registration', BUSINESS)],
  ]);
}

type Numbers = Readonly<Record<string, number>>;

const LAND: Numbers = { 10: 2, 20: 4, 21: 4, 22: 4, 30: 5, 40: 6, 50: 7, 60: 8, 70: 9, 80: 10 };
const COUNTER: Numbers = {
  ...{ new: 2, receiving: 1, processing: 4, waiting: 5, paying: 6 },
  ...{ cancelled: 7, unresolved: 8, releasing: 9, done: 10, denied: 3 },
};
const CIVIL_NUMBERS: Numbers = { 1: 4, 2: 5, 3: 4, 4: 9, 6: 3 };
const BUSINESS_NUMBERS: Numbers = {
  ...{ TIEP_NHAN: 2, DANG_XU_LY: 4, YEU_CAU_SUA_DOI: 5, CHO_NOP_LE_PHI: 6, CHAP_THUAN: 9, DA_TRA_KET_QUA: 10 },
  ...{ TU_CHOI: 3, DA_RUT: 7, DUNG_THU_LY: 8, 10: 2, 20: 4, 30: 5, 40: 6, 50: 9, 60: 10, 70: 3, 80: 7, 90: 8 },
};

async function readLand({ query }: Database): Promise<Map<string, SourceDossier>> {
  const found = new Map<string, SourceDossier & { steps: SourceStep[] }>();
  const dossiers = await query('select SOBIENNHAN as code, MATRANGTHAI as status, NGAYCAPNHAT as at from HS_HOSO', []);
  for (const { code, status, at } of dossiers) {
    found.set(String(code), { ...stated(LAND, String(status)), statusAt: utc(String(at)), steps: [] });
  }
  const steps = await query(
    'select SOBIENNHAN as code, MATRANGTHAI as status, NGAYCHUYEN as at from HS_LUANCHUYEN',
    [],
  );
  for (const { code, status, at } of steps) {
    found.get(String(code))?.steps.push({ ...stated(LAND, String(status)), at: utc(String(at)) });
  }
  return found;
}

function readExport(office: ExportOffice): Map<string, SourceDossier> {
  return new Map(
    [...office.dossiers().values()].map(({ code, status, statusAt, steps }) => [
      code,
      {
        ...stated(LAND, status),
        statusAt,
        steps: steps.map((step) => ({ ...stated(LAND, step.status), at: step.at })),
      },
    ]),
  );
}

function readCounter(directory: string): Map<string, SourceDossier> {
  const rows = readAll(directory, 'one-stop', 'select doc_code as code, body, traces from dossiers');
  return new Map(
    rows.map(({ code, body, traces }) => {
      const { status, lastUpdated } = JSON.parse(String(body)) as Record<string, string>;
      const steps = (JSON.parse(String(traces)) as string[][]).map((trace) => ({
        at: vietnamese(trace[4] ?? ''),
        ...stated(COUNTER, trace[5] ?? ''),
      }));
      return [String(code), { ...stated(COUNTER, status ?? ''), statusAt: vietnamese(lastUpdated ?? ''), steps }];
    }),
  );
}

interface CourseWords {
  readonly numbers: Numbers;
  readonly status: string;
  readonly statusAt: string;
  readonly steps: string;
  readonly stepAt: string;
  readonly stepStatus: string;
}

const CIVIL: CourseWords = {
  ...{ numbers: CIVIL_NUMBERS, status: 'trangThai', statusAt: 'ngayCapNhat' },
  ...{ steps: 'quaTrinh', stepAt: 'thoiDiem', stepStatus: 'trangThai' },
};
const BUSINESS: CourseWords = {
  ...{ numbers: BUSINESS_NUMBERS, status: 'TrangThai', statusAt: 'NgayCapNhat' },
  ...{ steps: 'LichSu', stepAt: 'ThoiGian', stepStatus: 'TrangThai' },
};

function readCourses(directory: string, name: string, words: CourseWords): Map<string, SourceDossier> {
  return new Map(
    readAll(directory, name, 'select code, body from dossier').map(({ code, body }) => {
      const course = JSON.parse(String(body)) as Record<string, unknown>;
      const steps = (course[words.steps] as Record<string, unknown>[]).map((step) => ({
        at: vietnamese(String(step[words.stepAt])),
        ...stated(words.numbers, String(step[words.stepStatus])),
      }));
      const status = stated(words.numbers, String(course[words.status]));
      return [String(code), { ...status, statusAt: vietnamese(String(course[words.statusAt])), steps }];
    }),
  );
}

function readAll(directory: string, name: string, sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(directory, `${name}.sqlite`), { readOnly: true, timeout: 5_000 });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

function stated(numbers: Numbers, status: string): { status: string; number: number | null } {
  return { status, number: numbers[status] ?? null };
}

/** '2026-10-08 01:12:44' as UTC milliseconds. */
function utc(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}Z`);
}

/** 'dd/MM/yyyy HH:mm', with seconds or without, or 'yyyy-MM-ddTHH:mm:ss', of the province's clock as UTC milliseconds. */
function vietnamese(text: string): number {
  const [, day, month, year, time] = /^(\d{2})\/(\d{2})\/(\d{4}) (\d{2}:\d{2}(?::\d{2})?)$/.exec(text) ?? [];
  return Date.parse(day === undefined ? `${text}+07:00` : `${year}-${month}-${day}T${time}+07:00`);
}
