import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Actor, Can, DataClass, StatedPurpose } from '../core/access.ts';
import type { OperationEntry } from '../core/audit.ts';
import type { HubError } from '../core/errors.ts';
import { operationHash } from '../core/operation-hash.ts';
import { loggedName } from '../core/operation-name.ts';
import type { AccessRules } from './access-rules.ts';
import { refusal } from './refusals.ts';

/** One operation of a document, as far as access and the log ask: worked out once and kept as long as the document is. */
export interface AskedFields {
  readonly op: OperationEntry['op'];
  /** `Type.field` of class PERSONAL, SENSITIVE or AUDIT, sorted. */
  readonly logged: readonly string[];
  /** The `Type.field`s that are refused to somebody by class and sector alone. */
  refusedTo(actor: Actor, purpose: StatedPurpose): ReadonlyMap<string, HubError>;
}

const LOGGED: ReadonlySet<DataClass> = new Set(['PERSONAL', 'SENSITIVE', 'AUDIT']);
/** Kinds of callers of one operation for whom the decision is kept. */
const MOST_KINDS = 64;

/** Makes the reader of documents, which keeps what it has read. */
export function createAskedFields({
  can,
  rules,
}: {
  readonly can: Can;
  readonly rules: AccessRules;
}): (asked: {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly schema: GraphQLSchema;
}) => AskedFields {
  const known = new WeakMap<OperationDefinitionNode, AskedFields>();
  return ({ document, operation, schema }) => {
    let fields = known.get(operation);
    if (fields === undefined) {
      fields = readFields(document, operation, { schema, can, rules });
      known.set(operation, fields);
    }
    return fields;
  };
}

function readFields(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  { schema, can, rules }: { schema: GraphQLSchema; can: Can; rules: AccessRules },
): AskedFields {
  const places = placesOf(document, operation, schema);
  const classes = places.map((place) => ({ place, ...rules.of(place) }));
  const hash = operationHash(document.loc?.source.body ?? '');
  const kept = new Map<string, ReadonlyMap<string, HubError>>();
  return {
    op: { hash, name: loggedName(operation.name?.value), type: operation.operation },
    logged: classes.flatMap(({ place, data }) => (LOGGED.has(data) ? [place] : [])).sort(),
    refusedTo(actor, purpose) {
      const key = kindOf(actor, purpose);
      const before = kept.get(key);
      if (before !== undefined) return before;
      const refused = new Map<string, HubError>();
      for (const { place, data, sector } of classes) {
        const action = place.startsWith('Mutation.') ? 'OPERATE' : 'READ';
        const decision = can(actor, action, { kind: 'field', sector, data }, purpose);
        if (!decision.allowed) refused.set(place, refusal(decision, 'field'));
      }
      if (kept.size < MOST_KINDS) kept.set(key, refused);
      return refused;
    },
  };
}

const kindsOfActors = new WeakMap<Actor, string>();

/** All that a decision about a field can turn on. */
function kindOf(actor: Actor, { code, dossier, visit: current }: StatedPurpose): string {
  let kind = kindsOfActors.get(actor);
  if (kind === undefined) {
    const { role, client, delegated, unit, personalNumber } = actor;
    kind = JSON.stringify([role, client, delegated, unit, personalNumber !== null]);
    kindsOfActors.set(actor, kind);
  }
  return `${kind} ${code} ${current !== null} ${dossier === null ? '' : JSON.stringify(dossier.units)}`;
}

/** Every field that the operation selects, by type; those of fragments that it does not spread are none of it. */
function placesOf(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
): readonly string[] {
  const fragments = new Map(
    document.definitions.flatMap((one) => (one.kind === 'FragmentDefinition' ? [[one.name.value, one]] : [])),
  );
  const places = new Set<string>();
  const waiting: (OperationDefinitionNode | NonNullable<ReturnType<typeof fragments.get>>)[] = [operation];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const info = new TypeInfo(schema);
    visit(
      next,
      visitWithTypeInfo(info, {
        Field(node) {
          const parent = getNamedType(info.getParentType());
          const name = node.name.value;
          // The schema's own fields are decided on elsewhere.
          if (!parent || name.startsWith('__') || parent.name.startsWith('__')) return;
          // A class is stated of the types that an interface stands for.
          const types = isAbstractType(parent) ? schema.getPossibleTypes(parent) : [parent];
          for (const type of types) places.add(`${type.name}.${name}`);
        },
        FragmentSpread({ name: { value } }) {
          const fragment = fragments.get(value);
          fragments.delete(value);
          if (fragment !== undefined) waiting.push(fragment);
        },
      }),
    );
  }
  return [...places];
}
