import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLDirective,
  type GraphQLField,
  type GraphQLSchema,
  getDirectiveValues,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

type Variables = Readonly<Record<string, unknown>>;

/** Lengths that variables give, and what fragments cost with them: of one counting. */
interface Counting {
  readonly variables: Variables;
  readonly defaults: ReadonlyMap<string, ValueNode>;
  readonly fragments: Map<string, Weight<number>>;
}

/** A number that is known beforehand, or depends on the variables. */
type Term = number | ((counting: Counting) => number);

/** What a selection set costs: its fields counted once, and those of one element where it is a page of a list. */
interface Weight<T> {
  readonly once: T;
  readonly each: T;
}

/** How a field is counted, as the schema's directives say. */
interface FieldRule {
  readonly weight: number;
  readonly slicingArgument: string | null;
  readonly assumed: number;
  readonly isList: boolean;
  /** Whether it gives a page of a list. */
  readonly isPage: boolean;
  /** Whether it gives the elements of a page. */
  readonly isElements: boolean;
  readonly below: GraphQLCompositeType | null;
}

/** Pages hold no more; what is asked beyond is refused by the list itself. */
const LONGEST_LIST = 100;
/** Elements of a list of which the schema says nothing. */
const USUAL_LENGTH = 10;
/** Costs beyond are all the same, and can still be multiplied without losing count. */
const MOST_COUNTED = 1_000_000_000_000;
/** Where a page of a list keeps its elements; everything else in it is there once. */
const ELEMENTS = new Set(['nodes', 'edges']);

/**
 * What operations cost by the schema's `@cost` and `@listSize`: the weight of every field, times the lengths of the lists
 * around it, each element of which is one unit. Conditions count as if everything were asked for. A document is worked through once; what depends on no
 * variable is a number from then on, and a fragment is counted once however often it is spread.
 *
 * @returns a function that gives, for an operation of a valid document, its cost with variables as they came: units, at
 * most 10^12
 */
export function costOf(
  schema: GraphQLSchema,
): (document: DocumentNode, operation: OperationDefinitionNode) => (variables: Variables) => number {
  const ruleOf = createRules(schema);
  return (document, operation) => {
    const root = schema.getRootType(operation.operation);
    if (!root) return () => 0;
    const defaults = new Map(
      operation.variableDefinitions?.flatMap(({ variable, defaultValue }) =>
        defaultValue ? [[variable.name.value, defaultValue] as const] : [],
      ),
    );
    const { once } = createWeigher(schema, document, ruleOf).weigh(operation.selectionSet, root);
    if (typeof once === 'number') return () => once;
    return (variables) => once({ variables, defaults, fragments: new Map() });
  };
}

function createRules(schema: GraphQLSchema): (type: GraphQLCompositeType, name: string) => FieldRule | null {
  const known = new WeakMap<GraphQLField<unknown, unknown>, FieldRule>();
  const cost = schema.getDirective('cost');
  const listSize = schema.getDirective('listSize');

  function read(owner: GraphQLCompositeType, field: GraphQLField<unknown, unknown>): FieldRule {
    const type = isNonNullType(field.type) ? field.type.ofType : field.type;
    const named = getNamedType(type);
    const below = isCompositeType(named) ? named : null;
    const size = said(listSize, field);
    const slicingArgument = typeof size.slicingArgument === 'string' ? size.slicingArgument : null;
    const standard = field.args.find(({ name }) => name === slicingArgument)?.defaultValue;
    const assumed = [size.assumed, standard].find((length) => typeof length === 'number') ?? USUAL_LENGTH;
    const isList = isListType(type);
    const isElements = isPageType(owner) && ELEMENTS.has(field.name);
    const standardWeight = below === null || isList ? 0 : 1;
    const { weight = standardWeight } = said(cost, field);
    return {
      ...{ weight: Number(weight), slicingArgument, assumed, isList, isElements, below },
      isPage: !isList && isPageType(below),
    };
  }

  return (type, name) => {
    // What every type has, and what tells of the schema, is a field of none: bounded by rules of their own.
    const field = 'getFields' in type ? type.getFields()[name] : undefined;
    if (field === undefined) return null;
    let rule = known.get(field);
    // Stryker disable next-line ConditionalExpression: it is only read once
    if (rule === undefined) {
      rule = read(type, field);
      // Stryker disable next-line CallExpression: as above
      known.set(field, rule);
    }
    return rule;
  };
}

/** What a directive says of a field; nothing where the schema has none of that name. */
function said(
  directive: GraphQLDirective | null | undefined,
  { astNode }: GraphQLField<unknown, unknown>,
): Record<string, unknown> {
  return (directive && astNode && getDirectiveValues(directive, astNode)) ?? {};
}

function isPageType(type: GraphQLCompositeType | null): boolean {
  return (isObjectType(type) || isInterfaceType(type)) && 'pageInfo' in type.getFields();
}

/** Works one document into terms. */
function createWeigher(schema: GraphQLSchema, document: DocumentNode, ruleOf: ReturnType<typeof createRules>) {
  const definitions = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) {
    if (one.kind === Kind.FRAGMENT_DEFINITION) definitions.set(one.name.value, one);
  }
  const fragments = new Map<string, Weight<Term>>();

  function weigh(set: SelectionSetNode, type: GraphQLCompositeType): Weight<Term> {
    const once: Term[] = [];
    const each: Term[] = [];
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const rule = ruleOf(type, selection.name.value);
        if (rule !== null) (rule.isElements ? each : once).push(weighField(selection, rule));
        continue;
      }
      const spread =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? weighFragment(selection.name.value)
          : weigh(selection.selectionSet, (selection.typeCondition && typeIn(selection.typeCondition)) ?? type);
      once.push(spread.once);
      each.push(spread.each);
    }
    return { once: sum(once), each: sum(each) };
  }

  /** Of the elements of a page, what one of them costs: the page knows how many there are. */
  function weighField(field: FieldNode, rule: FieldRule): Term {
    if (rule.below === null || field.selectionSet === undefined) return rule.weight;
    const { once, each } = weigh(field.selectionSet, rule.below);
    const length = lengthOf(field, rule);
    if (rule.isPage) return sum([rule.weight, once, product(length, each)]);
    if (!rule.isList) return sum([rule.weight, once, each]);
    const element = sum([1, once, each]);
    return sum([rule.weight, rule.isElements ? element : product(length, element)]);
  }

  function weighFragment(name: string): Weight<Term> {
    const known = fragments.get(name);
    if (known !== undefined) return known;
    const definition = definitions.get(name);
    const type = definition && typeIn(definition.typeCondition);
    if (!definition || !type) return { once: 0, each: 0 };
    const weight = countedOnce(name, weigh(definition.selectionSet, type));
    fragments.set(name, weight);
    return weight;
  }

  function typeIn(condition: NamedTypeNode): GraphQLCompositeType | null {
    const type = schema.getType(condition.name.value);
    return isCompositeType(type) ? type : null;
  }

  return { weigh };
}

/** A fragment's cost with the variables of one counting is worked out at its first spread. */
function countedOnce(name: string, { once, each }: Weight<Term>): Weight<Term> {
  const counted = (counting: Counting): Weight<number> => {
    let weight = counting.fragments.get(name);
    if (weight === undefined) {
      weight = { once: numberOf(once, counting), each: numberOf(each, counting) };
      counting.fragments.set(name, weight);
    }
    return weight;
  };
  return { once: (counting) => counted(counting).once, each: (counting) => counted(counting).each };
}

/** How long a list is, by the argument that says so: a literal, a variable, or the argument's standard value. */
function lengthOf(field: FieldNode, { slicingArgument, assumed }: FieldRule): Term {
  const given = field.arguments?.find(({ name }) => name.value === slicingArgument)?.value;
  if (given === undefined) return assumed;
  if (given.kind === Kind.INT) return bounded(Number(given.value));
  if (given.kind !== Kind.VARIABLE) return assumed;
  const { value: name } = given.name;
  return ({ variables, defaults }) => {
    const value = variables[name];
    if (typeof value === 'number') return bounded(value);
    const standard = defaults.get(name);
    return value === undefined && standard?.kind === Kind.INT ? bounded(Number(standard.value)) : assumed;
  };
}

/** What no list is as long as counts as the longest: it is refused later, by the list. */
function bounded(length: number): number {
  return length >= 0 ? Math.min(length, LONGEST_LIST) : LONGEST_LIST;
}

function numberOf(term: Term, counting: Counting): number {
  return typeof term === 'number' ? term : term(counting);
}

function sum(terms: readonly Term[]): Term {
  const fixed = terms.reduce<number>((total, term) => (typeof term === 'number' ? total + term : total), 0);
  const open = terms.filter((term) => typeof term !== 'number');
  // Stryker disable next-line ConditionalExpression: what is known beforehand is only not counted again
  if (open.length === 0) return Math.min(fixed, MOST_COUNTED);
  return (counting) => {
    let total = fixed;
    for (const term of open) total += term(counting);
    return Math.min(total, MOST_COUNTED);
  };
}

function product(left: Term, right: Term): Term {
  if (typeof left === 'number' && typeof right === 'number') return Math.min(left * right, MOST_COUNTED);
  return (counting) => Math.min(numberOf(left, counting) * numberOf(right, counting), MOST_COUNTED);
}
