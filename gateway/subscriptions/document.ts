import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { type ErrorCode, HubError } from '../../core/errors.ts';
import { createDocumentStore } from '../document-store.ts';
import { MOST_VALIDATION_ERRORS } from '../limits/breadth.ts';
import { limitRules } from '../limits/operation-limits.ts';
import { NO_OPERATION } from '../own-words.ts';
import type { GatewaySettings } from '../settings.ts';

/** What a client asks to be told, as it came. */
export interface Asked {
  /** Empty where a registered operation is asked for instead. */
  readonly query: string;
  readonly documentId?: unknown;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Nothing was begun: what is wrong with the request, as errors that say it with a code. */
export class SubscriptionRefused extends Error {
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super('The subscription was refused.');
    this.name = 'SubscriptionRefused';
    this.errors = errors;
  }
}

interface ReadDocument {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/**
 * Parses and validates within the limits that hold over HTTP. The same text gives the same document, so that a thousand
 * subscribers share one plan.
 *
 * @returns a function that throws SubscriptionRefused
 */
export function createDocumentReader(
  schema: GraphQLSchema,
  settings: GatewaySettings,
): (asked: Asked) => Promise<ReadDocument> {
  const known = createDocumentStore();
  const rules = [...specifiedRules, ...limitRules(settings)];

  function readDocument(query: string): DocumentNode {
    let document: DocumentNode;
    try {
      document = parse(query, { maxTokens: settings.MAX_QUERY_TOKENS });
    } catch (error) {
      throw refused('GRAPHQL_PARSE_FAILED', error);
    }
    const faults = validate(schema, document, rules, { maxErrors: MOST_VALIDATION_ERRORS, hideSuggestions: true });
    if (faults.length > 0) {
      // What is told until validation ends is told once.
      throw new SubscriptionRefused([...new Set(faults)].map((fault) => withCode('GRAPHQL_VALIDATION_FAILED', fault)));
    }
    return document;
  }

  return async ({ query, operationName }) => {
    let document = await known.get(query);
    if (document === undefined) {
      document = readDocument(query);
      await known.set(query, document);
    }
    const operation = getOperationAST(document, operationName);
    if (!operation) {
      throw refused('OPERATION_RESOLUTION_FAILURE', NO_OPERATION);
    }
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) {
      throw refused('BAD_REQUEST', 'Only subscriptions are taken here; POST queries and mutations to /graphql.');
    }
    return { document, operation };
  };
}

function refused(code: ErrorCode, error: unknown): SubscriptionRefused {
  const fault = typeof error === 'string' ? new HubError(code, error) : error;
  return new SubscriptionRefused([fault instanceof GraphQLError ? withCode(code, fault) : asGraphqlError(fault)]);
}

/** Whatever was thrown, as a GraphQL error that keeps it as its origin. */
export function asGraphqlError(thrown: unknown): GraphQLError {
  if (thrown instanceof GraphQLError) return thrown;
  const originalError = thrown instanceof Error ? thrown : new Error('Something was thrown that is no Error.');
  return new GraphQLError(originalError.message, { originalError });
}

/** The same error in the same place, with a code of the table. */
export function withCode(code: ErrorCode, error: GraphQLError): GraphQLError {
  const { message, nodes = null, source = null, positions = null, path = null, originalError = null } = error;
  return new GraphQLError(message, { nodes, source, positions, path, originalError, extensions: { code } });
}
