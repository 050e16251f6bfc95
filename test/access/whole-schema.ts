import { join } from 'node:path';
import { buildASTSchema, type GraphQLField, type GraphQLObjectType, isObjectType, parse } from 'graphql';
import { findSectors, sdlOf } from '../../hub/sectors.ts';
import { accessRulesOf } from '../../resolvers/access-rules.ts';
import { readSharedSdl } from '../../resolvers/schema.ts';

const found = await findSectors([join(import.meta.dirname, '../../sectors')], []);
const sdl = [...readSharedSdl().map((text) => ({ sector: 'hub', sdl: text })), ...sdlOf(found)];

export const sectors = found.map(({ id }) => id);
export const faults: string[] = [];
export const rules = accessRulesOf(sdl, faults);
/** The API as it is served, with nothing behind it. */
export const schema = buildASTSchema(parse(sdl.map((one) => one.sdl).join('\n')));

export interface PlacedField {
  readonly type: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  /** `Type.field` */
  readonly place: string;
}

/** Every field of every type. */
export const fields: readonly PlacedField[] = Object.values(schema.getTypeMap())
  .filter((type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'))
  .flatMap((type) =>
    Object.values(type.getFields()).map((field) => ({ type, field, place: `${type.name}.${field.name}` })),
  );
