import type { Catalogues } from '../catalogues/catalogue.ts';
import type { EntityDeclaration, SectorDeclaration, SourceDeclaration } from '../core/declaration.ts';
import type { Seal } from '../core/seal.ts';
import type { Capabilities, WatchedSource } from '../core/source.ts';
import type { NumberPairs } from '../store/number-pairs.ts';

/** A sector whose declaration was checked and whose sources are open. */
export interface OpenSector {
  /** Folder name. */
  readonly id: string;
  readonly declaration: SectorDeclaration;
  readonly sources: ReadonlyMap<SourceDeclaration, OpenSource>;
}

export interface OpenSource {
  readonly name: string;
  readonly source: WatchedSource;
  readonly capabilities: Capabilities;
}

/** What the resolvers answer from: the sectors as declared, the catalogues, and the seal of ids and cursors. */
export interface Registry {
  readonly sectors: readonly OpenSector[];
  readonly catalogues: Catalogues;
  readonly seal: Seal;
  /** Numbers that systems said are one person's, remembered. */
  readonly numberPairs: NumberPairs;
  /** UTC milliseconds; a test may hold it still. */
  readonly now: () => number;
  readonly limits: Limits;
}

export interface Limits {
  /** Most calls to sector systems in one operation. */
  readonly callsPerOperation: number;
  /** Most records in one answer. */
  readonly recordsPerOperation: number;
  /** Most people one system may bring to one search. */
  readonly searchHits: number;
}

/** One entity of one sector, ready to be asked. */
export interface Entity {
  readonly sector: string;
  readonly name: string;
  readonly declaration: EntityDeclaration;
  readonly source: WatchedSource;
}

const made = new WeakMap<OpenSector, Map<string, Entity>>();

/** @throws Error for an entity that is not declared: the check before the start has ruled that out */
export function entityOf(sector: OpenSector, name: string): Entity {
  let entities = made.get(sector);
  if (entities === undefined) {
    entities = new Map();
    made.set(sector, entities);
  }
  let entity = entities.get(name);
  if (entity === undefined) {
    const declaration = sector.declaration.entities[name];
    const open = declaration && sector.sources.get(declaration.source);
    if (declaration === undefined || open === undefined) throw new Error(`${sector.id} declares no entity ${name}`);
    entity = { sector: sector.id, name, declaration, source: open.source };
    entities.set(name, entity);
  }
  return entity;
}
