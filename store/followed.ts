import type { Binding, Database } from '../drivers/database.ts';

/** A dossier that a sector's system has to be asked for by its code. Times are UTC milliseconds. */
export interface FollowedDossier {
  readonly code: string;
  /** When the hub last heard of a change of it, by any system; null where the index does not know it. */
  readonly changedAt: number | null;
  /** When to ask for it; 0: in every pass, or never asked. */
  readonly followAt: number;
}

/** A place among those that wait to be asked for again, in the order of time, then code. */
export interface FollowedPlace {
  readonly at: number;
  readonly code: string;
}

/** Dossiers that the index says are this sector's and that its system was never asked for. */
export async function neverAsked(
  database: Database,
  sector: string,
  limit: number,
): Promise<readonly FollowedDossier[]> {
  return read(
    database,
    `select dossier.code as code, dossier.changed_at as changed_at, 0 as follow_at from dossier
     left join captured_dossier as known on known.sector = ? and known.code = dossier.code
     where dossier.procedure_sector = ? and dossier.deleted = 0 and known.code is null
     order by dossier.received_at desc limit ${limit}`,
    [sector, sector],
  );
}

/** Dossiers to be asked for in every pass, by code. */
export async function askedEveryPass(
  database: Database,
  sector: string,
  { after, limit }: { after: string; limit: number },
): Promise<readonly FollowedDossier[]> {
  return read(database, `${FOLLOWED} and known.follow_at = 0 and known.code > ? order by known.code limit ${limit}`, [
    sector,
    after,
  ]);
}

/** Dossiers whose time to be asked for again has come, the longest waiting first, after a place. */
export async function askedAgain(
  database: Database,
  sector: string,
  { due, after, limit }: { due: number; after: FollowedPlace | null; limit: number },
): Promise<readonly FollowedDossier[]> {
  const { at, code } = after ?? { at: 1, code: '' };
  return read(
    database,
    `${FOLLOWED} and known.follow_at >= ? and (known.follow_at > ? or known.code > ?) and known.follow_at <= ?
     order by known.follow_at, known.code limit ${limit}`,
    [sector, at, at, code, due],
  );
}

const FOLLOWED = `select known.code as code, dossier.changed_at as changed_at, known.follow_at as follow_at
  from captured_dossier as known
  left join dossier on dossier.code = known.code where known.sector = ?`;

async function read(
  database: Database,
  sql: string,
  bindings: readonly Binding[],
): Promise<readonly FollowedDossier[]> {
  const rows = await database.query(sql, bindings);
  return rows.map((row) => ({
    code: String(row.code),
    changedAt: row.changed_at === null ? null : Number(row.changed_at),
    followAt: Number(row.follow_at),
  }));
}
