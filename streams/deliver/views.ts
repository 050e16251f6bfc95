import type { Database, DatabaseRow } from '../../drivers/database.ts';
import { places } from '../../store/many-rows.ts';
import { createRounds } from '../../store/rounds.ts';
import type { StoredView } from './facts.ts';

/** Dossiers whose views are read together: a view is a few kilobytes. */
const MOST_READ = 100;

/** Reads what each sector's system holds of a dossier, as the index has it; of all that are asked for meanwhile at once. */
export function createViewReader({ query }: Database): (code: string) => Promise<readonly StoredView[]> {
  return createRounds<string, readonly StoredView[]>({
    most: MOST_READ,
    restMs: 0,
    // One statement, so that the views of a dossier belong together.
    run: async (codes) => {
      const rows = await query(
        `select code, sector, deleted, view, faults, recorded_at from dossier_view where code in (${places(codes.length)}) order by code, sector`,
        codes,
      );
      const byCode = Map.groupBy(rows, ({ code }) => String(code));
      return codes.map((code) => (byCode.get(code) ?? []).map(storedView));
    },
  });
}

/** What each sector's system held last of a dossier, whether or not it was deleted since; from the history. */
export async function readLastViews({ query }: Database, code: string): Promise<readonly StoredView[]> {
  const rows = await query(
    `select e.sector, 0 as deleted, e.view, e.faults, e.recorded_at from dossier_event e
     join (select sector, max(version) as version from dossier_event where code = ? and view is not null group by sector)
       last on last.sector = e.sector and last.version = e.version
     where e.code = ? order by e.sector`,
    [code, code],
  );
  return rows.map(storedView);
}

function storedView(row: DatabaseRow): StoredView {
  const { sector, deleted, view, faults, recorded_at: recordedAt } = row;
  return {
    sector: String(sector),
    deleted: Number(deleted) === 1,
    view: view === null ? null : JSON.parse(String(view)),
    faults: faults === null ? [] : JSON.parse(String(faults)),
    recordedAt: Number(recordedAt),
  };
}
