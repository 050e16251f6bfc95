/** The four questions of the business register, each with up to 20 keys. */
import type { DatabaseSync } from 'node:sqlite';

const maximumKeys = 20;

interface Row {
  body: string;
  number: string;
}

interface Route {
  /** The field of the body that holds the keys. */
  field: 'MaSoDoanhNghiep' | 'SoGiayTo' | 'MaHoSo';
  shape: RegExp;
  find(keys: string): string[];
}

/** `answer(path, body)`: undefined for a path this service does not have. */
export function createRest(database: DatabaseSync) {
  // An array bound as one JSON text: any number of keys, one prepared statement.
  const byCode = database.prepare(`select e.body, '' as number from json_each(?) k
    join enterprise e on e.code = k.value order by e.id`);
  const byNumber = database.prepare(`select e.body, n.number from json_each(?) k
    join enterprise_number n on n.number = k.value join enterprise e on e.id = n.enterprise order by e.id`);
  const persons = database.prepare(`select p.body, n.number from json_each(?) k
    join person_number n on n.number = k.value join person p on p.id = n.person order by p.id`);
  const dossiers = database.prepare(`select d.body, '' as number from json_each(?) k
    join dossier d on d.code = k.value order by d.code`);

  const code = /^\d{10}(-\d{3})?$/;
  const paper = /^(\d{9}|\d{12})$/;
  const routes: Record<string, Route> = {
    '/dkkd/doanh-nghiep': { field: 'MaSoDoanhNghiep', shape: code, find: (keys) => bodies(byCode.all(keys)) },
    '/dkkd/doanh-nghiep/theo-giay-to': {
      field: 'SoGiayTo',
      shape: paper,
      find: (keys) => withNumbers(byNumber.all(keys)),
    },
    '/dkkd/nguoi-dai-dien': { field: 'SoGiayTo', shape: paper, find: (keys) => withNumbers(persons.all(keys)) },
    '/dkkd/ho-so': { field: 'MaHoSo', shape: /^.{1,64}$/, find: (keys) => bodies(dossiers.all(keys)) },
  };

  return function answer(path: string, body: string): { status: number; body: string } | undefined {
    const route = routes[path];
    if (!route) return undefined;
    const keys = readKeys(body, route.field);
    if (!keys) return refused('E01', `Thân yêu cầu phải có ${route.field} là mảng`);
    if (keys.length > maximumKeys) return refused('E20', `Quá ${maximumKeys} mã trong một lần gọi`);
    const shaped = keys.filter((key): key is string => typeof key === 'string' && route.shape.test(key));
    if (shaped.length === 0 || shaped.length < keys.length)
      return refused('E01', `${route.field} có khóa sai định dạng`);
    const found = route.find(JSON.stringify([...new Set(shaped)]));
    return { status: 200, body: `{"ErrorCode":"0","Message":"Success","Data":[${found.join(',')}]}` };
  };
}

function bodies(rows: unknown[]): string[] {
  return (rows as Row[]).map((row) => row.body);
}

/** One entry may answer several of the numbers asked: it is sent once, with all of them. */
function withNumbers(rows: unknown[]): string[] {
  const byBody = new Map<string, string[]>();
  for (const { body, number } of rows as Row[]) byBody.set(body, [...(byBody.get(body) ?? []), number]);
  return [...byBody].map(([body, numbers]) => `${body.slice(0, -1)},"SoGiayToKhop":${JSON.stringify(numbers)}}`);
}

function readKeys(body: string, field: Route['field']): unknown[] | undefined {
  try {
    const value = (JSON.parse(body) as Record<string, unknown> | null)?.[field];
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The habit of this system: whatever is wrong with a question, the HTTP status says 200. */
function refused(code: 'E01' | 'E20', message: string): { status: number; body: string } {
  return { status: 200, body: JSON.stringify({ ErrorCode: code, Message: message, Data: null }) };
}
