import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionResult, FormattedExecutionResult } from 'graphql';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer } from 'graphql-ws';
import type { Actor } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import type { Presented } from '../authenticate.ts';
import type { Door } from '../door.ts';
import { formatGraphqlError } from '../format-error.ts';
import type { NoteRefusal } from '../operation-request.ts';
import type { GatewaySettings } from '../settings.ts';
import type { Connections } from './connections.ts';
import { asGraphqlError, SubscriptionRefused } from './document.ts';
import { tooMany } from './places.ts';
import type { SubscriptionRunner } from './run.ts';
import type { TokenWatch } from './token-watch.ts';

/** The subprotocol's name in the handshake. */
export const PROTOCOL = GRAPHQL_TRANSPORT_WS_PROTOCOL;

export interface ProtocolOptions {
  readonly runner: SubscriptionRunner;
  readonly door: Door;
  readonly watch: (actor: Actor, presented: Presented) => TokenWatch;
  readonly noteRefusal: NoteRefusal;
  readonly settings: Pick<GatewaySettings, 'SUBSCRIPTIONS_PER_CONNECTION'>;
}

/** What the protocol sends over: it waits until the client takes what it was sent, within limits. */
export interface Line {
  /** Resolves when the operating system took it all; at once when the line is being closed. */
  readonly send: (data: string) => Promise<void>;
  readonly close: (code: number, reason: string) => void;
  /** Calls once, when the line is closed or about to be. */
  readonly onEnd: (call: (code: number, reason: string) => void) => void;
}

/** One connection: the request that opened it, and who was recognised by it and by what its first message said. */
export interface Connection {
  readonly requestId: string;
  readonly request: IncomingMessage;
  readonly line: Pick<Line, 'close' | 'onEnd'>;
  recognised?: { readonly actor: Actor; readonly presented: Presented; readonly watch: TokenWatch };
}

/** The subprotocol's: nobody is recognised, or nobody any more. */
const FORBIDDEN = 4403;
/** Of the registry of close codes: connect again later. */
const TRY_AGAIN_LATER = 1013;

const INIT_TIMEOUT_MS = 5_000;
/** Longer than it takes to check a token with a key that is known. */
const REFUSED_AFTER_MS = 50;
/** Time subscriptions have to say why they end before their connection does. */
const LAST_WORDS_MS = 1_000;

/** What is said over a connection in `graphql-transport-ws`, and what becomes of it. */
export function makeProtocol(options: ProtocolOptions & { readonly connections: Connections }) {
  const { runner, door, watch: watchOf, connections, noteRefusal, settings } = options;
  const most = settings.SUBSCRIPTIONS_PER_CONNECTION;

  /** @returns whether there is a place for one more connection of this person */
  async function takePlace({ request, requestId, line }: Connection, actor: Actor, presented: Presented) {
    try {
      connections.recognised(request.socket, actor);
      return true;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      const { code } = error;
      await door.enter({ requestId, actor, presented }).then(
        ({ stated, leave }) => {
          leave();
          return noteRefusal({ requestId, actor, stated, source: null, operationName: null, codes: [code] });
        },
        // Comes too often as well, which is noted by then.
        () => {},
      );
      line.close(TRY_AGAIN_LATER, code);
      return false;
    }
  }

  return makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: INIT_TIMEOUT_MS,
    async onConnect({ extra, connectionParams, subscriptions }) {
      const presented = door.presentedBy(extra.request, connectionParams);
      const since = performance.now();
      let actor: Actor;
      try {
        actor = await door.recognise(presented);
      } catch {
        // Closed as 4403, whatever it was: a close frame has no room for more, and the time it takes says no more either.
        await delay(Math.max(0, REFUSED_AFTER_MS - (performance.now() - since)));
        return false;
      }
      if (!(await takePlace(extra, actor, presented))) return false;
      const watch = watchOf(actor, presented);
      extra.recognised = { actor, presented, watch };
      extra.line.onEnd(() => watch.close());
      watch.onEnd(() => void endWithToken(extra.line, subscriptions, watch));
      // Told, so that whoever reports a failure can say which.
      return { requestId: extra.requestId };
    },
    onSubscribe: async ({ extra, subscriptions }, _, asked) => {
      const { requestId, request, recognised } = extra;
      if (recognised === undefined) throw new Error('A subscription came in before anybody was recognised');
      // Now: while the token is looked at, further ones come.
      const isFull = Object.keys(subscriptions).length > most;
      const demandPlace = () => {
        if (isFull) throw tooMany('This connection', most);
      };
      try {
        const { watch, presented } = recognised;
        await watch.look();
        const { actor, stated, leave } = await door.enter({ requestId, actor: recognised.actor, presented });
        const subscriber = { requestId, headers: request.headers, actor, stated };
        // Listening takes no time of the hub: each event does, and has its own.
        const started = await runner.start(asked, subscriber, { watch, demandPlace }).finally(leave);
        const { document, operation, answers } = started;
        return { schema: runner.schema, document, operationName: operation.name?.value, contextValue: answers };
      } catch (error) {
        if (error instanceof SubscriptionRefused) return error.errors;
        if (error instanceof HubError) return [asGraphqlError(error)];
        throw error;
      }
    },
    subscribe: ({ contextValue }) => contextValue as AsyncIterable<ExecutionResult>,
    // Already as they leave the hub.
    onNext: (_, __, ___, ____, result) => result as FormattedExecutionResult,
    onError: (_, __, ___, errors) => errors.map((error) => formatGraphqlError(error).outward),
  });
}

/** Also a connection on which nothing runs: nothing more can be begun on it. */
async function endWithToken(line: Connection['line'], running: object, watch: TokenWatch): Promise<void> {
  for (let waited = 0; Object.keys(running).length > 0 && waited < LAST_WORDS_MS; waited += 20) await delay(20);
  line.close(FORBIDDEN, watch.ended()?.code ?? '');
}
