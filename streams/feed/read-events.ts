import { applicantNumber } from '../../core/applicant-number.ts';
import type { DossierStatusNumber } from '../../core/dossier.ts';
import { type ChangeKind, eventId, parseEventId } from '../../core/event.ts';
import type { Database, DatabaseRow } from '../../drivers/database.ts';
import { places } from '../../store/many-rows.ts';
import type { FeedEvent } from '../feed.ts';

/** Reads the feed from the store, each event with what subscribers choose by. */
export interface EventReader {
  /** Where the newest event stands; 0 where there is none yet. */
  newest(): Promise<number>;
  /** Null for one that is not there. */
  one(id: string): Promise<FeedEvent | null>;
  /** An event with what subscribers chose by when it came, as each system that holds the dossier had it. */
  asOf(event: FeedEvent): Promise<readonly FeedEvent[]>;
  /** Events after a place, in order; of one dossier where a code is given. */
  after(seq: number, limit: number, code?: string): Promise<readonly FeedEvent[]>;
}

const COLUMNS = 'seq, sector, code, version, change_kind, occurred_at, recorded_at, status_number, replayed, view';

/** Most earlier views looked at for the applicants of dossiers that were deleted. */
const MOST_EARLIER = 2_000;

export function createEventReader(database: Database): EventReader {
  const events = `select ${COLUMNS} from dossier_event where`;
  return {
    async newest() {
      const [row] = await database.query('select seq from dossier_event order by seq desc limit 1');
      return Number(row?.seq ?? 0);
    },
    async one(id) {
      const parsed = parseEventId(id);
      if (parsed === null) return null;
      const rows = await database.query(`${events} code = ? and sector = ? and version = ?`, [
        parsed.code,
        parsed.sector,
        parsed.version,
      ]);
      const [event] = rows.length === 0 ? [] : await described(database, rows);
      return event ?? null;
    },
    async asOf(event) {
      const rows = await database.query(
        `select sector, view from dossier_event where code = ? and seq <= ? and view is not null order by seq desc limit ${MOST_EARLIER}`,
        [event.code, event.seq],
      );
      const latest = new Map<string, Applicant | null>();
      for (const { sector, view } of rows) if (!latest.has(String(sector))) latest.set(String(sector), viewOf(view));
      return [...latest.values()].map((held) => {
        const { agencyCode, applicantName, numbers } = held ?? NO_VIEW;
        return { ...event, agencyCode, applicantName, applicantNumbers: numbers };
      });
    },
    async after(seq, limit, code) {
      const rows = await (code === undefined
        ? database.query(`${events} seq > ? order by seq limit ${limit}`, [seq])
        : database.query(`${events} code = ? and seq > ? order by seq limit ${limit}`, [code, seq]));
      return rows.length === 0 ? [] : described(database, rows);
    },
  };
}

function idOf(row: DatabaseRow): string {
  return eventId(String(row.sector), String(row.code), Number(row.version));
}

/** What subscribers choose by is the dossier's, not the event's: a sector's own view may name no applicant. */
interface Chosen {
  agencyCode: string | null;
  applicantName: string | null;
  deleted: boolean;
  readonly numbers: Set<string>;
}

async function described(database: Database, rows: readonly DatabaseRow[]): Promise<readonly FeedEvent[]> {
  const views = rows.map(({ view }) => viewOf(view));
  const chosen = await chosenOf(database, [...new Set(rows.map(({ code }) => String(code)))]);
  const orphans = new Set<string>();
  for (const [place, { code }] of rows.entries()) {
    const one = chosen.get(String(code));
    if (views[place] === null || one === undefined || one.deleted) orphans.add(String(code));
  }
  const earlier = await earlierOf(database, [...orphans]);
  return rows.map((row, place) => {
    const code = String(row.code);
    const own = views[place] ?? earlier.get(code) ?? NO_VIEW;
    const one = chosen.get(code);
    return {
      id: idOf(row),
      seq: Number(row.seq),
      sector: String(row.sector),
      code,
      version: Number(row.version),
      change: String(row.change_kind) as ChangeKind,
      occurredAt: Number(row.occurred_at),
      recordedAt: Number(row.recorded_at),
      statusNumber: row.status_number === null ? null : (Number(row.status_number) as DossierStatusNumber),
      replayed: Boolean(Number(row.replayed)),
      agencyCode: one?.agencyCode ?? own.agencyCode ?? earlier.get(code)?.agencyCode ?? null,
      applicantName: one?.applicantName ?? own.applicantName ?? earlier.get(code)?.applicantName ?? null,
      applicantNumbers: [...new Set([...(one?.numbers ?? []), ...own.numbers, ...(earlier.get(code)?.numbers ?? [])])],
    };
  });
}

async function chosenOf(database: Database, codes: readonly string[]): Promise<ReadonlyMap<string, Chosen>> {
  const [dossiers, numbers] = await Promise.all([
    database.query(
      `select code, agency_code, applicant_name, deleted from dossier where code in (${places(codes.length)})`,
      codes,
    ),
    database.query(`select code, number from dossier_number where code in (${places(codes.length)})`, codes),
  ]);
  const chosen = new Map<string, Chosen>();
  for (const row of dossiers) {
    chosen.set(String(row.code), {
      agencyCode: textOf(row.agency_code),
      applicantName: textOf(row.applicant_name),
      deleted: Boolean(Number(row.deleted)),
      numbers: new Set(),
    });
  }
  for (const { code, number } of numbers) chosen.get(String(code))?.numbers.add(applicantNumber(String(number)));
  return chosen;
}

interface Applicant {
  readonly agencyCode: string | null;
  readonly applicantName: string | null;
  readonly numbers: readonly string[];
}

const NO_VIEW: Applicant = { agencyCode: null, applicantName: null, numbers: [] };

/** A deleted dossier is in no list any more; whose it was stands in its history. */
async function earlierOf(database: Database, codes: readonly string[]): Promise<ReadonlyMap<string, Applicant>> {
  const found = new Map<string, Applicant>();
  if (codes.length === 0) return found;
  const rows = await database.query(
    `select code, view from dossier_event where code in (${places(codes.length)}) and view is not null order by seq limit ${MOST_EARLIER}`,
    codes,
  );
  for (const row of rows) {
    const code = String(row.code);
    const { agencyCode, applicantName, numbers } = viewOf(row.view) ?? NO_VIEW;
    const before = found.get(code) ?? NO_VIEW;
    found.set(code, {
      agencyCode: agencyCode ?? before.agencyCode,
      applicantName: applicantName ?? before.applicantName,
      numbers: [...new Set([...before.numbers, ...numbers])],
    });
  }
  return found;
}

/** What a view says of whose the dossier is; a view of a strange shape says nothing. */
function viewOf(json: unknown): Applicant | null {
  if (typeof json !== 'string') return null;
  let view: unknown;
  try {
    view = JSON.parse(json);
  } catch {
    return NO_VIEW;
  }
  if (typeof view !== 'object' || view === null) return NO_VIEW;
  const { agencyCode, applicantName, applicantNumbers } = view as Record<string, unknown>;
  const numbers = Array.isArray(applicantNumbers) ? applicantNumbers.filter((one) => typeof one === 'string') : [];
  return {
    agencyCode: textOf(agencyCode),
    applicantName: textOf(applicantName),
    numbers: numbers.map(applicantNumber),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
