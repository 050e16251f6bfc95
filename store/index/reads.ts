import type { DossierView } from '../../core/dossier.ts';
import { type ChangeKind, eventId, type FieldFault } from '../../core/event.ts';
import type { Database, DatabaseRow } from '../../drivers/database.ts';
import type { CaptureProgress, IndexedEvent, IndexedPlace, IndexedView } from '../dossier-index.ts';
import { inParts, places } from '../many-rows.ts';

/** Most events of one dossier that are read: the latest. A dossier that goes through more is a system gone wild. */
const MOST_EVENTS = 1_000;

export async function readViews(
  database: Database,
  codes: readonly string[],
): Promise<readonly (readonly IndexedView[])[]> {
  const rows = await byCodes(database, codes, (part) => ({
    sql: `select code, sector, version, deleted, view, faults, recorded_at from dossier_view where code in (${part}) order by code, sector`,
  }));
  return inOrder(codes, rows, ({ sector, version, deleted, view, faults, recorded_at: recordedAt }) => ({
    sector: String(sector),
    version: Number(version),
    deleted: Number(deleted) === 1,
    view: typeof view === 'string' ? (JSON.parse(view) as DossierView) : null,
    faults: typeof faults === 'string' ? (JSON.parse(faults) as FieldFault[]) : [],
    recordedAt: Number(recordedAt),
  }));
}

export async function readByNumbers(
  database: Database,
  numbers: readonly string[],
  { limit, agencies }: { readonly limit: number; readonly agencies: readonly string[] | null },
): Promise<readonly IndexedPlace[]> {
  if (numbers.length === 0 || agencies?.length === 0) return [];
  const within = agencies === null ? '' : ` and d.agency_code in (${places(agencies.length)})`;
  const join = database.traits.name === 'mysql' ? 'straight_join' : 'cross join';
  const rows = await database.query(
    `select d.code, d.received_at, d.applicant_name from (select distinct code from dossier_number where number in (${places(numbers.length)})) e ${join} dossier d on d.code = e.code where d.deleted = 0${within} order by d.received_at desc, d.code desc limit ?`,
    [...numbers, ...(agencies ?? []), limit],
  );
  const codes = rows.map(({ code }) => String(code));
  const stated = await byCodes(database, codes, (part) => ({
    sql: `select code, number from dossier_number where code in (${part}) order by code, number`,
  }));
  const numbersOf = inOrder(codes, stated, ({ number }) => String(number));
  return rows.map(({ code, received_at: receivedAt, applicant_name: name }, place) => ({
    code: String(code),
    receivedAt: Number(receivedAt),
    applicantName: name === null ? null : String(name),
    applicantNumbers: numbersOf[place] ?? [],
  }));
}

export async function readHistory(
  database: Database,
  codes: readonly string[],
): Promise<readonly (readonly IndexedEvent[])[]> {
  const columns =
    'seq, code, sector, version, change_kind, way, occurred_at, recorded_at, status_number, status_code, status_title';
  const rows = await byCodes(database, codes, (part) => ({
    sql: `select ${columns} from (select ${columns}, row_number() over (partition by code order by recorded_at desc, version desc, sector desc) as place from dossier_event where code in (${part})) latest where place <= ? order by code, recorded_at, version, sector`,
    bindings: [MOST_EVENTS],
  }));
  return inOrder(codes, rows, eventOf);
}

/** How far each sector's ways of capture have come: as far as the one that is furthest behind. */
export async function readProgress(database: Database): Promise<ReadonlyMap<string, CaptureProgress>> {
  const rows = await database.query('select sector, current_until, failing_since from capture_way');
  const progress = new Map<string, CaptureProgress>();
  for (const { sector, current_until: until, failing_since: failing } of rows) {
    const own = { currentUntil: numberOf(until), failingSince: numberOf(failing) };
    const other = progress.get(String(sector));
    progress.set(String(sector), other === undefined ? own : further(own, other));
  }
  return progress;
}

function further(own: CaptureProgress, other: CaptureProgress): CaptureProgress {
  const [a, b] = [own.currentUntil, other.currentUntil];
  const failing = [own.failingSince, other.failingSince].filter((since) => since !== null);
  return {
    currentUntil: a === null || b === null ? null : Math.min(a, b),
    failingSince: failing.length === 0 ? null : Math.min(...failing),
  };
}

function eventOf(row: DatabaseRow): IndexedEvent {
  const { seq, sector, code, version, change_kind: change, way, status_number: statusNumber } = row;
  return {
    id: eventId(String(sector), String(code), Number(version)),
    seq: Number(seq),
    sector: String(sector),
    code: String(code),
    version: Number(version),
    change: String(change) as ChangeKind,
    way: String(way),
    occurredAt: Number(row.occurred_at),
    recordedAt: Number(row.recorded_at),
    statusNumber: numberOf(statusNumber),
    statusCode: textOf(row.status_code),
    statusTitle: textOf(row.status_title),
  };
}

/** @param statement gets the placeholders of the codes; its own bindings come after them */
async function byCodes(
  { query, traits }: Database,
  codes: readonly string[],
  statement: (places: string) => { readonly sql: string; readonly bindings?: readonly number[] },
): Promise<DatabaseRow[]> {
  const rows: DatabaseRow[] = [];
  for (const part of inParts([...new Set(codes)], traits, 1)) {
    const { sql, bindings = [] } = statement(places(part.length));
    rows.push(...(await query(sql, [...part, ...bindings])));
  }
  return rows;
}

function inOrder<T>(codes: readonly string[], rows: readonly DatabaseRow[], read: (row: DatabaseRow) => T): T[][] {
  const groups = new Map<string, T[]>(codes.map((code) => [code, []]));
  for (const row of rows) groups.get(String(row.code))?.push(read(row));
  return codes.map((code) => groups.get(code) ?? []);
}

function numberOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
