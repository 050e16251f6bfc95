import type { IncomingHttpHeaders } from 'node:http';
import type { DocumentNode, OperationDefinitionNode } from 'graphql';

/** What the gateway tells of one operation to whoever makes its context: the caller, loaders and budgets live there. */
export interface OperationRequest {
  /** Also on the log lines and in the answer's `x-request-id`. */
  readonly requestId: string;
  readonly headers: IncomingHttpHeaders;
  /**
   * Aborts when the client is gone, the deadline has passed or the hub is stopping. Sources are given it; an operation
   * that goes on for half a second more is answered with OPERATION_TIMEOUT.
   */
  readonly signal: AbortSignal;
  /** Valid against the schema. */
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/** Makes the context value of one operation. A HubError it throws is the answer, with the status of its code. */
export type MakeContext = (request: OperationRequest) => unknown;
