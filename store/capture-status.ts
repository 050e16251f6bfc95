import type { Database } from '../drivers/database.ts';

/** How each way of capture fares, for those who look on; capture itself keeps what this reads. */
export interface CaptureStatus {
  /** Kept for a moment, so that asking often costs nothing. */
  ways(): Promise<readonly WayStatus[]>;
}

export interface WayStatus {
  readonly sector: string;
  /** Name of the way in the sector's declaration. */
  readonly way: string;
  /** Every change until then is captured, UTC milliseconds; null before the first full pass. */
  readonly currentUntil: number | null;
  readonly failingSince: number | null;
  /** Code of the error, then perhaps a reason; nothing personal. */
  readonly failure: string | null;
  /** Deletes that wait for a person. */
  readonly heldDeletes: number;
  /** Records that could not be read. */
  readonly quarantined: number;
}

const KEPT_MS = 1_000;

export function createCaptureStatus(database: Database): CaptureStatus {
  let kept: { readonly until: number; readonly ways: Promise<readonly WayStatus[]> } | undefined;
  return {
    ways() {
      if (kept === undefined || performance.now() > kept.until) {
        const ways = readWays(database);
        kept = { until: performance.now() + KEPT_MS, ways };
        ways.catch(() => {
          kept = undefined;
        });
      }
      return kept.ways;
    },
  };
}

async function readWays(database: Database): Promise<readonly WayStatus[]> {
  const [ways, faulty] = await Promise.all([
    database.query(
      'select sector, way, current_until, failing_since, failure, held_deletes from capture_way order by sector, way',
      [],
    ),
    database.query('select sector, way, count(*) as records from quarantine group by sector, way', []),
  ]);
  return ways.map((row) => ({
    sector: String(row.sector),
    way: String(row.way),
    currentUntil: instantOf(row.current_until),
    failingSince: instantOf(row.failing_since),
    failure: row.failure === null ? null : String(row.failure),
    heldDeletes: Number(row.held_deletes),
    quarantined: Number(faulty.find(({ sector, way }) => sector === row.sector && way === row.way)?.records ?? 0),
  }));
}

/** MySQL gives whole numbers of 64 bits as text. */
function instantOf(value: unknown): number | null {
  return value === null ? null : Number(value);
}
