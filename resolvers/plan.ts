import {
  type DocumentNode,
  type GraphQLResolveInfo,
  getNamedType,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { createMapper, type Mapper } from '../core/mapping.ts';
import type { Entity, OpenSector } from '../core/open-sector.ts';

/**
 * What an operation asks for, known before anything is read: which fields of which type. Worked out once for a document
 * and kept as long as the document is. A type's fields are taken over the whole operation, so that a record asked for
 * in two places is still read once.
 */
export interface Plan {
  fieldsOf(type: string): ReadonlySet<string>;
  /** @param by the lookup: a record found by its holder has to say who that is, one found by its number need not */
  mapperOf(entity: Entity, by: string): Mapper;
}

const plans = new WeakMap<OperationDefinitionNode, Map<string, Plan>>();
/** Plans kept of one operation: for each set of fields that are refused to whoever asks, one. */
const MOST_PLANS = 16;
const NONE_REFUSED: ReadonlyMap<string, unknown> = new Map();

/** @param refused `Type.field`s that are not answered: what lies below them is not asked for either */
export function planOf(
  info: GraphQLResolveInfo,
  sectors: readonly OpenSector[],
  refused: ReadonlyMap<string, unknown> = NONE_REFUSED,
): Plan {
  const key = refused.size === 0 ? '' : [...refused.keys()].sort().join();
  let ofOperation = plans.get(info.operation);
  if (ofOperation === undefined) {
    ofOperation = new Map();
    plans.set(info.operation, ofOperation);
  }
  const kept = ofOperation.get(key);
  if (kept !== undefined) return kept;
  const plan = createPlan(info, sectors, refused);
  if (ofOperation.size < MOST_PLANS) ofOperation.set(key, plan);
  return plan;
}

const NOTHING: ReadonlySet<string> = new Set();

function createPlan(
  info: GraphQLResolveInfo,
  sectors: readonly OpenSector[],
  refused: ReadonlyMap<string, unknown>,
): Plan {
  const selected = selectedFields(info, refused);
  const fieldsOf = (type: string): ReadonlySet<string> => selected.get(type) ?? NOTHING;
  const mappers = new Map<Entity, Map<string, Mapper>>();
  return {
    fieldsOf,
    mapperOf(entity, by) {
      let ofLookups = mappers.get(entity);
      if (ofLookups === undefined) {
        ofLookups = new Map();
        mappers.set(entity, ofLookups);
      }
      let mapper = ofLookups.get(by);
      if (mapper === undefined) {
        const sector = sectors.find(({ id }) => id === entity.sector);
        mapper = createMapper(entity.sector, entity.declaration, fieldsToRead(entity, by, { fieldsOf, sector }));
        ofLookups.set(by, mapper);
      }
      return mapper;
    },
  };
}

function selectedFields(info: GraphQLResolveInfo, refused: ReadonlyMap<string, unknown>): Map<string, Set<string>> {
  const { schema, operation, fragments } = info;
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [operation, ...Object.values(fragments)] };
  const types = new TypeInfo(schema);
  const selected = new Map<string, Set<string>>();
  const note = (type: string, field: string) => {
    const fields = selected.get(type);
    if (fields === undefined) selected.set(type, new Set([field]));
    else fields.add(field);
  };
  visit(
    document,
    visitWithTypeInfo(types, {
      Field(node) {
        const parent = getNamedType(types.getParentType());
        if (!parent) return undefined;
        if (refused.has(`${parent.name}.${node.name.value}`)) return false;
        note(parent.name, node.name.value);
        if (isAbstractType(parent))
          for (const type of schema.getPossibleTypes(parent)) note(type.name, node.name.value);
        return undefined;
      },
    }),
  );
  return selected;
}

function fieldsToRead(
  entity: Entity,
  by: string,
  operation: { fieldsOf: Plan['fieldsOf']; sector: OpenSector | undefined },
): ReadonlySet<string> {
  const { declaration } = entity;
  const { fieldsOf, sector } = operation;
  // What belongs to one person is decided by all of it.
  if (declaration.type === 'Citizen') return new Set(Object.keys(declaration.fields));

  const wanted = new Set(declaration.identity);
  for (const field of fieldsOf(declaration.type)) wanted.add(field);
  if (fieldsOf(declaration.type).has('dossiers')) wanted.add('code');
  for (const [place, links] of Object.entries(sector?.declaration.links ?? {})) {
    const [type = '', field = ''] = place.split('.');
    if (!fieldsOf(type).has(field)) continue;
    for (const link of [links].flat()) {
      if (type === declaration.type) for (const need of link.needs) wanted.add(need);
      if (link.to !== entity.name || link.by !== by) continue;
      if (link.pick !== undefined) wanted.add(link.pick);
      if (link.holders !== undefined) wanted.add(link.holders);
      if (link.states !== undefined) wanted.add(link.states);
    }
  }
  // Whom a record is about that was asked for by an identifier of its own decides whether it may be shown.
  for (const query of Object.values(sector?.declaration.queries ?? {}).flat()) {
    if (query.to === entity.name && query.by === by && query.holders !== undefined) wanted.add(query.holders);
  }
  return wanted;
}
