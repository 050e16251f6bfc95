import {
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { isPersonal } from '../core/access.ts';
import type { LinkDeclaration, SectorDeclaration } from '../core/declaration.ts';
import type { OpenSector } from '../core/open-sector.ts';
import type { AccessRules } from './access-rules.ts';

/**
 * Holds the sectors' SDL against their declarations: a field that nobody fills would be null for ever and look like an
 * answer, and a list that is declared as one record would fail only when somebody asks.
 */
export function checkSchema(
  schema: GraphQLSchema,
  sectors: readonly OpenSector[],
  rules: AccessRules,
): readonly string[] {
  return sectors.flatMap((sector) => [
    ...checkFilled(schema, sector),
    ...checkLists(schema, sector),
    ...checkHolders(schema, rules, sector),
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

/** A record that is asked for by an identifier of its own, or reached from another, is judged by whom it is about. */
function checkHolders(schema: GraphQLSchema, rules: AccessRules, { id, declaration }: OpenSector): readonly string[] {
  const isPersonalPlace = (place: string) => rules.has(place) && isPersonal(rules.of(place).data);
  const queries = Object.entries(declaration.queries).flatMap(([name, declared]) =>
    isPersonalPlace(`Query.${name}`) && [declared].flat().some(({ holders }) => holders === undefined)
      ? [`sectors/${id}: queries.${name} holds personal data: declare \`holders\`, the field that says whose it is`]
      : [],
  );
  const links = linksOf(declaration)
    // What hangs on a citizen is sorted out by whose it is; whoever a record names is asked for as a person.
    .filter(({ type, link }) => type !== 'Citizen' && link.to !== 'Citizen')
    .filter(({ place }) => isPersonalPlace(place))
    .flatMap(({ place, link }) =>
      faultsOfLink(schema, declaration, { place, link }).map((what) => `sectors/${id}: links.${place} ${what}`),
    );
  return [...queries, ...links];
}

interface DeclaredLink {
  /** `Type.field`. */
  readonly place: string;
  readonly link: LinkDeclaration;
}

function faultsOfLink(
  schema: GraphQLSchema,
  declaration: SectorDeclaration,
  { place, link }: DeclaredLink,
): readonly string[] {
  if (link.part === true) {
    return isOwnRecord(declaration, link.to)
      ? [`is declared as part of what it hangs on, but ${link.to} is asked for elsewhere too: declare \`holders\``]
      : [];
  }
  if (link.holders === undefined) {
    return [
      'holds personal data: declare `holders`, the field that says whose it is, or `part` where it is no record of its own',
    ];
  }
  const output = getNullableType(fieldOf(schema, place)?.type);
  return isListType(output) && isNonNullType(output.ofType)
    ? [
        'may be refused in part: the elements of its list must be nullable, or one that is refused takes the others along',
      ]
    : [];
}

/** Whether it can be reached without what it would be a part of. */
function isOwnRecord({ queries, ...declaration }: SectorDeclaration, entity: string): boolean {
  const asked = Object.values(queries).flat();
  const linked = linksOf(declaration).filter(({ link }) => link.part !== true);
  return [...asked, ...linked.map(({ link }) => link)].some(({ to }) => to === entity);
}

function linksOf({ links }: Pick<SectorDeclaration, 'links'>) {
  return Object.entries(links).flatMap(([place, declared]) =>
    [declared].flat().map((link: LinkDeclaration) => ({ place, type: place.split('.')[0] ?? '', link })),
  );
}

function fieldOf(schema: GraphQLSchema, place: string): GraphQLField<unknown, unknown> | undefined {
  const [type = '', field = ''] = place.split('.');
  const parent = schema.getType(type);
  return isObjectType(parent) ? parent.getFields()[field] : undefined;
}

function checkLists(schema: GraphQLSchema, { id, declaration }: OpenSector): readonly string[] {
  const faults: string[] = [];
  for (const [place, declared] of Object.entries(declaration.links)) {
    const output = fieldOf(schema, place)?.type;
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
