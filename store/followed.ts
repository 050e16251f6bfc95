import type { Binding, Database } from '../drivers/database.ts';

/** A dossier that a sector's system has to be asked for by its code. Times are UTC milliseconds. */
export interface FollowedDossier {
  readonly code: string;
  /** When the hub last heard of a change of it, by any system; null where the index does not know it. */
  readonly changedAt: number | null;
}

/** Dossiers that the index says are this sector's and that its system was never asked for. */
export async function neverAsked(
  database: Database,
  sector: string,
  limit: number,
): Promise<readonly FollowedDossier[]> {
  return read(
    database,
    `select dossier.code as code, dossier.changed_at as changed_at from dossier
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

/** Dossiers whose time to be asked for again has come, the longest waiting first. */
export async function askedAgain(
  database: Database,
  sector: string,
  { now, limit }: { now: number; limit: number },
): Promise<readonly FollowedDossier[]> {
  return read(
    database,
    `${FOLLOWED} and known.follow_at > 0 and known.follow_at <= ? order by known.follow_at limit ${limit}`,
    [sector, now],
  );
}

const FOLLOWED = `select known.code as code, dossier.changed_at as changed_at from captured_dossier as known
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
  }));
}
