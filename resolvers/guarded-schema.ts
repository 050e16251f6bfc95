import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isObjectType,
  lexicographicSortSchema,
} from 'graphql';
import type { Operation } from './operation.ts';

type Resolve = GraphQLFieldResolver<unknown, Operation>;

/**
 * The second net. An operation of which something is refused runs on this copy, whatever the plan left out and whatever a
 * resolver would give: a refused field has its error in its place, nothing of it begins, and the rest stays whole. Asking
 * at every field costs a third of the throughput, so operations that may see everything they ask run on the schema as it is.
 *
 * @returns a copy of the schema in which each field refuses what the operation's `access.refused` names
 */
export function guardedSchemaOf(schema: GraphQLSchema): GraphQLSchema {
  // Sorting is the one thing in graphql-js that copies a whole schema; the order of fields means nothing to execution.
  const copy = lexicographicSortSchema(schema);
  for (const type of Object.values(copy.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) guard(type.name, field);
  }
  copy.extensions = { ...copy.extensions, [GUARDED]: true };
  return copy;
}

/** In the extensions of a schema, which every copy of it keeps. */
const GUARDED = 'refuses';

/** Whether the fields of a schema refuse what the operation may not see. */
export function isGuarded({ extensions }: GraphQLSchema): boolean {
  return extensions[GUARDED] === true;
}

function guard(type: string, field: GraphQLField<unknown, Operation>): void {
  const place = `${type}.${field.name}`;
  const guarded =
    (resolve: Resolve): Resolve =>
    (source, args, operation, info) => {
      const error = operation.access.refused.get(place);
      if (error !== undefined) throw error;
      return resolve(source, args, operation, info);
    };
  field.resolve = guarded(field.resolve ?? defaultFieldResolver);
  if (field.subscribe !== undefined) field.subscribe = guarded(field.subscribe);
}
