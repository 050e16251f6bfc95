import type { IncomingHttpHeaders } from 'node:http';
import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import type { Actor, StatedHeaders } from '../core/access.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Credentials } from '../core/identity.ts';

/** What the gateway tells of one operation to whoever makes its context: the caller, loaders and budgets live there. */
export interface OperationRequest {
  /** Also on the log lines and in the answer's `x-request-id`. */
  readonly requestId: string;
  readonly headers: IncomingHttpHeaders;
  readonly actor: Actor;
  readonly stated: StatedHeaders;
  /**
   * Aborts when the client is gone, the deadline has passed or the hub is stopping. Sources are given it; an operation
   * that goes on for half a second more is answered with OPERATION_TIMEOUT.
   */
  readonly signal: AbortSignal;
  /** Valid against the schema. */
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** Whether this is one event of a subscription, which began as an operation of its own. */
  readonly event: boolean;
}

/** One operation as the gateway runs it. */
export interface OperationContext {
  /** GraphQL's context value. */
  readonly value: unknown;
  /** Whether some field of it is refused: then it runs on the guarded schema. */
  readonly guarded: boolean;
  /**
   * Called once, when it is known what would leave, and waited for before anything does.
   *
   * @throws HubError which then is the answer, without data
   */
  settle(outcome: SettledOutcome): Promise<void>;
}

export interface SettledOutcome {
  /** Distinct codes of the errors in the answer. */
  readonly codes: readonly ErrorCode[];
  /** Whether the answer has data, be it not all of it. */
  readonly hasData: boolean;
  /** Whether some field at its root was answered, be it with nothing, rather than only refused or failed. */
  readonly answered: boolean;
}

/** Makes the context of one operation. A HubError it throws is the answer, with the status of its code. */
export type MakeContext = (request: OperationRequest) => OperationContext | Promise<OperationContext>;

/**
 * Recognises whoever asks.
 *
 * @throws HubError UNAUTHENTICATED, KEYS_UNAVAILABLE
 */
export type Authenticate = (credentials: Credentials) => Promise<Actor>;

/** What was asked by somebody the hub recognised, and was refused before there was a context to settle. */
export interface RefusedRequest {
  readonly requestId: string;
  readonly actor: Actor;
  /** Null where what was stated could not be read. */
  readonly stated: StatedHeaders | null;
  /** The document's text; null where none came, or none was read. */
  readonly source: string | null;
  readonly operationName: string | null;
  readonly codes: readonly ErrorCode[];
}

/** Notes a refusal in the access log. Never rejects: a refusal holds nothing that had to stay unsaid. */
export type NoteRefusal = (refused: RefusedRequest) => Promise<void>;
