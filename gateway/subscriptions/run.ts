import { setImmediate as immediate } from 'node:timers/promises';
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type FormattedExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { Logger } from 'pino';
import { HubError } from '../../core/errors.ts';
import { type LoggedExchange, logExchange } from '../exchange.ts';
import { formatGraphqlError } from '../format-error.ts';
import { type OperationClock, startClock } from '../operation-clock.ts';
import { plainFieldResolver } from '../plain-field-resolver.ts';
import { type BeginningsOptions, type Begun, createBeginnings, type Subscriber } from './begin.ts';
import { type Asked, asGraphqlError, SubscriptionRefused } from './document.ts';
import { createPlaces } from './places.ts';
import type { TokenWatch } from './token-watch.ts';

export interface SubscriptionsOptions extends BeginningsOptions {
  readonly logger: Logger;
}

/** Executes subscriptions, whatever they travel over. */
export interface SubscriptionRunner {
  readonly schema: GraphQLSchema;
  /**
   * Begins to listen. Each answer is one event, executed when it is asked for: whoever reads slowly holds up nobody and
   * nothing waits for it here.
   *
   * @throws SubscriptionRefused
   */
  start(asked: Asked, subscriber: Subscriber, bounds: Bounds): Promise<Started>;
  /** Ends all of them. */
  close(): void;
}

/** What one subscription is held to, besides the limits of all. */
export interface Bounds {
  /** It ends with its token. */
  readonly watch: Pick<TokenWatch, 'ended' | 'onEnd'>;
  /** Throws where whatever it comes over has no place for one more. */
  readonly demandPlace?: () => void;
}

export interface Started {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly answers: Answers;
}

/** `return` ends it at once, also while `next` waits. A thrown error ends it and is for the client. */
export interface Answers extends AsyncIterableIterator<FormattedExecutionResult, undefined> {
  return(): Promise<IteratorReturnResult<undefined>>;
}

const DONE = { done: true, value: undefined } as const;

export function createSubscriptionRunner(options: SubscriptionsOptions): SubscriptionRunner {
  const { settings, logger } = options;
  const { schema, begin, openSource, timed } = createBeginnings(options);
  const running = new Set<Answers>();
  const places = createPlaces(settings);
  let closed = false;

  function answersOf(begun: Begun, source: AsyncIterator<unknown>, held: Bounds & { leave: () => void }): Answers {
    const { document, operation, asked } = begun;
    const { watch, leave } = held;
    const whole = exchangeOf(begun);
    let events = 0;
    let lastTold: string | null = null;
    let keptBack = false;
    let clock: OperationClock | undefined;
    let ended = false;
    let endWait: () => void = () => {};
    const unwatch = watch.onEnd(() => endWait());

    /** Who listens longer than their token holds asks again with a new one, and misses nothing by going on from there. */
    function demandToken(): void {
      const why = watch.ended();
      if (why !== null) throw new HubError(why.code, why.message, { after: lastTold, cause: why.cause });
    }

    function end(): void {
      if (ended) return;
      ended = true;
      unwatch();
      running.delete(answers);
      leave();
      endWait();
      clock?.abort(new Error('The subscriber is gone.'));
      // A source that ends badly has nobody left to tell.
      void source.return?.().catch(() => {});
      logExchange(logger, whole, { events });
    }

    /** The next event; done as soon as the subscription or its token ends, even if the source goes on waiting. */
    function nextEvent(): Promise<IteratorResult<unknown, unknown>> {
      return new Promise((resolve, reject) => {
        endWait = () => resolve(DONE);
        source.next().then(resolve, reject);
      });
    }

    async function answer(rootValue: unknown): Promise<FormattedExecutionResult> {
      const exchange = exchangeOf(begun);
      clock = startClock(settings.OPERATION_TIMEOUT_MS);
      try {
        const { data = null, errors = [] } = await timed(begun, {
          clock,
          event: true,
          leaving: ({ data: told, errors: failed = [] }: ExecutionResult) => ({
            data: told,
            errors: failed.map((error) => formatGraphqlError(error)),
          }),
          work: async (served, contextValue) =>
            execute({
              schema: served,
              document,
              rootValue,
              contextValue,
              operationName: operation.name?.value,
              variableValues: asked.variables,
              fieldResolver: plainFieldResolver,
            }),
        });
        if (errors.length === 0) return { data };
        exchange.errors.push(...errors.map((error) => formatGraphqlError(error)));
        return { data, errors: exchange.errors.map(({ outward }) => outward) };
      } catch (error) {
        exchange.errors.push(formatGraphqlError(error));
        return { data: null, errors: exchange.errors.map(({ outward }) => outward) };
      } finally {
        if (exchange.errors.length > 0 && !ended) logExchange(logger, exchange, { events: 1 });
      }
    }

    const answers: Answers = {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        // Where events are at hand and the socket takes them at once, nobody else would have a turn.
        if (events > 0) await immediate();
        if (ended) return DONE;
        try {
          demandToken();
          const event = await nextEvent();
          if (!ended) demandToken();
          if (!event.done && !ended) {
            events += 1;
            const value = await answer(event.value);
            // What was kept back was told to nobody: its id would say whose change it was, and skip it for whoever goes on.
            keptBack = !isTold(value);
            if (!keptBack) lastTold = idOf(event.value) ?? lastTold;
            if (!ended) return { done: false, value };
          }
          end();
          return DONE;
        } catch (thrown) {
          const error = keptBack ? goingOnAfter(lastTold, thrown) : thrown;
          whole.errors.push(formatGraphqlError(error));
          end();
          throw error;
        }
      },
      async return() {
        end();
        return DONE;
      },
    };
    return answers;
  }

  return {
    schema,
    async start(asked, subscriber, { watch, demandPlace: demandOwn }) {
      let leave = (): void => {};
      const demandPlace = (): void => {
        demandOwn?.();
        leave = places.take(subscriber.actor);
      };
      try {
        const begun = await begin(asked, subscriber, demandPlace);
        const answers = answersOf(begun, await openSource(begun), { watch, leave });
        running.add(answers);
        if (closed) void answers.return();
        return { document: begun.document, operation: begun.operation, answers };
      } catch (error) {
        leave();
        throw error instanceof SubscriptionRefused ? error : new SubscriptionRefused([asGraphqlError(error)]);
      }
    },
    close() {
      closed = true;
      for (const answers of running) void answers.return();
    },
  };
}

/** Whether any of an event was in its answer, rather than only what is wrong with it. */
function isTold({ data }: FormattedExecutionResult): boolean {
  return Object.values(data ?? {}).some((value) => value !== null);
}

/** The source knows what it handed over last, and not that it was kept back. */
function goingOnAfter(after: string | null, error: unknown): unknown {
  if (!(error instanceof HubError) || error.after === null) return error;
  const { code, message, retryable } = error;
  return new HubError(code, message, { retryable, after, cause: error });
}

/** Of an event, as its field's value has it, whatever its resolver is handed beside that; null where events have none. */
function idOf(event: unknown): string | null {
  const ids = Object.values(Object(event) as object).map((value) => (Object(value) as { id?: unknown }).id);
  return ids.find((id) => typeof id === 'string') ?? null;
}

function exchangeOf({ subscriber, operation }: Begun): LoggedExchange {
  const { requestId } = subscriber;
  return { requestId, operationName: operation.name?.value, startedAt: performance.now(), errors: [] };
}
