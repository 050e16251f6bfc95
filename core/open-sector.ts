import type { EntityDeclaration, SectorDeclaration, SourceDeclaration } from './declaration.ts';
import type { Capabilities, WatchedSource } from './source.ts';

/** A sector whose declaration was checked and whose sources are open. */
export interface OpenSector {
  /** Folder name. */
  readonly id: string;
  readonly declaration: SectorDeclaration;
  /** Values of its settings. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  readonly sources: ReadonlyMap<SourceDeclaration, OpenSource>;
}

export interface OpenSource {
  readonly name: string;
  readonly source: WatchedSource;
  readonly capabilities: Capabilities;
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
