import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import type { ExecutionResult, FormattedExecutionResult } from 'graphql';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer } from 'graphql-ws';
import type { Logger } from 'pino';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Actor } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import type { Presented } from '../authenticate.ts';
import type { Door } from '../door.ts';
import { formatGraphqlError } from '../format-error.ts';
import { loggedCauses } from '../log-cause.ts';
import { isOwnName, isOwnOrigin } from '../loopback.ts';
import { type EdgeRefusal, refuseOnSocket } from '../raw-answer.ts';
import type { GatewaySettings } from '../settings.ts';
import { asGraphqlError, SubscriptionRefused } from './document.ts';
import { tooMany } from './places.ts';
import type { SubscriptionRunner } from './run.ts';

interface WebSocketOptions {
  readonly server: Server;
  readonly runner: SubscriptionRunner;
  readonly door: Door;
  readonly settings: GatewaySettings;
  readonly logger: Logger;
  /** Names and origins besides this machine's own. */
  readonly names: readonly string[];
  readonly origins: readonly string[];
  /** What stands on every answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly isClosing: () => boolean;
}

/** Close codes below 4400 are the hub's own; those above are the subprotocol's. */
const TOO_SLOW = 4008;
const BAD_REQUEST = 4400;
const INTERNAL = 4500;
const GOING_AWAY = 1001;

const INIT_TIMEOUT_MS = 5_000;
/** Longer than it takes to check a token with a key that is known. */
const REFUSED_AFTER_MS = 50;
/** Time a client that is cut off has to read why. */
const FAREWELL_MS = 5_000;
/** Time clients have to close when the hub stops. */
const CLOSE_MS = 1_000;
/** RFC 6455: a close frame holds no more. */
const MOST_REASON_BYTES = 123;

/** Subscriptions over WebSocket at `/graphql`, in the subprotocol `graphql-transport-ws`. */
export function addWebSockets(options: WebSocketOptions): { close(): Promise<void> } {
  const { server, settings, logger, headers, isClosing } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: settings.MAX_BODY_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : false),
  });
  const protocol = makeProtocol(options);

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refusal = refusalOf(request, options) ?? fullness();
    if (refusal !== null) refuseOnSocket(socket, refusal, headers);
    else sockets.handleUpgrade(request, socket, head, (opened) => serve(opened, request));
  });
  sockets.on('wsClientError', (_, socket) => {
    refuseOnSocket(socket, { status: 400, code: 'BAD_REQUEST', message: NO_HANDSHAKE }, headers);
  });

  function fullness(): EdgeRefusal | null {
    if (isClosing()) return { status: 503, code: 'OPERATION_TIMEOUT', message: 'The hub is stopping.' };
    const most = settings.SUBSCRIPTIONS;
    if (sockets.clients.size < most) return null;
    return {
      status: 503,
      code: 'TOO_MANY_SUBSCRIPTIONS',
      message: `The hub takes at most ${most} connections at once.`,
    };
  }

  function serve(socket: WebSocket, request: IncomingMessage): void {
    const requestId = randomUUID();
    const line = createLine(socket, settings);
    const ended = protocol.opened(
      {
        protocol: socket.protocol,
        send: line.send,
        close: (code = INTERNAL, reason = '') => line.close(code, reason),
        onMessage: (handle) => {
          socket.on('message', (data: RawData, isBinary: boolean) => {
            if (socket.readyState !== socket.OPEN) return;
            if (isBinary) return line.close(BAD_REQUEST, 'Text frames only');
            handle(String(data)).catch((error: unknown) => {
              if (isOutOfTurn(error)) return line.close(BAD_REQUEST, 'Invalid message');
              logger.warn({ requestId, causes: loggedCauses(error) }, 'a WebSocket message could not be handled');
              line.close(INTERNAL, 'Internal error');
            });
          });
        },
      },
      { requestId, request },
    );
    // As soon as nothing more will be sent: whoever is cut off would otherwise be given events that go nowhere.
    line.onEnd((code, reason) => {
      ended(code, reason).catch(() => {});
    });
  }

  return {
    async close() {
      // What was sent last, that the subscriptions are complete, goes first.
      await immediate();
      for (const socket of sockets.clients) socket.close(GOING_AWAY, 'The hub is stopping');
      for (let waited = 0; sockets.clients.size > 0 && waited < CLOSE_MS; waited += 20) await delay(20);
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}

/** One connection: the request that opened it, and who was recognised by it and by what its first message said. */
interface Connection {
  readonly requestId: string;
  readonly request: IncomingMessage;
  recognised?: { readonly actor: Actor; readonly presented: Presented };
}

function makeProtocol({ runner, door, settings }: WebSocketOptions) {
  const most = settings.SUBSCRIPTIONS_PER_CONNECTION;
  return makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: INIT_TIMEOUT_MS,
    async onConnect({ extra, connectionParams }) {
      const presented = door.presentedBy(extra.request, connectionParams);
      const since = performance.now();
      try {
        extra.recognised = { actor: await door.recognise(presented), presented };
      } catch {
        // Closed as 4403, whatever it was: a close frame has no room for more, and the time it takes says no more either.
        await delay(Math.max(0, REFUSED_AFTER_MS - (performance.now() - since)));
        return false;
      }
      // Told, so that whoever reports a failure can say which.
      return { requestId: extra.requestId };
    },
    onSubscribe: async ({ extra, subscriptions }, _, asked) => {
      const { requestId, request, recognised } = extra;
      if (recognised === undefined) throw new Error('A subscription came in before anybody was recognised');
      try {
        if (Object.keys(subscriptions).length > most) throw tooMany('This connection', most);
        const { actor, stated, leave } = await door.enter({ requestId, ...recognised });
        const subscriber = { requestId, headers: request.headers, actor, stated };
        // Listening takes no time of the hub: each event does, and has its own.
        const { document, operation, answers } = await runner.start(asked, subscriber).finally(leave);
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

/** What only the hub says, said by a client: the library throws as it does where the hub itself has failed. */
function isOutOfTurn(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unexpected message of type');
}

/** What the protocol sends over: it waits until the client takes what it was sent, within limits. */
interface Line {
  /** Resolves when the operating system took it all; at once when the line is being closed. */
  readonly send: (data: string) => Promise<void>;
  readonly close: (code: number, reason: string) => void;
  /** Calls once, when the line is closed or about to be. */
  readonly onEnd: (call: (code: number, reason: string) => void) => void;
}

function createLine(socket: WebSocket, settings: GatewaySettings): Line {
  const { MAX_SOCKET_BUFFER_BYTES: mostBuffered, SUBSCRIBER_STALL_MS: stallMs, KEEPALIVE_MS: keepaliveMs } = settings;
  const ending = Promise.withResolvers<readonly [code: number, reason: string]>();
  let sending = 0;
  let alive = true;

  const close = (code: number, reason: string): void => {
    ending.resolve([code, reason]);
    socket.close(code, Buffer.byteLength(reason) > MOST_REASON_BYTES ? '' : reason);
    setTimeout(() => socket.terminate(), FAREWELL_MS).unref();
  };
  const cutOff = (): void => close(TOO_SLOW, 'SUBSCRIBER_TOO_SLOW');

  const pulse = setInterval(() => {
    // While something is being sent, it is known that the client does not read, and for how long it may.
    if (!alive && sending === 0) return socket.terminate();
    alive = false;
    socket.ping();
  }, keepaliveMs);
  socket.on('pong', () => {
    alive = true;
  });
  // A frame too large or malformed: ws closes with the code that says so.
  socket.on('error', () => {});
  socket.on('close', (code, reason) => {
    clearInterval(pulse);
    ending.resolve([code, String(reason)]);
  });

  return {
    close,
    onEnd: (call) => void ending.promise.then(([code, reason]) => call(code, reason)),
    send: (data) =>
      new Promise((resolve) => {
        if (socket.readyState !== socket.OPEN) return resolve();
        if (socket.bufferedAmount > mostBuffered) {
          cutOff();
          return resolve();
        }
        sending += 1;
        const stall = setTimeout(cutOff, stallMs);
        socket.send(data, () => {
          sending -= 1;
          clearTimeout(stall);
          resolve();
        });
      }),
  };
}

const NAMES_ONLY = 'The hub answers to the names of this machine only.';
const NOTHING_HERE = 'There is nothing here; subscriptions are at /graphql.';
const NO_HANDSHAKE = `Expected a WebSocket that speaks ${GRAPHQL_TRANSPORT_WS_PROTOCOL}.`;

/** @returns null where the upgrade may be done */
function refusalOf(
  { url = '', headers }: IncomingMessage,
  { names, origins }: Pick<WebSocketOptions, 'names' | 'origins'>,
): EdgeRefusal | null {
  if (!isOwnName(headers.host, names) || !isOwnOrigin(headers.origin, names, origins)) {
    return { status: 403, code: 'FORBIDDEN', message: NAMES_ONLY };
  }
  if (url !== '/graphql') return { status: 404, code: 'BAD_REQUEST', message: NOTHING_HERE };
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (offered.includes(GRAPHQL_TRANSPORT_WS_PROTOCOL)) return null;
  return { status: 400, code: 'BAD_REQUEST', message: NO_HANDSHAKE };
}
