import { defaultFieldResolver, type GraphQLFieldResolver } from 'graphql';

/**
 * Reads a field that has no resolver. Compiled operations read it as it stands, so a promise or a function there would
 * work the first time an operation comes and be null the second; it is refused the first time.
 */
export const plainFieldResolver: GraphQLFieldResolver<unknown, unknown> = (source, args, context, info) => {
  const value: unknown = (source as Readonly<Record<string, unknown>> | undefined)?.[info.fieldName];
  if (typeof value === 'function' || value instanceof Promise) {
    const what = typeof value === 'function' ? 'a function' : 'a promise';
    throw new Error(`${info.parentType.name}.${info.fieldName} is ${what}: give the field a resolver.`);
  }
  return defaultFieldResolver(source, args, context, info);
};
