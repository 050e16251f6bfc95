import type { DossierView } from '../core/dossier.ts';
import type { Binding, Database, DatabaseRow } from '../drivers/database.ts';
import { inParts, places, upsertRows } from './many-rows.ts';
import type { Transaction } from './transaction.ts';

/** What capture remembers of one dossier of one sector's system. Times are UTC milliseconds. */
export interface CapturedDossier extends CapturedMark {
  readonly viewHash: string;
  /** Null when deleted. */
  readonly view: DossierView | null;
}

/** Enough to tell whether a record has changed. */
export interface CapturedMark {
  readonly code: string;
  /** Of the last event; 0: the system was asked for it and never had it. */
  readonly version: number;
  /** Of the record without the lists kept apart from it; empty where it was never read whole. */
  readonly rowHash: string;
  readonly deleted: boolean;
  /** The stamp by which the source lists its changes; 0 for a record without one; null where it is not known. */
  readonly sourceAt: number | null;
  /** When to ask for it again by its code; 0: in every pass; null: never. */
  readonly followAt: number | null;
}

/** A place in the order of (source_at, code). */
export interface CapturedPlace {
  readonly at: number;
  readonly code: string;
}

const MARK = 'code, version, row_hash, deleted, source_at, follow_at';

/** What is known of these dossiers, read within the transaction that is going to write them. */
export async function readCaptured(
  trx: Transaction,
  database: Database,
  sector: string,
  codes: readonly string[],
): Promise<Map<string, CapturedDossier>> {
  const known = new Map<string, CapturedDossier>();
  for (const part of inParts(codes, database.traits, 1)) {
    const sql = `select ${MARK}, view_hash, view from captured_dossier where sector = ? and code in (${places(part.length)})`;
    for (const row of await trx.run(sql, [sector, ...part])) {
      const view = row.view === null ? null : (JSON.parse(String(row.view)) as DossierView);
      known.set(String(row.code), { ...markOf(row), viewHash: String(row.view_hash), view });
    }
  }
  return known;
}

export async function saveCaptured(
  trx: Transaction,
  database: Database,
  options: { sector: string; rows: readonly CapturedDossier[]; at: number },
): Promise<void> {
  const { sector, rows, at } = options;
  await upsertRows(
    trx,
    database.traits,
    { table: 'captured_dossier', columns: COLUMNS, key: ['sector', 'code'] },
    rows.map((row): readonly Binding[] => [
      sector,
      row.code,
      row.version,
      row.rowHash,
      row.viewHash,
      row.deleted ? 1 : 0,
      row.view === null ? null : JSON.stringify(row.view),
      row.sourceAt,
      at,
      row.followAt,
    ]),
  );
}

/** Lets these count as changed when they are read the next time. */
export async function forgetHashes(
  trx: Transaction,
  database: Database,
  sector: string,
  codes: readonly string[],
): Promise<void> {
  for (const part of inParts(codes, database.traits, 1)) {
    const sql = `update captured_dossier set row_hash = '', view_hash = '' where sector = ? and code in (${places(part.length)})`;
    await trx.run(sql, [sector, ...part]);
  }
}

const COLUMNS = [
  'sector',
  'code',
  'version',
  'row_hash',
  'view_hash',
  'deleted',
  'view',
  'source_at',
  'checked_at',
  'follow_at',
];

export async function readMarks(
  database: Database,
  sector: string,
  codes: readonly string[],
): Promise<Map<string, CapturedMark>> {
  const marks = new Map<string, CapturedMark>();
  for (const part of inParts(codes, database.traits, 1)) {
    const sql = `select ${MARK} from captured_dossier where sector = ? and code in (${places(part.length)})`;
    for (const row of await database.query(sql, [sector, ...part])) marks.set(String(row.code), markOf(row));
  }
  return marks;
}

/**
 * Dossiers that are not deleted and stand after one place and no later than the other, in their order. Those whose place
 * is not known are none of them.
 *
 * @param after null: from the beginning
 * @param until null: to the end
 */
export async function capturedBetween(
  database: Database,
  sector: string,
  { after, until, limit }: { after: CapturedPlace | null; until: CapturedPlace | null; limit: number },
): Promise<readonly CapturedMark[]> {
  const from = after === null ? ' and source_at is not null' : ' and source_at >= ? and (source_at > ? or code > ?)';
  const to = until === null ? '' : ' and source_at <= ? and (source_at < ? or code <= ?)';
  const bindings = [after, until].flatMap((place) => (place === null ? [] : [place.at, place.at, place.code]));
  const rows = await database.query(
    `select ${MARK} from captured_dossier where sector = ? and deleted = 0${from}${to} order by source_at, code limit ${limit}`,
    [sector, ...bindings],
  );
  return rows.map(markOf);
}

/**
 * Dossiers that are not deleted, by code.
 *
 * @param options.withoutPlace only those whose place is not known
 */
export async function capturedAfter(
  database: Database,
  sector: string,
  { after, limit, withoutPlace = false }: { after: string; limit: number; withoutPlace?: boolean },
): Promise<readonly CapturedMark[]> {
  const which = withoutPlace ? ' and source_at is null' : '';
  const rows = await database.query(
    `select ${MARK} from captured_dossier where sector = ? and deleted = 0${which} and code > ? order by code limit ${limit}`,
    [sector, after],
  );
  return rows.map(markOf);
}

function markOf(row: DatabaseRow): CapturedMark {
  return {
    code: String(row.code),
    version: Number(row.version),
    rowHash: String(row.row_hash),
    deleted: Number(row.deleted) === 1,
    sourceAt: row.source_at === null ? null : Number(row.source_at),
    followAt: row.follow_at === null ? null : Number(row.follow_at),
  };
}
