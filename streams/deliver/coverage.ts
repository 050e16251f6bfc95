import type { Database } from '../../drivers/database.ts';

/** How far the portal is what the hub knows. */
export interface SyncNumbers {
  /** Dossiers by how their delivery stands; those set aside (off, only compared) are in none of these. */
  readonly pending: number;
  readonly acknowledged: number;
  readonly held: number;
  readonly failed: number;
  /**
   * Of the dossiers that have stood in status 9 or 10 for over a minute, the share whose latest version the portal is
   * known to have, 0 to 1. Everything else counts as missing: held, failed, set aside, unknown. Null where there are none.
   */
  readonly coverage: number | null;
  /** Since when the longest waiting one waits, UTC milliseconds. */
  readonly oldestPending: number | null;
}

export interface PortalSync extends SyncNumbers {
  /** UTC milliseconds. */
  readonly measuredAt: number;
  readonly bySector: readonly (SyncNumbers & { readonly sector: string })[];
  readonly byAgency: readonly (SyncNumbers & { readonly agencyCode: string | null })[];
}

interface Group {
  readonly sector: string;
  readonly agencyCode: string | null;
  readonly state: string;
  readonly dossiers: number;
  readonly ended: number;
  readonly delivered: number;
  readonly oldest: number | null;
}

interface Count {
  readonly groups: readonly Group[];
  readonly measuredAt: number;
  readonly whole: PortalSync;
}

const SETTLED_MS = 60_000;
const KEEP_MS = 1_000;
/** Of a database's time at most one part in so many goes into counting. */
const SHARE = 20;

/**
 * Counts in one pass over the index, since numbers of different moments would not add up; kept for a second, and for
 * longer where counting takes long.
 *
 * @returns a function that gives the numbers of all, or of the dossiers of which one of these agencies is in charge
 */
export function createSyncMeter(
  { query }: Database,
  now: () => number,
): (agencies?: readonly string[] | null) => Promise<PortalSync> {
  let kept: Count | undefined;
  let keptUntil = 0;
  let counting: Promise<Count> | undefined;
  const count = async (): Promise<Count> => {
    const startedAt = performance.now();
    const measuredAt = now();
    const groups = (await query(COUNT, [measuredAt - SETTLED_MS, measuredAt - SETTLED_MS])).map(groupOf);
    kept = { groups, measuredAt, whole: summary(groups, measuredAt) };
    keptUntil = performance.now() + Math.max(KEEP_MS, (performance.now() - startedAt) * SHARE);
    return kept;
  };
  const current = async (): Promise<Count> => {
    if (kept !== undefined && performance.now() < keptUntil) return kept;
    counting ??= count().finally(() => {
      counting = undefined;
    });
    return counting;
  };
  return async (agencies = null) => {
    const { groups, measuredAt, whole } = await current();
    if (agencies === null) return whole;
    const seen = new Set(agencies);
    return summary(
      groups.filter(({ agencyCode }) => agencyCode !== null && seen.has(agencyCode)),
      measuredAt,
    );
  };
}

/**
 * A dossier is its procedure's sector's; where the catalogue names none, the one's that holds it. Of the deleted ones
 * those count about which something is to be done; they are one of the sectors' that held them.
 */
const COUNT = `
  select coalesce(d.procedure_sector, d.sectors) as sector, d.agency_code, coalesce(v.state, 'pending') as state,
    count(*) as dossiers,
    sum(case when d.ended_at <= ? then 1 else 0 end) as ended,
    sum(case when d.ended_at <= ? and v.state = 'acknowledged' and v.known_revision = d.revision then 1 else 0 end)
      as delivered,
    min(v.wanted_at) as oldest
  from dossier d left join delivery v on v.code = d.code
  where d.deleted = 0
  group by coalesce(d.procedure_sector, d.sectors), d.agency_code, coalesce(v.state, 'pending')
  union all
  select sector, agency_code, state, count(*), 0, 0, min(wanted_at)
  from (
    select (select min(w.sector) from dossier_view w where w.code = v.code) as sector, d.agency_code, v.state, v.wanted_at
    from delivery v join dossier d on d.code = v.code
    where v.state in ('pending', 'held', 'failed') and d.deleted = 1
  ) gone
  group by sector, agency_code, state`;

function groupOf(row: Readonly<Record<string, unknown>>): Group {
  return {
    sector: String(row.sector).split(' ')[0] ?? '',
    agencyCode: row.agency_code === null ? null : String(row.agency_code),
    state: String(row.state),
    dossiers: Number(row.dossiers),
    ended: Number(row.ended),
    delivered: Number(row.delivered),
    oldest: row.oldest === null ? null : Number(row.oldest),
  };
}

function summary(groups: readonly Group[], measuredAt: number): PortalSync {
  const bySector = Map.groupBy(groups, ({ sector }) => sector);
  const byAgency = Map.groupBy(groups, ({ agencyCode }) => agencyCode);
  return {
    ...numbersOf(groups),
    measuredAt,
    bySector: [...bySector].map(([sector, own]) => ({ sector, ...numbersOf(own) })).sort(by(({ sector }) => sector)),
    byAgency: [...byAgency]
      .map(([agencyCode, own]) => ({ agencyCode, ...numbersOf(own) }))
      .sort(by(({ agencyCode }) => agencyCode ?? '')),
  };
}

function numbersOf(groups: readonly Group[]): SyncNumbers {
  const sum = (of: (group: Group) => number) => groups.reduce((total, group) => total + of(group), 0);
  const inState = (state: string) => sum((group) => (group.state === state ? group.dossiers : 0));
  const oldest = groups.flatMap(({ state, oldest }) => (state === 'pending' && oldest !== null ? [oldest] : []));
  const ended = sum((group) => group.ended);
  return {
    pending: inState('pending'),
    acknowledged: inState('acknowledged'),
    held: inState('held'),
    failed: inState('failed'),
    coverage: ended === 0 ? null : sum((group) => group.delivered) / ended,
    oldestPending: oldest.length === 0 ? null : Math.min(...oldest),
  };
}

function by<T>(keyOf: (one: T) => string): (left: T, right: T) => number {
  return (left, right) => (keyOf(left) < keyOf(right) ? -1 : 1);
}
