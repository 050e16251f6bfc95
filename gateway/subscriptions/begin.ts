import type { IncomingHttpHeaders } from 'node:http';
import {
  createSourceEventStream,
  type DocumentNode,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql';
import type { Actor, StatedHeaders } from '../../core/access.ts';
import { type FormattedError, formatGraphqlError } from '../format-error.ts';
import { createOperationLimits, type MayIntrospect } from '../limits/operation-limits.ts';
import type { ReadRegistered } from '../limits/registered.ts';
import { type OperationClock, startClock } from '../operation-clock.ts';
import type { MakeContext, NoteRefusal } from '../operation-request.ts';
import type { GatewaySettings } from '../settings.ts';
import { type Leaving, settledWork } from '../settle.ts';
import { schemaWithoutAbandonedPromises } from '../unabandoned.ts';
import { type Asked, createDocumentReader, SubscriptionRefused, withCode } from './document.ts';

export interface BeginningsOptions {
  readonly schema: GraphQLSchema;
  readonly guardedSchema: GraphQLSchema | null;
  readonly contextFor: MakeContext;
  readonly introspection: MayIntrospect;
  readonly readRegistered: ReadRegistered;
  readonly noteRefusal: NoteRefusal;
  readonly settings: GatewaySettings;
}

/** Who subscribes, by which request. */
export interface Subscriber {
  readonly requestId: string;
  readonly headers: IncomingHttpHeaders;
  readonly actor: Actor;
  readonly stated: StatedHeaders;
}

/** A subscription that may be: its document is valid and within limits, its variables are in order. */
export interface Begun {
  readonly asked: Asked;
  readonly subscriber: Subscriber;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

interface Timing<T> {
  readonly clock: OperationClock;
  /** Whether it is one event, not the subscription's beginning. */
  readonly event: boolean;
  readonly work: (schema: GraphQLSchema, contextValue: unknown) => Promise<T>;
  readonly leaving: (result: T) => Leaving;
}

/** How a subscription begins, and how each piece of its work is done: the access log knows of all of it. */
export interface Beginnings {
  readonly schema: GraphQLSchema;
  /**
   * @param demandPlace throws where there is no place for one more
   * @throws whatever there is to tell the client
   */
  begin(asked: Asked, subscriber: Subscriber, demandPlace: () => void): Promise<Begun>;
  /** @throws whatever there is to tell the client; nothing is left open then */
  openSource(begun: Begun): Promise<AsyncIterator<unknown>>;
  /** One deadline's worth of work with a context of its own. */
  timed<T>(begun: Begun, timing: Timing<T>): Promise<T>;
}

export function createBeginnings(options: BeginningsOptions): Beginnings {
  const { contextFor, settings, introspection, readRegistered, noteRefusal } = options;
  const schema = schemaWithoutAbandonedPromises(options.schema);
  const guardedSchema = options.guardedSchema && schemaWithoutAbandonedPromises(options.guardedSchema);
  const demandWithinLimits = createOperationLimits({ schema: options.schema, settings, introspection });
  const readDocument = createDocumentReader(options.schema, settings);

  async function begin(came: Asked, subscriber: Subscriber, demandPlace: () => void): Promise<Begun> {
    let asked = came;
    try {
      demandPlace();
      asked = readRegistered(came, subscriber.actor);
      const { document, operation } = await readDocument(asked);
      demandWithinLimits({ actor: subscriber.actor, document, operation, variables: asked.variables });
      const variables = getVariableValues(schema, operation.variableDefinitions ?? [], asked.variables ?? {});
      if (variables.errors) {
        throw new SubscriptionRefused(variables.errors.map((error) => withCode('BAD_USER_INPUT', error)));
      }
      return { asked, subscriber, document, operation };
    } catch (error) {
      await note(asked, subscriber, error);
      throw error;
    }
  }

  function note(asked: Asked, { requestId, actor, stated }: Subscriber, error: unknown): Promise<void> {
    const codes = [...new Set(errorsOf(error).map(({ outward }) => outward.extensions.code))];
    const { query: source, operationName = null } = asked;
    return noteRefusal({ requestId, actor, stated, source, operationName, codes });
  }

  async function timed<T>(begun: Begun, timing: Timing<T>): Promise<T> {
    const { asked, document, operation, subscriber } = begun;
    const { clock, event, work, leaving } = timing;
    const worked = await settledWork({
      contextFor,
      request: { ...subscriber, document, operation, event },
      clock,
      work: async (makeContext) => {
        const { value, guarded } = await makeContext();
        const served = guarded ? guardedSchema : schema;
        if (served === null) throw new Error('Something is refused, and there is no guarded schema to run on');
        return work(served, value);
      },
      leaving,
      errorsOf,
    });
    clock.stop();
    if (!worked.failed) return worked.result;
    if (!worked.hadContext) await note(asked, subscriber, worked.error);
    throw worked.error;
  }

  async function openSource(begun: Begun): Promise<AsyncIterator<unknown>> {
    const { document, operation, asked } = begun;
    let opened: AsyncIterator<unknown> | undefined;
    let late = false;
    try {
      return await timed(begun, {
        clock: startClock(settings.OPERATION_TIMEOUT_MS),
        event: false,
        leaving: () => ({ data: null, errors: [] }),
        work: async (served, contextValue) => {
          const source = await createSourceEventStream({
            schema: served,
            document,
            contextValue,
            operationName: operation.name?.value,
            variableValues: asked.variables,
          });
          if (!(Symbol.asyncIterator in source)) throw new SubscriptionRefused(source.errors ?? []);
          opened = source[Symbol.asyncIterator]();
          // Nobody waits for it any more, so nobody would close it.
          if (late) await opened.return?.();
          return opened;
        },
      });
    } catch (error) {
      late = true;
      await opened?.return?.().catch(() => {});
      throw error;
    }
  }

  return { schema, begin, openSource, timed };
}

function errorsOf(error: unknown): readonly FormattedError[] {
  const errors = error instanceof SubscriptionRefused ? error.errors : [error];
  return errors.map((one) => formatGraphqlError(one));
}
