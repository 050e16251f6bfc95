import {
  type ASTVisitor,
  type DefinitionNode,
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
  /** Fields of the selection set, here or below, that has most. */
  readonly widest: number;
}

/** More than any type has, under whatever names. */
const MOST_IN_ONE_PLACE = 60;
/** Validation looks no further once it has found so many faults. */
export const MOST_VALIDATION_ERRORS = 5;

/**
 * Refuses operations that ask for the same things many times over. An alias or a field of the root is one more question
 * to the systems, whatever its answer weighs. Fragments are counted once and added wherever they are spread, so thirty
 * that double one another take no time.
 */
export function breadthLimit(limits: BreadthLimits): (context: ValidationContext) => ASTVisitor {
  return (context) => {
    const fragments = new Map<string, Breadth>();
    return {
      // Before any rule has looked into a selection: one of them compares every two fields of the same name.
      Document({ definitions }) {
        const faults = definitions.flatMap((definition) =>
          definition.kind === Kind.OPERATION_DEFINITION ? faultsOf(definition) : [],
        );
        const wide = definitions.flatMap((definition) => (faults.length === 0 ? widthOf(definition) : []));
        stopWith(context, [...faults, ...wide]);
      },
    };

    function faultsOf(operation: OperationDefinitionNode): readonly GraphQLError[] {
      const { aliases, directives, fields } = breadthOf(operation.selectionSet, context, fragments);
      const came = { aliases, directives: directives + directivesOf(operation), fields };
      return [
        ...fault(operation, { what: 'aliases', came: came.aliases, most: limits.MAX_ALIASES }),
        ...fault(operation, { what: 'directives', came: came.directives, most: limits.MAX_DIRECTIVES }),
        ...fault(operation, { what: 'fields of the root', came: came.fields, most: limits.MAX_ROOT_FIELDS }),
      ];
    }

    function widthOf(definition: DefinitionNode): readonly GraphQLError[] {
      if (!('selectionSet' in definition)) return [];
      const { widest } = breadthOf(definition.selectionSet, context, fragments);
      return fault(definition, { what: 'fields in one place', came: widest, most: MOST_IN_ONE_PLACE });
    }
  };
}

function fault(
  definition: DefinitionNode,
  { what, came, most }: { what: string; came: number; most: number },
): readonly GraphQLError[] {
  if (came <= most) return [];
  // Fragments that double one another come to numbers with nine digits and more.
  const number = came > MOST_TOLD ? `more than ${MOST_TOLD}` : String(came);
  const message = `The operation has ${number} ${what} where at most ${most} are taken.`;
  return [new GraphQLError(message, { nodes: definition })];
}

/** Tells all of them, and the last one until validation has found enough to look no further: it stops in no other way. */
function stopWith(context: ValidationContext, faults: readonly GraphQLError[]): void {
  const [last] = faults.slice(-1);
  if (last === undefined) return;
  for (const one of [...faults, ...Array<GraphQLError>(MOST_VALIDATION_ERRORS).fill(last)]) context.reportError(one);
}

const MOST_TOLD = 1_000_000;
const NOTHING: Breadth = { aliases: 0, directives: 0, fields: 0, widest: 0 };

function directivesOf({ directives = [], variableDefinitions = [] }: OperationDefinitionNode): number {
  return variableDefinitions.reduce((sum, one) => sum + (one.directives?.length ?? 0), directives.length);
}

function breadthOf(set: SelectionSetNode, context: ValidationContext, fragments: Map<string, Breadth>): Breadth {
  let { aliases, directives, fields, widest } = NOTHING;
  for (const selection of set.selections) {
    directives += selection.directives?.length ?? 0;
    if (selection.kind === Kind.FIELD) {
      fields += 1;
      const below = breadthOfField(selection, context, fragments);
      aliases += below.aliases;
      directives += below.directives;
      widest = Math.max(widest, below.widest);
      continue;
    }
    const spread =
      selection.kind === Kind.INLINE_FRAGMENT
        ? breadthOf(selection.selectionSet, context, fragments)
        : breadthOfFragment(selection.name.value, context, fragments);
    aliases += spread.aliases;
    directives += spread.directives;
    fields += spread.fields;
    widest = Math.max(widest, spread.widest);
  }
  return { aliases, directives, fields, widest: Math.max(widest, fields) };
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
