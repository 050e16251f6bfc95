import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GraphQLError, parse } from 'graphql';
import { guardOptions, guardSettings, guardSource } from '../connectors/guard.ts';
import { checkDeclarations } from '../core/check-declaration.ts';
import type { EntityDeclaration, SectorDeclaration, SourceDeclaration } from '../core/declaration.ts';
import type { OpenSector, OpenSource } from '../core/open-sector.ts';
import { readSettings, type SettingsSpec } from '../core/setting.ts';
import { kit } from '../kit/index.ts';
import type { SectorSdl } from '../resolvers/schema.ts';
import { hubSettings } from './settings.ts';

/** A sector as found on disk, nothing of it opened. */
export interface FoundSector {
  readonly id: string;
  readonly folder: string;
  readonly declaration: SectorDeclaration;
  readonly sdl: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;
export type Warn = (message: string, details?: Readonly<Record<string, unknown>>) => void;

/**
 * Finds the sectors: every folder with a `sector.ts`, in the repository and in the folders named.
 *
 * @param faults gathers what is wrong with them, so that the start can report all at once
 */
export async function findSectors(directories: readonly string[], faults: string[]): Promise<readonly FoundSector[]> {
  const found: FoundSector[] = [];
  for (const directory of directories) {
    if (!existsSync(directory)) {
      faults.push(`SECTORS_DIR: ${directory} does not exist`);
      continue;
    }
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const folder = join(directory, entry.name);
      if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
      if (!existsSync(join(folder, 'sector.ts'))) {
        faults.push(`${folder}: expected a sector.ts; every folder here is a sector`);
        continue;
      }
      const twin = found.find(({ id }) => id === entry.name);
      if (twin !== undefined) faults.push(`${folder}: a sector of this name stands in ${twin.folder} already`);
      else {
        const sector = await readSector(entry.name, folder, faults);
        if (sector !== null) found.push(sector);
      }
    }
  }
  faults.push(...checkDeclarations(new Map(found.map(({ id, declaration }) => [id, declaration]))));
  return found.sort((left, right) => (left.id < right.id ? -1 : 1));
}

async function readSector(id: string, folder: string, faults: string[]): Promise<FoundSector | null> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id)) {
    faults.push(`sectors/${id}: expected a folder name in kebab-case, since settings and topics are derived from it`);
    return null;
  }
  try {
    const module: { default?: unknown } = await import(pathToFileURL(resolve(folder, 'sector.ts')).href);
    if (typeof module.default !== 'function') {
      faults.push(`sectors/${id}/sector.ts: expected a default export (kit) => kit.sector({ … })`);
      return null;
    }
    const declaration: SectorDeclaration = module.default(kit);
    const sdl = readSdl(folder);
    const fault = faultOfSdl(sdl);
    if (fault === null) return { id, folder, declaration, sdl };
    faults.push(`sectors/${id}/schema.graphql: ${fault}`);
    return null;
  } catch (error) {
    faults.push(`sectors/${id}/sector.ts: ${error instanceof Error ? error.message : 'cannot be loaded'}`);
    return null;
  }
}

function readSdl(folder: string): string {
  const file = join(folder, 'schema.graphql');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** What is wrong with its syntax; put together with the others it could not be told whose it is. */
function faultOfSdl(sdl: string): string | null {
  if (sdl.trim() === '') return null;
  try {
    parse(sdl);
    return null;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const [place] = error.locations ?? [];
    return place === undefined ? error.message : `line ${place.line}: ${error.message}`;
  }
}

/** Prefix of a sector's settings: SECTOR_CIVIL_STATUS_ for civil-status. */
export function settingsPrefix(id: string): string {
  return `SECTOR_${id.replaceAll('-', '_').toUpperCase()}_`;
}

export function sectorSettings(declaration: SectorDeclaration): SettingsSpec {
  const ofSources = Object.values(declaration.sources).map((source) => source.settings ?? {});
  const ofChanges = Object.values(declaration.dossiers?.changes ?? {}).map((way) => way.settings ?? {});
  return Object.assign({}, guardSettings, ...ofSources, ...ofChanges, declaration.settings);
}

/** Every setting there is, with those of the sectors found. */
export function namesOfSettings(found: readonly FoundSector[]): ReadonlySet<string> {
  const ofSectors = found.flatMap(({ id, declaration }) =>
    Object.keys(sectorSettings(declaration)).map((name) => settingsPrefix(id) + name),
  );
  return new Set([...Object.keys(hubSettings), ...ofSectors]);
}

/** Opens every source behind its guard. Connects to nothing: a system that is down does not stop the start. */
export function openSectors(
  found: readonly FoundSector[],
  options: { environment: Environment; faults: string[]; warn: Warn },
): readonly OpenSector[] {
  const { environment, faults, warn } = options;
  const settled = found.map((sector) => ({
    sector,
    settings: readSettings(sectorSettings(sector.declaration), environment, faults, settingsPrefix(sector.id)),
  }));
  if (faults.length > 0) return [];
  return settled.map(({ sector, settings }) => {
    const { id, declaration } = sector;
    const guard = guardOptions(id, settings as Parameters<typeof guardOptions>[1]);
    const sources = new Map<SourceDeclaration, OpenSource>();
    for (const [name, source] of Object.entries(declaration.sources)) {
      const entities = entitiesOf(declaration, source);
      const opened = source.open({ sector: id, settings, entities, warn });
      sources.set(source, {
        name,
        source: guardSource(opened, guard),
        capabilities: source.capabilities(entities),
      });
    }
    return { id, declaration, settings, sources };
  });
}

export function sdlOf(found: readonly FoundSector[]): readonly SectorSdl[] {
  return found.filter(({ sdl }) => sdl.trim() !== '').map(({ id, sdl }) => ({ sector: id, sdl }));
}

function entitiesOf(
  declaration: SectorDeclaration,
  source: SourceDeclaration,
): Readonly<Record<string, EntityDeclaration>> {
  return Object.fromEntries(Object.entries(declaration.entities).filter(([, entity]) => entity.source === source));
}
