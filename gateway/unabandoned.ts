import {
  type GraphQLOutputType,
  type GraphQLSchema,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  lexicographicSortSchema,
} from 'graphql';
import { plainFieldResolver } from './plain-field-resolver.ts';

/**
 * graphql-js leaves promises behind when it completes a list whose items must not be null: an item that fails at once
 * ends the list, and an item before it that fails later is then nobody's. One faulty row beside one source that is down
 * would so become an unhandled rejection, which ends the process. A list whose items are all promises has no item that
 * fails at once.
 *
 * @returns a copy of the schema, in which fields that give such lists give lists of promises
 */
export function schemaWithoutAbandonedPromises(schema: GraphQLSchema): GraphQLSchema {
  // Sorting is the one thing in graphql-js that copies a whole schema; the order of fields means nothing to execution.
  const copy = lexicographicSortSchema(schema);
  for (const type of Object.values(copy.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const { resolve = plainFieldResolver, type: fieldType } = field;
      if (!hasItemsThatMustBe(fieldType)) continue;
      field.resolve = (...asked) => {
        const value: unknown = resolve(...asked);
        return value instanceof Promise ? value.then((list) => promised(list, fieldType)) : promised(value, fieldType);
      };
    }
  }
  return copy;
}

function hasItemsThatMustBe(type: GraphQLOutputType): boolean {
  if (isNonNullType(type)) return hasItemsThatMustBe(type.ofType);
  return isListType(type) && (isNonNullType(type.ofType) || hasItemsThatMustBe(type.ofType));
}

function promised(value: unknown, type: GraphQLOutputType): unknown {
  if (isNonNullType(type)) return promised(value, type.ofType);
  if (!isListType(type) || !Array.isArray(value)) return value;
  const itemType: GraphQLOutputType = type.ofType;
  const nullable = isNonNullType(itemType) ? itemType.ofType : itemType;
  // Plain texts and numbers end at once, all of them, and need no promise.
  const canEndLater =
    isListType(nullable) || isCompositeType(nullable) || value.some((item) => item instanceof Promise);
  if (!canEndLater) return value;
  return value.map((item: unknown) => {
    return item instanceof Promise
      ? item.then((late) => promised(late, itemType))
      : Promise.resolve(promised(item, itemType));
  });
}
