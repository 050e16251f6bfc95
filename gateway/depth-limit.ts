import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';

/**
 * Refuses operations that nest too deep. Records lead to records that lead back (parcel, holder, parcel …), and every
 * turn multiplies the answer. Introspection nests by its own rules and is bounded by the schema.
 */
export function depthLimit(most: number): (context: ValidationContext) => ASTVisitor {
  return (context) => ({
    OperationDefinition(operation) {
      const depth = depthOf(operation.selectionSet, context, new Map());
      if (depth <= most) return;
      context.reportError(
        new GraphQLError(`The operation nests ${depth} fields deep where at most ${most} are taken.`, {
          nodes: operation,
        }),
      );
    },
  });
}

function depthOf(set: SelectionSetNode, context: ValidationContext, fragments: Map<string, number>): number {
  let deepest = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      if (selection.name.value.startsWith('__')) continue;
      const below = selection.selectionSet === undefined ? 0 : depthOf(selection.selectionSet, context, fragments);
      deepest = Math.max(deepest, 1 + below);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      deepest = Math.max(deepest, depthOf(selection.selectionSet, context, fragments));
    } else {
      const fragment = context.getFragment(selection.name.value);
      if (fragment) deepest = Math.max(deepest, fragmentDepth(fragment, context, fragments));
    }
  }
  return deepest;
}

function fragmentDepth(
  fragment: FragmentDefinitionNode,
  context: ValidationContext,
  fragments: Map<string, number>,
): number {
  const { value: name } = fragment.name;
  const known = fragments.get(name);
  if (known !== undefined) return known;
  // A fragment that leads to itself is another rule's fault; here it only must not run for ever.
  fragments.set(name, 0);
  const depth = depthOf(fragment.selectionSet, context, fragments);
  fragments.set(name, depth);
  return depth;
}
