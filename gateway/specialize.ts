import { type DocumentNode, Kind, type SelectionNode, visit } from 'graphql';

/**
 * The document as it reads once @skip and @include are decided, without the directives. graphql-jit joins the conditions
 * of every place a fragment is used in, so that a field skipped in one place is missing in all; here nothing is left to
 * join.
 *
 * @param conditions the values of the variables the directives ask
 */
export function specialize(document: DocumentNode, conditions: Readonly<Record<string, unknown>>): DocumentNode {
  return visit(document, {
    SelectionSet: (node) => ({
      ...node,
      selections: node.selections.filter((selection) => kept(selection, conditions)),
    }),
    Field: (node) => ({ ...node, directives: [] }),
    InlineFragment: (node) => ({ ...node, directives: [] }),
    FragmentSpread: (node) => ({ ...node, directives: [] }),
  });
}

function kept(selection: SelectionNode, conditions: Readonly<Record<string, unknown>>): boolean {
  for (const directive of selection.directives ?? []) {
    const value = directive.arguments?.[0]?.value;
    if (value === undefined) continue;
    const holds =
      value.kind === Kind.VARIABLE ? conditions[value.name.value] : value.kind === Kind.BOOLEAN && value.value;
    if (holds === (directive.name.value === 'skip')) return false;
  }
  return true;
}
