import {
  type ASTVisitor,
  type FieldNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';

/** Most of each that one operation may hold, with what its fragments bring wherever they are spread. */
export interface BreadthLimits {
  readonly MAX_ALIASES: number;
  readonly MAX_DIRECTIVES: number;
  readonly MAX_ROOT_FIELDS: number;
}

interface Breadth {
  readonly aliases: number;
  readonly directives: number;
  /** Fields directly in the selection set; those of its fragments count as its own. */
  readonly fields: number;
}

/**
 * Refuses operations that ask for the same things many times over. An alias or a field of the root is one more question
 * to the systems, whatever its answer weighs. Fragments are counted once and added wherever they are spread, so thirty
 * that double one another take no time.
 */
export function breadthLimit(limits: BreadthLimits): (context: ValidationContext) => ASTVisitor {
  return (context) => {
    const fragments = new Map<string, Breadth>();
    return {
      OperationDefinition(operation) {
        const { aliases, directives, fields } = breadthOf(operation.selectionSet, context, fragments);
        const own = directivesOf(operation);
        demand(context, operation, { what: 'aliases', came: aliases, most: limits.MAX_ALIASES });
        demand(context, operation, { what: 'directives', came: directives + own, most: limits.MAX_DIRECTIVES });
        demand(context, operation, { what: 'fields of the root', came: fields, most: limits.MAX_ROOT_FIELDS });
      },
    };
  };
}

function demand(
  context: ValidationContext,
  operation: OperationDefinitionNode,
  { what, came, most }: { what: string; came: number; most: number },
): void {
  if (came <= most) return;
  // Fragments that double one another come to numbers with nine digits and more.
  const number = came > MOST_TOLD ? `more than ${MOST_TOLD}` : String(came);
  context.reportError(
    new GraphQLError(`The operation has ${number} ${what} where at most ${most} are taken.`, { nodes: operation }),
  );
}

const MOST_TOLD = 1_000_000;
const NOTHING: Breadth = { aliases: 0, directives: 0, fields: 0 };

function directivesOf({ directives = [], variableDefinitions = [] }: OperationDefinitionNode): number {
  return variableDefinitions.reduce((sum, one) => sum + (one.directives?.length ?? 0), directives.length);
}

function breadthOf(set: SelectionSetNode, context: ValidationContext, fragments: Map<string, Breadth>): Breadth {
  let { aliases, directives, fields } = NOTHING;
  for (const selection of set.selections) {
    directives += selection.directives?.length ?? 0;
    if (selection.kind === Kind.FIELD) {
      fields += 1;
      const below = breadthOfField(selection, context, fragments);
      aliases += below.aliases;
      directives += below.directives;
      continue;
    }
    const spread =
      selection.kind === Kind.INLINE_FRAGMENT
        ? breadthOf(selection.selectionSet, context, fragments)
        : breadthOfFragment(selection.name.value, context, fragments);
    aliases += spread.aliases;
    directives += spread.directives;
    fields += spread.fields;
  }
  return { aliases, directives, fields };
}

function breadthOfField(field: FieldNode, context: ValidationContext, fragments: Map<string, Breadth>): Breadth {
  const below = field.selectionSet === undefined ? NOTHING : breadthOf(field.selectionSet, context, fragments);
  return field.alias === undefined ? below : { ...below, aliases: below.aliases + 1 };
}

function breadthOfFragment(name: string, context: ValidationContext, fragments: Map<string, Breadth>): Breadth {
  const known = fragments.get(name);
  if (known !== undefined) return known;
  // A fragment that leads to itself is another rule's fault; here it only must not run for ever.
  fragments.set(name, NOTHING);
  const fragment = context.getFragment(name);
  const breadth = fragment ? breadthOf(fragment.selectionSet, context, fragments) : NOTHING;
  fragments.set(name, breadth);
  return breadth;
}
