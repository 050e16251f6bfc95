import {
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
} from 'graphql';
import type { OpenSector } from '../core/open-sector.ts';

/**
 * Holds the sectors' SDL against their declarations: a field that nobody fills would be null for ever and look like an
 * answer, and a list that is declared as one record would fail only when somebody asks.
 */
export function checkSchema(schema: GraphQLSchema, sectors: readonly OpenSector[]): readonly string[] {
  return sectors.flatMap((sector) => [
    ...checkFilled(schema, sector),
    ...checkLists(schema, sector),
    ...checkHolders(schema, sector),
  ]);
}

function checkFilled(schema: GraphQLSchema, { id, declaration }: OpenSector): readonly string[] {
  const faults: string[] = [];
  const types = new Set(Object.values(declaration.entities).map((entity) => entity.type));
  for (const name of types) {
    // Dossier, Citizen and the parts of a dossier are filled by the hub from what sectors state.
    if (['Dossier', 'Citizen', 'DossierPart', 'DossierStep', 'ResultDocument'].includes(name)) continue;
    const type = schema.getType(name);
    if (!isObjectType(type)) continue;
    const entities = Object.values(declaration.entities).filter((entity) => entity.type === name);
    for (const field of Object.values(type.getFields())) {
      const filled = entities.some((entity) => field.name in entity.fields) || field.resolve !== undefined;
      if (!filled) faults.push(`sectors/${id}: ${name}.${field.name} is in the schema but no entity or link fills it`);
      if (field.name !== 'code' && isNonNullType(field.type)) {
        faults.push(`sectors/${id}: ${name}.${field.name} is backed by one system and must be nullable`);
      }
    }
  }
  return faults;
}

/** A record that is asked for by an identifier of its own is judged by whom it is about. */
function checkHolders(schema: GraphQLSchema, { id, declaration }: OpenSector): readonly string[] {
  const fields = schema.getQueryType()?.getFields() ?? {};
  return Object.entries(declaration.queries).flatMap(([name, declared]) => {
    const access = fields[name]?.astNode?.directives?.find((one) => one.name.value === 'access');
    const data = access?.arguments?.find((one) => one.name.value === 'data')?.value;
    const isPersonal = data?.kind === Kind.ENUM && (data.value === 'PERSONAL' || data.value === 'SENSITIVE');
    if (!isPersonal || [declared].flat().every(({ holders }) => holders !== undefined)) return [];
    return [`sectors/${id}: queries.${name} holds personal data: declare \`holders\`, the field that says whose it is`];
  });
}

function checkLists(schema: GraphQLSchema, { id, declaration }: OpenSector): readonly string[] {
  const faults: string[] = [];
  for (const [place, declared] of Object.entries(declaration.links)) {
    const [type = '', field = ''] = place.split('.');
    const parent = schema.getType(type);
    const output = isObjectType(parent) ? parent.getFields()[field]?.type : undefined;
    if (output === undefined) continue;
    const isList = isListType(getNullableType(output));
    for (const link of [declared].flat()) {
      if (link.list === isList) continue;
      const declaredAs = link.list ? 'a list' : 'one record';
      faults.push(
        `sectors/${id}: links.${place} is declared as ${declaredAs} but the schema says ${getNamedType(output).name}${isList ? ' list' : ''}`,
      );
    }
    if (isNonNullType(output))
      faults.push(`sectors/${id}: links.${place} is backed by one system and must be nullable`);
  }
  return faults;
}
