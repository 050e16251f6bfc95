/** What must hold whatever fails, as functions of what was observed: I1 to I5 of the fault matrix. They fetch nothing. */

export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10';

export interface Violation {
  readonly invariant: Invariant;
  /** Tells it from every other, so that one found twice counts once. */
  readonly key: string;
  readonly what: string;
}

/** A dossier as a sector's own system holds it, read without the hub. */
export interface SourceDossier {
  /** In the system's own words. */
  readonly status: string;
  /** One of the ten; null for a status that is none of them. */
  readonly number: number | null;
  /** UTC milliseconds. */
  readonly statusAt: number | null;
  readonly steps: readonly SourceStep[];
}

export interface SourceStep {
  /** UTC milliseconds. */
  readonly at: number;
  readonly status: string;
  readonly number: number | null;
}

export interface VersionedRow {
  readonly sector: string;
  readonly code: string;
  readonly version: number;
}

export interface IndexedView extends VersionedRow {
  readonly deleted: boolean;
  readonly status: string | null;
  readonly statusAt: number | null;
  /** `{UTC milliseconds}|{status in the system's own words}`. */
  readonly steps: readonly string[];
}

export interface HistoryEvent extends VersionedRow {
  readonly seq: number;
  /** Found missing by a replay behind newer ones. */
  readonly replayed: boolean;
}

export interface PortalDossierSeen {
  readonly code: string;
  readonly status: string;
  /** `ThoiDiemXuLy|TrangThai`, as often as the portal holds it. */
  readonly steps: readonly string[];
}

export interface Observation {
  /** Sector → code → what its system holds now. */
  readonly sources: ReadonlyMap<string, ReadonlyMap<string, SourceDossier>>;
  /** Codes that some source has held at any time. */
  readonly everHeld: ReadonlySet<string>;
  readonly views: readonly IndexedView[];
  readonly captured: readonly VersionedRow[];
  readonly events: readonly HistoryEvent[];
  /** `{sector} {code}` of records that cannot be read and are in quarantine. */
  readonly quarantined: ReadonlySet<string>;
  /** Code → state and reason of its delivery. */
  readonly deliveries: ReadonlyMap<string, { readonly state: string; readonly reason: string | null }>;
  readonly portal: readonly PortalDossierSeen[];
}

/** Sectors whose systems can be asked for those dossiers only that the counter says are theirs. */
const FOLLOWED: ReadonlySet<string> = new Set(['civil-status', 'business-registration']);
const RECEPTION = 'one-stop';
/** Reasons that lie in the hub or between it and the portal: nothing at the sources explains them. */
const NO_EXCUSE: ReadonlySet<string | null> = new Set([null, 'OTHER_SENDER', 'REFUSED_BY_PORTAL', 'HUB_FAULT']);

export function checkAll(seen: Observation): readonly Violation[] {
  return [...lostInIndex(seen), ...lostAtPortal(seen), ...doubled(seen), ...outOfOrder(seen), ...ghosts(seen)];
}

/** I1: the index's current view equals the source, and no version is left out. */
export function lostInIndex({ sources, views, captured, events, quarantined }: Observation): readonly Violation[] {
  const found: Violation[] = [];
  const lost = (sector: string, code: string, what: string) =>
    found.push({ invariant: 'I1', key: `index ${sector} ${code} ${what}`, what: `${sector} ${code}: ${what}` });
  const byKey = new Map(views.map((view) => [keyOf(view), view]));
  for (const [sector, dossiers] of sources) {
    for (const [code, truth] of dossiers) {
      if (quarantined.has(`${sector} ${code}`)) continue;
      const view = byKey.get(`${sector} ${code}`);
      if (view === undefined && FOLLOWED.has(sector)) continue;
      const difference = view === undefined ? 'is not in the index' : differenceOf(truth, view);
      if (difference !== null) lost(sector, code, difference);
    }
  }
  const versions = new Map<string, Set<number>>();
  for (const event of events) {
    const own = versions.get(keyOf(event)) ?? new Set();
    versions.set(keyOf(event), own.add(event.version));
  }
  for (const row of captured) {
    const own = versions.get(keyOf(row)) ?? new Set();
    if (own.size < row.version) lost(row.sector, row.code, `${row.version - own.size} versions are not in the history`);
  }
  return found;
}

function differenceOf(truth: SourceDossier, view: IndexedView): string | null {
  if (view.deleted) return 'counts as deleted';
  if (view.status !== truth.status) return 'has another status';
  if (view.statusAt !== truth.statusAt) return 'has another time of its status';
  const wanted = truth.steps.map(({ at, status }) => `${at}|${status}`).sort();
  return JSON.stringify([...view.steps].sort()) === JSON.stringify(wanted) ? null : 'has other steps';
}

/** I1: the portal has the status and every step, unless the dossier is held with a reason that lies in its data. */
export function lostAtPortal({ sources, everHeld, deliveries, portal, views }: Observation): readonly Violation[] {
  const found: Violation[] = [];
  const records = new Map(portal.map((record) => [record.code, record]));
  const indexed = new Set(views.map(keyOf));
  for (const code of everHeld) {
    const views = [...sources].flatMap(([sector, dossiers]) => {
      const dossier = indexed.has(`${sector} ${code}`) || !FOLLOWED.has(sector) ? dossiers.get(code) : undefined;
      return dossier === undefined ? [] : [{ sector, dossier }];
    });
    if (views.length === 0) continue;
    const delivery = deliveries.get(code);
    const excused = ['held', 'failed'].includes(delivery?.state ?? '') && !NO_EXCUSE.has(delivery?.reason ?? null);
    if (excused) continue;
    const record = records.get(code);
    const state = delivery === undefined ? 'never to be delivered' : [delivery.state, delivery.reason].join(' ');
    const lost = (what: string) =>
      found.push({ invariant: 'I1', key: `portal ${code} ${what}`, what: `${code} (${state}): ${what}` });
    if (record === undefined) {
      lost('is not at the portal');
      continue;
    }
    const latest = latestOf(views);
    if (latest !== null && record.status !== String(latest)) lost('has another status at the portal');
    const there = new Set(record.steps);
    const missing = views.flatMap(({ dossier }) => dossier.steps).filter((step) => !there.has(portalKey(step) ?? ''));
    const sayable = missing.filter((step) => portalKey(step) !== null);
    if (sayable.length > 0) lost(`lacks ${sayable.length} steps at the portal`);
  }
  return found;
}

/** The status that occurred last; at one moment the system that works on the dossier knows better. Null: cannot be told. */
function latestOf(views: readonly { sector: string; dossier: SourceDossier }[]): number | null {
  if (views.some(({ dossier }) => dossier.statusAt === null)) return null;
  const [latest] = views.toSorted(
    (left, right) =>
      Number(right.dossier.statusAt) - Number(left.dossier.statusAt) ||
      Number(left.sector === RECEPTION) - Number(right.sector === RECEPTION),
  );
  return latest?.dossier.number ?? null;
}

const VIETNAM_MS = 7 * 3_600_000;

/** `ThoiDiemXuLy|TrangThai`; null for a step that the portal has no words for. */
export function portalKey({ at, number }: SourceStep): string | null {
  if (number === null) return null;
  const time = new Date(at + VIETNAM_MS).toISOString().replaceAll(/\D/g, '').slice(0, 14);
  return `${time}|${number}`;
}

/** I2: nothing is twice at the portal or in the history. */
export function doubled({ events, portal }: Observation): readonly Violation[] {
  const found: Violation[] = [];
  for (const { code, steps } of portal) {
    for (const step of repeated(steps))
      found.push({ invariant: 'I2', key: `step ${code} ${step}`, what: `${code}: the portal has ${step} twice` });
  }
  for (const code of repeated(portal.map((record) => record.code)))
    found.push({ invariant: 'I2', key: `record ${code}`, what: `${code}: the portal has two records` });
  for (const id of repeated(events.map((event) => `${keyOf(event)}:${event.version}`)))
    found.push({ invariant: 'I2', key: `event ${id}`, what: `${id} is in the history twice` });
  return found;
}

/** I3: versions were applied in their order, and the current one is the last that capture gave. */
export function outOfOrder({ views, captured, events }: Observation): readonly Violation[] {
  const found: Violation[] = [];
  const wrong = (row: VersionedRow, what: string) =>
    found.push({ invariant: 'I3', key: `${keyOf(row)} ${row.version} ${what}`, what: `${keyOf(row)}: ${what}` });
  const reached = new Map<string, number>();
  for (const event of events.filter(({ replayed }) => !replayed).toSorted((left, right) => left.seq - right.seq)) {
    const before = reached.get(keyOf(event)) ?? 0;
    if (event.version < before) wrong(event, `version ${event.version} was applied after ${before}`);
    reached.set(keyOf(event), Math.max(before, event.version));
  }
  const current = new Map(views.map((view) => [keyOf(view), view.version]));
  for (const row of captured) {
    if (row.version === 0) continue;
    const shown = current.get(keyOf(row)) ?? 0;
    if (shown !== row.version) wrong(row, `version ${shown} is shown, ${row.version} was captured`);
  }
  return found;
}

/** I3, watched while things fail: a version that was shown is never taken back. */
export function createVersionWatch(): { see(rows: readonly VersionedRow[]): void; violations(): readonly Violation[] } {
  const highest = new Map<string, number>();
  const found = new Map<string, Violation>();
  return {
    see(rows) {
      for (const row of rows) {
        const before = highest.get(keyOf(row)) ?? 0;
        const key = `${keyOf(row)} fell from ${before} to ${row.version}`;
        if (row.version < before) found.set(key, { invariant: 'I3', key, what: key });
        highest.set(keyOf(row), Math.max(before, row.version));
      }
    },
    violations: () => [...found.values()],
  };
}

/** I4: the index shows nothing that its source does not have, and the portal nothing that no source ever had. */
export function ghosts({ sources, everHeld, views, portal }: Observation): readonly Violation[] {
  const found: Violation[] = [];
  for (const view of views) {
    if (view.deleted || sources.get(view.sector)?.has(view.code) === true) continue;
    const key = `index ${keyOf(view)}`;
    found.push({ invariant: 'I4', key, what: `${keyOf(view)} is shown, and its system does not have it` });
  }
  for (const { code } of portal) {
    if (everHeld.has(code)) continue;
    found.push({ invariant: 'I4', key: `portal ${code}`, what: `${code} is at the portal, and no system ever had it` });
  }
  return found;
}

/** An answer of the gateway and the systems it named as not up to date. */
export interface FreshnessSample {
  /** UTC milliseconds. */
  readonly at: number;
  readonly stale: ReadonlySet<string>;
}

/** A time during which the changes of a system could not be captured, UTC milliseconds. */
export interface Outage {
  readonly sector: string;
  readonly from: number;
  readonly until: number;
}

/**
 * I5: answers given during an outage say so, and stop saying so after it.
 *
 * @param bounds.toldWithinMs after which answers must name the system
 * @param bounds.overWithinMs after which they must not name it any more
 */
export function untold(
  samples: readonly FreshnessSample[],
  outages: readonly Outage[],
  { toldWithinMs, overWithinMs }: { readonly toldWithinMs: number; readonly overWithinMs: number },
): readonly Violation[] {
  const found: Violation[] = [];
  for (const { sector, from, until } of outages) {
    const silent = samples.filter(({ at, stale }) => at > from + toldWithinMs && at < until && !stale.has(sector));
    if (silent.length > 0) {
      const what = `${silent.length} answers did not say that ${sector} is behind`;
      found.push({ invariant: 'I5', key: `silent ${sector} ${from}`, what });
    }
  }
  const quiet = (sector: string, at: number) =>
    outages.every((one) => one.sector !== sector || at < one.from || at > one.until + overWithinMs);
  const last = samples.at(-1);
  for (const sector of last?.stale ?? []) {
    if (last === undefined || !quiet(sector, last.at)) continue;
    found.push({
      invariant: 'I5',
      key: `still ${sector} ${last.at}`,
      what: `${sector} is still said to be behind long after everything works`,
    });
  }
  return found;
}

function keyOf({ sector, code }: Pick<VersionedRow, 'sector' | 'code'>): string {
  return `${sector} ${code}`;
}

function repeated(values: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(values.filter((value) => seen.size === seen.add(value).size));
}
