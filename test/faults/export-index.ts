import type { Cluster } from './cluster.ts';
import type { ExportedDossier } from './export-office.ts';

export const SECTOR = 'land-export';

interface ShownView {
  readonly deleted: boolean;
  readonly status: string | null;
  /** UTC milliseconds. */
  readonly statusAt: number | null;
  /** Number in the office's register. */
  readonly summary: string | null;
}

/** What the index shows of the branch that writes files, by code. */
export async function shownOf({ store }: Cluster): Promise<ReadonlyMap<string, ShownView>> {
  const rows = await store.query('select code, deleted, view from dossier_view where sector = ?', [SECTOR]);
  return new Map(
    rows.map((row) => {
      const view = row.view === null ? null : JSON.parse(String(row.view));
      const { status = null, statusAt = null, summary = null } = view ?? {};
      return [
        String(row.code),
        { deleted: Number(row.deleted) === 1, status: status?.code ?? null, statusAt, summary },
      ];
    }),
  );
}

/** Whether the index shows every one of these as a file said. */
export async function areShown(cluster: Cluster, dossiers: readonly ExportedDossier[]): Promise<boolean> {
  const shown = await shownOf(cluster);
  return dossiers.every(({ code, number, status, statusAt }) => {
    const view = shown.get(code);
    if (view === undefined || view.deleted || view.summary !== number) return false;
    return view.status === status && view.statusAt === statusAt;
  });
}

/** Places in quarantine that begin so: a file's name, or name and line. */
export async function putAside({ store }: Cluster, name: string): Promise<readonly string[]> {
  const sql = 'select place from quarantine where sector = ? and place like ? order by place';
  return (await store.query(sql, [SECTOR, `${name}%`])).map(({ place }) => String(place));
}

/** When the file that was taken under this name was changed, UTC milliseconds; null where none was. */
export async function takenAt({ store }: Cluster, name: string): Promise<number | null> {
  const [row] = await store.query('select position from capture_way where sector = ?', [SECTOR]);
  const { taken } = JSON.parse(String(row?.position ?? '{"taken":[]}')) as {
    taken: readonly { name: string; modifiedAt: number }[];
  };
  return taken.find((file) => file.name === name)?.modifiedAt ?? null;
}

/** Grows with every version that capture gives. */
export async function versionsOf({ store }: Cluster): Promise<number> {
  const [row] = await store.query('select sum(version) as total from captured_dossier where sector = ?', [SECTOR]);
  return Number(row?.total ?? 0);
}
