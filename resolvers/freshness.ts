import type { DossierDeclaration } from '../core/declaration.ts';
import { HubError } from '../core/errors.ts';
import type { CaptureProgress } from '../store/dossier-index.ts';
import type { SectorGap } from './connection.ts';
import type { Operation } from './operation.ts';
import type { Registry } from './registry.ts';

/** A sector that states dossiers, and what it states of them. */
export interface DossierSector {
  readonly id: string;
  readonly role: DossierDeclaration['role'];
}

const sectorsOf = new WeakMap<object, readonly DossierSector[]>();

export function dossierSectors(registry: Pick<Registry, 'sectors'>): readonly DossierSector[] {
  let sectors = sectorsOf.get(registry);
  if (sectors === undefined) {
    sectors = registry.sectors.flatMap(({ id, declaration }) =>
      declaration.dossiers === undefined ? [] : [{ id, role: declaration.dossiers.role }],
    );
    sectorsOf.set(registry, sectors);
  }
  return sectors;
}

/** The sector whose system works on dossiers of a procedure, as the catalogue says; all that might where it does not. */
export function courseSectors(registry: Registry, procedureCode: unknown): readonly DossierSector[] {
  const courses = dossierSectors(registry).filter(({ role }) => role === 'course');
  const procedure = typeof procedureCode === 'string' ? registry.catalogues.procedures.byCode(procedureCode) : null;
  return procedure === null ? courses : courses.filter(({ id }) => id === procedure.sector);
}

/** How current the index is in what sectors state. */
export interface Freshness {
  /** Whether everything the sector's system holds has been seen once. */
  isComplete(sector: string): boolean;
  /** Whether what is known of the sector is older than answers may be without saying so. */
  isStale(sector: string): boolean;
  /** Whether the sector may know something since a moment (UTC milliseconds) that is not known here. */
  isBefore(sector: string, at: number): boolean;
  /** As of when all of this is known, UTC milliseconds; null where something was never wholly seen. */
  asOf(sectors: readonly string[]): number | null;
}

export function freshnessOf(operation: Operation): Promise<Freshness> {
  return operation.once('freshness of the index', () => readFreshness(operation));
}

async function readFreshness({ registry, index }: Operation): Promise<Freshness> {
  const progress = await index.progress();
  const oldest = registry.now() - registry.limits.indexStaleMs;
  const until = (sector: string) => progress.get(sector)?.currentUntil ?? null;
  const isBefore = (sector: string, at: number) => (until(sector) ?? Number.NEGATIVE_INFINITY) < at;
  return {
    isComplete: (sector) => until(sector) !== null,
    isStale: (sector) => isBefore(sector, oldest),
    isBefore,
    asOf(sectors) {
      let earliest: CaptureProgress['currentUntil'] = Number.POSITIVE_INFINITY;
      for (const sector of sectors) {
        const known = until(sector);
        if (known === null) return null;
        earliest = Math.min(earliest, known);
      }
      return Number.isFinite(earliest) ? earliest : null;
    },
  };
}

export function staleGaps(freshness: Freshness, sectors: readonly DossierSector[]): readonly SectorGap[] {
  return sectors.filter(({ id }) => freshness.isStale(id)).map(({ id }) => staleGap(id));
}

export function staleGap(sector: string): SectorGap {
  return { sector, code: 'INDEX_STALE', retryable: true };
}

export function indexStale(sector: string): HubError {
  const message = `${sector}: the index of dossiers is not up to date with its system, which may know more`;
  return new HubError('INDEX_STALE', message, { sector });
}
