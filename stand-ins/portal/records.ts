/** What the portal has: dossiers under their code, and steps, the same one as often as it was sent. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export const store = 'portal.sqlite';

export type Fields = Record<string, unknown>;

export interface StoredDossier {
  code: string;
  agency: string;
  /** Who wrote it last: 'hub' for what came through the protocol. */
  sender: string;
  /** How often it was written. */
  writes: number;
  dossier: Fields;
  steps: Fields[];
}

export interface Summary {
  dossiers: number;
  steps: number;
  /** Steps beyond the first of the same code, time and status. */
  doubledSteps: number;
  byStatus: Record<string, number>;
}

export interface Written {
  code: string;
  agency: string;
  sender: string;
  body: Fields;
}

export interface LatestDossier {
  code: string;
  status: string;
  title: string;
  steps: number;
  /** UTC milliseconds. */
  writtenAt: number;
}

export interface Records {
  has(code: string): boolean;
  dossier(code: string): Fields | undefined;
  steps(code: string): Fields[];
  /** All of them or none. */
  write(dossiers: readonly Written[], steps: readonly Written[]): void;
  summary(): Summary;
  /** By code. @param after the code to go on behind */
  page(after: string, limit: number): StoredDossier[];
  latest(limit: number): LatestDossier[];
  close(): void;
}

const TABLES = `
  create table if not exists dossier (
    code text primary key, agency text not null, sender text not null, status text not null, writes integer not null,
    written_at integer not null, body text not null) strict, without rowid;
  create table if not exists step (
    id integer primary key, code text not null, at text not null, status text not null, sender text not null,
    body text not null) strict;
  create index if not exists step_of_dossier on step (code, at, status);
  create index if not exists dossier_by_time on dossier (written_at);
`;

interface DossierRow {
  code: string;
  agency: string;
  sender: string;
  writes: number;
  body: string;
}

/** Makes the file in `directory` when it is not there. */
export function openRecords(directory: string): Records {
  const database = new DatabaseSync(join(directory, store));
  // A killed process loses nothing that was committed; only a power cut could, and no test cuts the power.
  database.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 5000;');
  database.exec(TABLES);
  const has = database.prepare('select 1 from dossier where code = ?');
  const body = database.prepare('select body from dossier where code = ?');
  const stepsOf = database.prepare('select body from step where code = ? order by id');
  const putDossier = database.prepare(`insert into dossier (code, agency, sender, status, writes, written_at, body)
    values (?, ?, ?, ?, 1, ?, ?) on conflict (code) do update set agency = excluded.agency, sender = excluded.sender,
    status = excluded.status, writes = writes + 1, written_at = excluded.written_at, body = excluded.body`);
  const putStep = database.prepare('insert into step (code, at, status, sender, body) values (?, ?, ?, ?, ?)');
  const page = database.prepare(
    'select code, agency, sender, writes, body from dossier where code > ? order by code limit ?',
  );
  const latest = database.prepare(`select code, status, body ->> '$.TenTTHC' as title, written_at as writtenAt,
    (select count(*) from step where step.code = dossier.code) as steps
    from dossier order by written_at desc, code limit ?`);
  const byStatus = database.prepare('select status, count(*) as n from dossier group by status order by status + 0');
  const stepCounts = database.prepare(`select coalesce(sum(n), 0) as steps, coalesce(sum(n - 1), 0) as doubled
    from (select count(*) as n from step group by code, at, status)`);

  function steps(code: string): Fields[] {
    return (stepsOf.all(code) as { body: string }[]).map((row) => JSON.parse(row.body) as Fields);
  }

  return {
    has: (code) => has.get(code) !== undefined,
    dossier(code) {
      const row = body.get(code) as { body: string } | undefined;
      return row === undefined ? undefined : (JSON.parse(row.body) as Fields);
    },
    steps,
    write(dossiers, newSteps) {
      const now = Date.now();
      database.exec('begin immediate');
      try {
        for (const each of dossiers) {
          const status = String(each.body.TrangThaiHoSo ?? '');
          putDossier.run(each.code, each.agency, each.sender, status, now, JSON.stringify(each.body));
        }
        for (const { code, sender, body: step } of newSteps) {
          putStep.run(
            code,
            String(step.ThoiDiemXuLy ?? ''),
            String(step.TrangThai ?? ''),
            sender,
            JSON.stringify(step),
          );
        }
        database.exec('commit');
      } catch (error) {
        database.exec('rollback');
        throw error;
      }
    },
    summary() {
      const counts = byStatus.all() as { status: string; n: number }[];
      const { steps: total, doubled } = stepCounts.get() as { steps: number; doubled: number };
      return {
        dossiers: counts.reduce((sum, { n }) => sum + n, 0),
        steps: total,
        doubledSteps: doubled,
        byStatus: Object.fromEntries(counts.map(({ status, n }) => [status, n])),
      };
    },
    page: (after, limit) =>
      (page.all(after, limit) as unknown as DossierRow[]).map(({ body: written, ...row }) => ({
        ...row,
        dossier: JSON.parse(written) as Fields,
        steps: steps(row.code),
      })),
    latest: (limit) => latest.all(limit) as unknown as LatestDossier[],
    close: () => database.close(),
  };
}
