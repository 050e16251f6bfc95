/** The civil status service: four questions, each with up to 50 keys. */
import type { DatabaseSync } from 'node:sqlite';

const maximumKeys = 50;
const modules = ['KS', 'KT', 'KH'];

export interface RestReply {
  status: number;
  body: string;
}

type Failure = { code: 'HT01' | 'HT02' | 'HT03' | 'HT04'; text: string };
type Answer = string[] | Failure;

interface Row {
  body: string;
  number?: string;
}

/** `answer(path, body)`: undefined for a path this service does not have. */
export function createRest(database: DatabaseSync, { province }: { province: string }) {
  const routes: Record<string, (asked: Record<string, unknown>) => Answer> = {
    '/tra-cuu/ho-tich': eventsByNumber,
    '/tra-cuu/nguoi': personsByNumber,
    '/tra-cuu/so-dang-ky': eventsByEntry,
    '/ho-so/trang-thai': courses,
  };
  // An array bound as one JSON text: any number of keys, one prepared statement.
  const events = database.prepare(`select e.body, n.number, e.module from json_each(?) k
    join event_number n on n.number = k.value join event e on e.id = n.event order by e.id`);
  const persons = database.prepare(`select p.body, n.number from json_each(?) k
    join person_number n on n.number = k.value join person p on p.id = n.person order by p.id`);
  const entries = database.prepare('select body, commune from event where number = ? and book = ? and module = ?');
  const dossiers = database.prepare(`select d.body, d.module from json_each(?) k
    join dossier d on d.code = k.value order by d.code`);

  return function answer(path: string, body: string): RestReply | undefined {
    const route = routes[path];
    if (!route) return undefined;
    const asked = readObject(body);
    const result = asked ? route(asked) : failure('HT01', 'Thân yêu cầu không phải một đối tượng JSON');
    return { status: 200, body: Array.isArray(result) ? success(result) : refused(result) };
  };

  function eventsByNumber(asked: Record<string, unknown>): Answer {
    const numbers = keysOf(asked.SoDDCN, 'SoDDCN', /^(\d{9}|\d{12})$/);
    if (!Array.isArray(numbers)) return numbers;
    const wanted = modulesOf(asked);
    if (!Array.isArray(wanted)) return wanted;
    const rows = events.all(JSON.stringify(numbers)) as unknown as (Row & { module: string })[];
    return withAskedNumbers(rows.filter((row) => wanted.includes(row.module)));
  }

  function personsByNumber(asked: Record<string, unknown>): Answer {
    const numbers = keysOf(asked.SoDDCN, 'SoDDCN', /^(\d{9}|\d{12})$/);
    if (!Array.isArray(numbers)) return numbers;
    return withAskedNumbers(persons.all(JSON.stringify(numbers)) as unknown as Row[]);
  }

  function eventsByEntry(asked: Record<string, unknown>): Answer {
    if (!Array.isArray(asked.danhSach)) return failure('HT01', 'danhSach phải là mảng');
    if (asked.danhSach.length > maximumKeys) return tooMany();
    const found: string[] = [];
    for (const key of asked.danhSach as unknown[]) {
      const { module, soDangKy, quyenSo, maXaDangKy } = (key ?? {}) as Record<string, unknown>;
      if (typeof module !== 'string' || typeof soDangKy !== 'string' || typeof quyenSo !== 'string') {
        return failure('HT01', 'Mỗi mục cần module, soDangKy và quyenSo');
      }
      if (!modules.includes(module)) return failure('HT04', `module ${module} không có`);
      const rows = entries.all(soDangKy, quyenSo, module) as unknown as (Row & { commune: string })[];
      const here = rows.filter((row) => maXaDangKy === undefined || row.commune === maXaDangKy);
      found.push(...here.map((row) => appended(row.body, [])));
    }
    return [...new Set(found)];
  }

  function courses(asked: Record<string, unknown>): Answer {
    const codes = keysOf(asked.maDinhDanhHoSo, 'maDinhDanhHoSo', /^.{1,64}$/);
    if (!Array.isArray(codes)) return codes;
    const wanted = modulesOf(asked);
    if (!Array.isArray(wanted)) return wanted;
    const rows = dossiers.all(JSON.stringify(codes)) as unknown as (Row & { module: string })[];
    return rows.filter((row) => wanted.includes(row.module.replace('LT', ''))).map((row) => row.body);
  }

  function modulesOf({ maTinh, module }: Record<string, unknown>): string[] | Failure {
    if (maTinh !== undefined && maTinh !== province) return failure('HT03', `maTinh phải là ${province}`);
    if (module === undefined || module === null || module === '') return modules;
    const asked = (Array.isArray(module) ? module : [module]).map((name) => String(name).replace(/^LT/, ''));
    const strange = asked.find((name) => !modules.includes(name));
    return strange === undefined ? asked : failure('HT04', `module ${strange} không có`);
  }
}

function keysOf(value: unknown, name: string, shape: RegExp): string[] | Failure {
  if (!Array.isArray(value) || value.length === 0) return failure('HT01', `${name} phải là mảng có ít nhất một khóa`);
  if (value.length > maximumKeys) return tooMany();
  const keys = value.filter((key): key is string => typeof key === 'string' && shape.test(key));
  return keys.length === value.length ? [...new Set(keys)] : failure('HT01', `${name} có khóa sai định dạng`);
}

/** One record may answer several of the numbers asked: it is sent once, with all of them. */
function withAskedNumbers(rows: Row[]): string[] {
  const byBody = new Map<string, string[]>();
  for (const { body, number = '' } of rows) byBody.set(body, [...(byBody.get(body) ?? []), number]);
  return [...byBody].map(([body, numbers]) => appended(body, numbers));
}

function appended(body: string, numbers: string[]): string {
  return `${body.slice(0, -1)},"soTraCuu":${JSON.stringify(numbers)}}`;
}

/** The habit of this system: one record comes bare, without its array. */
function success(records: string[]): string {
  const value = records.length === 1 ? records[0] : `[${records.join(',')}]`;
  return `{"status":1,"statusDescription":"Thành công","errorCode":"","errorDescription":"","value":${value}}`;
}

function refused({ code, text }: Failure): string {
  return JSON.stringify({
    status: 0,
    statusDescription: 'Thất bại',
    errorCode: code,
    errorDescription: text,
    value: null,
  });
}

function tooMany(): Failure {
  return failure('HT02', `Quá ${maximumKeys} khóa trong một lần gọi`);
}

function failure(code: Failure['code'], text: string): Failure {
  return { code, text };
}

function readObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
