import {
  BREAK,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ValidationRule,
  visit,
} from 'graphql';
import type { Actor } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import { depthLimit } from '../depth-limit.ts';
import type { GatewaySettings } from '../settings.ts';
import { breadthLimit } from './breadth.ts';
import { costOf } from './cost.ts';
import { nameLimit } from './name.ts';

/** Whether an actor may read the schema. */
export type MayIntrospect = (actor: Actor) => boolean;

/** A valid operation of a recognised actor, before it has a context. */
export interface LimitedOperation {
  readonly actor: Actor;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** As they came. */
  readonly variables: Readonly<Record<string, unknown>> | null | undefined;
}

const SWITCHED_OFF = 'Nobody may read the schema of this hub, whatever is granted: INTROSPECTION is off.';

/** Rules of validation beside GraphQL's own, over every transport. */
export function limitRules(settings: GatewaySettings): readonly ValidationRule[] {
  return [depthLimit(settings.MAX_DEPTH), breadthLimit(settings), nameLimit];
}

/**
 * What an operation has to keep to that its text alone does not tell: who asks, and with which variables.
 *
 * @returns a function that throws HubError FORBIDDEN for reading the schema, TOO_COSTLY
 */
export function createOperationLimits(options: {
  readonly schema: GraphQLSchema;
  readonly settings: GatewaySettings;
  readonly introspection: MayIntrospect;
}): (asked: LimitedOperation) => void {
  const { schema, settings, introspection } = options;
  const { MAX_COST: most, INTROSPECTION } = settings;
  const weigh = costOf(schema);
  const known = new WeakMap<OperationDefinitionNode, Known>();

  function learn(document: DocumentNode, operation: OperationDefinitionNode): Known {
    const learnt = { readsSchema: readsSchema(document), cost: weigh(document, operation) };
    // Stryker disable next-line CallExpression: what is not remembered is learnt again, and is the same
    known.set(operation, learnt);
    return learnt;
  }

  return ({ actor, document, operation, variables }) => {
    const { readsSchema: reads, cost } = known.get(operation) ?? learn(document, operation);
    if (reads && INTROSPECTION === 'off') throw new HubError('FORBIDDEN', SWITCHED_OFF);
    if (reads && !introspection(actor)) throw new HubError('FORBIDDEN', 'You hold no grant for reading the schema.');
    const came = cost(variables ?? {});
    if (came <= most) return;
    throw new HubError(
      'TOO_COSTLY',
      `The operation costs ${came} units where at most ${most} are taken. Ask for fewer fields, or for shorter lists.`,
    );
  };
}

/** What is known of an operation for as long as its document is remembered. */
interface Known {
  readonly readsSchema: boolean;
  readonly cost: (variables: Readonly<Record<string, unknown>>) => number;
}

const SCHEMA_FIELDS = new Set(['__schema', '__type']);

/** Of any operation in the document: one that is not run today stands beside those that are. */
function readsSchema(document: DocumentNode): boolean {
  let reads = false;
  visit(document, {
    Field(field) {
      if (!SCHEMA_FIELDS.has(field.name.value)) return undefined;
      reads = true;
      return BREAK;
    },
  });
  return reads;
}
