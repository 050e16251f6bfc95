import type { Database } from '../../drivers/database.ts';
import type { StoredView } from './facts.ts';

/** What each sector's system holds of a dossier, as the index has it: one statement, so that the views belong together. */
export async function readViews({ query }: Database, code: string): Promise<readonly StoredView[]> {
  const rows = await query(
    'select sector, deleted, view, faults, recorded_at from dossier_view where code = ? order by sector',
    [code],
  );
  return rows.map(({ sector, deleted, view, faults, recorded_at: recordedAt }) => ({
    sector: String(sector),
    deleted: Number(deleted) === 1,
    view: view === null ? null : JSON.parse(String(view)),
    faults: faults === null ? [] : JSON.parse(String(faults)),
    recordedAt: Number(recordedAt),
  }));
}
