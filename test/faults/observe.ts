import type { Database } from '../../drivers/database.ts';
import type { IndexedView, Observation, PortalDossierSeen, VersionedRow } from './invariants.ts';
import { readSources, type SourcePlaces } from './sources.ts';

/** Where everything that has to agree is read. */
export interface ObservedPlaces extends SourcePlaces {
  /** The hub's own store. */
  readonly store: Database;
  readonly portalUrl: string;
}

/** @param everHeld codes that some source held before this moment; those it holds now are added */
export async function observe(places: ObservedPlaces, everHeld: Set<string>): Promise<Observation> {
  const { store, portalUrl } = places;
  const sources = await readSources(places);
  for (const dossiers of sources.values()) for (const code of dossiers.keys()) everHeld.add(code);
  const [views, captured, events, quarantined, deliveries] = await Promise.all([
    readViews(store),
    store.query('select sector, code, version from captured_dossier', []),
    store.query('select seq, sector, code, version, replayed from dossier_event', []),
    store.query('select sector, code from quarantine where code is not null', []),
    store.query('select code, state, reason_code from delivery', []),
  ]);
  return {
    sources,
    everHeld,
    views,
    captured: captured.map(versioned),
    events: events.map((row) => ({ ...versioned(row), seq: Number(row.seq), replayed: Number(row.replayed) === 1 })),
    quarantined: new Set(quarantined.map(({ sector, code }) => `${sector} ${code}`)),
    deliveries: new Map(
      deliveries.map(({ code, state, reason_code: reason }) => [
        String(code),
        { state: String(state), reason: reason === null ? null : String(reason) },
      ]),
    ),
    portal: await readPortal(portalUrl),
  };
}

/** Only which versions are shown: light enough to be asked again and again. */
export async function readVersions({ query }: Database): Promise<readonly VersionedRow[]> {
  return (await query('select sector, code, version from dossier_view', [])).map(versioned);
}

async function readViews({ query }: Database): Promise<readonly IndexedView[]> {
  const rows = await query('select sector, code, version, deleted, view from dossier_view', []);
  return rows.map((row) => {
    const view = row.view === null ? null : (JSON.parse(String(row.view)) as StoredView);
    return {
      ...versioned(row),
      deleted: Number(row.deleted) === 1,
      status: view?.status?.code ?? null,
      statusAt: view?.statusAt ?? null,
      steps: (view?.steps ?? []).map(({ at, status }) => `${at}|${status?.code ?? ''}`),
    };
  });
}

interface StoredView {
  readonly status?: { readonly code: string } | null;
  readonly statusAt?: number | null;
  readonly steps?: readonly { readonly at: number | null; readonly status: { readonly code: string } | null }[] | null;
}

function versioned({ sector, code, version }: Readonly<Record<string, unknown>>): VersionedRow {
  return { sector: String(sector), code: String(code), version: Number(version) };
}

const PAGE = 1_000;
const MOST_PAGES = 1_000;

async function readPortal(portalUrl: string): Promise<readonly PortalDossierSeen[]> {
  const found: PortalDossierSeen[] = [];
  for (let after = '', pages = 0; pages < MOST_PAGES; pages++) {
    const query = new URLSearchParams({ after, limit: String(PAGE) });
    const response = await fetch(`${portalUrl}/__stand-in/dossiers?${query}`);
    const { dossiers, next } = (await response.json()) as { dossiers: PortalRow[]; next: string };
    for (const { code, dossier, steps } of dossiers) {
      const keys = steps.map(({ ThoiDiemXuLy, TrangThai }) => `${ThoiDiemXuLy}|${TrangThai}`);
      found.push({ code, status: dossier.TrangThaiHoSo ?? '', steps: keys });
    }
    if (next === '') return found;
    after = next;
  }
  throw new Error('The portal lists more than it can hold');
}

interface PortalRow {
  readonly code: string;
  readonly dossier: Readonly<Record<string, string>>;
  readonly steps: readonly Readonly<Record<string, string>>[];
}
