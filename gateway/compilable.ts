import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
  type ListValueNode,
  type ObjectValueNode,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/** What the executor has to know of an operation that may be compiled. */
export interface Compilable {
  /** Variables that @skip and @include ask: one version of the operation is compiled for each of their values. */
  readonly conditions: readonly string[];
  /** Variables that may be null where null is not allowed: with a null in one, graphql-js gives the error. */
  readonly neverNull: readonly string[];
}

/** graphql-jit writes out every use of a fragment, so a small document can unfold into a program of any size. */
const MOST_FIELDS = 2_000;

/** More would mean more than eight versions of one operation. */
const MOST_CONDITIONS = 3;

/**
 * graphql-jit pastes literals into the program it writes and then turns marked texts into code. A client that sends
 * such a mark would run code of its own in the hub.
 */
const CODE_MARK = '__MAGIC_';

/**
 * Whether graphql-jit can be trusted with an operation. Where its answer could differ from graphql-js, or the text of
 * the operation could do harm in the program it writes, the operation stays with graphql-js.
 */
export function createCompilableCheck(
  schema: GraphQLSchema,
): (document: DocumentNode, operation: OperationDefinitionNode) => Compilable | null {
  const unplain = unplainInputTypes(schema);

  return (document, operation) => {
    if (operation.operation !== OperationTypeNode.QUERY) return null;
    if (countFields(schema, document, operation) > MOST_FIELDS) return null;
    const nullable = nullableVariables(operation);
    const conditions = new Set<string>();
    const neverNull = new Set<string>();
    let trusted = true;
    const types = new TypeInfo(schema);
    const refuse = (): void => {
      trusted = false;
    };
    visit(
      document,
      visitWithTypeInfo(types, {
        VariableDefinition: (node) => {
          if (node.variable.name.value === '__proto__') refuse();
          return false;
        },
        Field: (node) => {
          if (!isPlainField(node, types, unplain)) refuse();
        },
        Directive: (node) => {
          if (node.name.value !== 'skip' && node.name.value !== 'include') refuse();
          const value = node.arguments?.[0]?.value;
          if (value?.kind === Kind.VARIABLE) conditions.add(value.name.value);
        },
        Argument: (node) => {
          const type = types.getInputType();
          if (node.value.kind === Kind.VARIABLE) {
            const { value: name } = node.value.name;
            if (isNonNullType(type) && nullable.has(name)) neverNull.add(name);
          } else if (type && unplain.has(getNamedType(type).name)) refuse();
        },
        ListValue: refuseVariablesWithin(refuse),
        ObjectValue: refuseVariablesWithin(refuse),
        StringValue: (node) => {
          if (node.value.includes(CODE_MARK)) refuse();
        },
      }),
    );
    if (!trusted || conditions.size > MOST_CONDITIONS) return null;
    return { conditions: [...conditions], neverNull: [...neverNull] };
  };
}

function isPlainField(node: FieldNode, types: TypeInfo, unplain: ReadonlySet<string>): boolean {
  const name = node.name.value;
  if (name === '__schema' || name === '__type' || node.alias?.value === '__proto__') return false;
  const field = types.getFieldDef();
  if (!field || field.args.some(({ defaultValue }) => !isPlain(defaultValue))) return false;
  if (field.args.some(({ type, defaultValue }) => defaultValue !== undefined && unplain.has(getNamedType(type).name))) {
    return false;
  }
  return !resolvesTypeLater(getNamedType(field.type));
}

/** graphql-jit does not wait for a type. Only functions declared async can be told; others must not be written. */
function resolvesTypeLater(type: GraphQLNamedType): boolean {
  const resolver = isAbstractType(type) ? type.resolveType : isObjectType(type) ? type.isTypeOf : undefined;
  return resolver?.constructor.name === 'AsyncFunction';
}

/** A variable inside a literal list or object follows rules of its own in graphql-jit. */
function refuseVariablesWithin(refuse: () => void): (node: ListValueNode | ObjectValueNode) => void {
  return (node) => {
    visit(node, { Variable: refuse });
  };
}

function nullableVariables(operation: OperationDefinitionNode): ReadonlySet<string> {
  const definitions = operation.variableDefinitions ?? [];
  return new Set(
    definitions.filter(({ type }) => type.kind !== Kind.NON_NULL_TYPE).map(({ variable }) => variable.name.value),
  );
}

/** Input types whose literals cannot be pasted into a program as JSON without changing. */
function unplainInputTypes(schema: GraphQLSchema): ReadonlySet<string> {
  const types = Object.values(schema.getTypeMap());
  const unplain = new Set<string>();
  for (let before = -1; before !== unplain.size; ) {
    before = unplain.size;
    for (const type of types) if (isUnplain(type, unplain)) unplain.add(type.name);
  }
  return unplain;
}

function isUnplain(type: GraphQLNamedType, known: ReadonlySet<string>): boolean {
  if (isEnumType(type)) return type.getValues().some(({ value }) => !isPlain(value));
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).some(
      (field) => !isPlain(field.defaultValue) || known.has(getNamedType(field.type).name),
    );
  }
  return !isCompositeType(type) && !isSpecifiedScalarType(type);
}

function isPlain(value: unknown): boolean {
  if (value === undefined || value === null || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'string') return !value.includes(CODE_MARK);
  if (Array.isArray(value)) return value.every(isPlain);
  if (typeof value !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isPlain);
}

/** Fields the operation has once every fragment is written out, counted without writing them out. */
function countFields(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  const counted = new Map<SelectionSetNode, number>();

  /** A selection on an abstract type is written once for each type it may turn out to be. */
  function count(selections: SelectionSetNode, type: GraphQLNamedType | undefined): number {
    const known = counted.get(selections);
    if (known !== undefined) return known;
    let sum = 0;
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) {
        const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[selection.name.value] : undefined;
        const inner = field && getNamedType(field.type);
        sum += 1 + (selection.selectionSet ? count(selection.selectionSet, inner) : 0);
      } else {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
        const condition = fragment?.typeCondition?.name.value;
        if (fragment) sum += count(fragment.selectionSet, condition === undefined ? type : schema.getType(condition));
      }
    }
    const times = isAbstractType(type) ? schema.getPossibleTypes(type).length : 1;
    counted.set(selections, Math.min(sum * times, MOST_FIELDS + 1));
    return sum * times;
  }
  return count(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined);
}
