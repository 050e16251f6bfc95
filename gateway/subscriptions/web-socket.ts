import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { loggedCauses } from '../log-cause.ts';
import { refusedHeader } from '../loopback.ts';
import { type EdgeRefusal, refuseOnSocket } from '../raw-answer.ts';
import type { GatewaySettings } from '../settings.ts';
import { createConnections } from './connections.ts';
import { type Connection, type Line, makeProtocol, PROTOCOL, type ProtocolOptions } from './socket-protocol.ts';

interface WebSocketOptions extends ProtocolOptions {
  readonly server: Server;
  readonly settings: GatewaySettings;
  readonly logger: Logger;
  /** Names and origins besides this machine's own. */
  readonly names: readonly string[];
  readonly origins: readonly string[];
  /** What stands on every answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly isClosing: () => boolean;
}

/** Close codes of the subprotocol, and of WebSocket itself. */
const BAD_REQUEST = 4400;
const INTERNAL = 4500;
const GOING_AWAY = 1001;

/** A close code of the hub’s own; those above 4400 are the subprotocol's. */
const TOO_SLOW = 4008;

/** Time a client that is cut off has to read why. */
const FAREWELL_MS = 5_000;
/** RFC 6455: a close frame holds no more. */
const MOST_REASON_BYTES = 123;
/** Time clients have to close when the hub stops. */
const CLOSE_MS = 1_000;

/** Subscriptions over WebSocket at `/graphql`, in the subprotocol `graphql-transport-ws`. */
export function addWebSockets(options: WebSocketOptions): { close(): Promise<void> } {
  const { server, settings, logger, headers, door } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: settings.MAX_BODY_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  const connections = createConnections(settings);
  const protocol = makeProtocol({ ...options, connections });

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refusal = refusalOf(request, options) ?? connections.come(socket, door.presentedBy(request).address);
    if (refusal !== null) refuseOnSocket(socket, refusal, headers);
    else sockets.handleUpgrade(request, socket, head, (opened) => serve(opened, request));
  });
  sockets.on('wsClientError', (_, socket) => {
    refuseOnSocket(socket, { status: 400, code: 'BAD_REQUEST', message: NO_HANDSHAKE }, headers);
  });

  function serve(socket: WebSocket, request: IncomingMessage): void {
    const requestId = randomUUID();
    const line = createLine(socket, settings);
    const connection: Connection = { requestId, request, line };
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
      connection,
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

const NOTHING_HERE = 'There is nothing here; subscriptions are at /graphql.';
const NO_HANDSHAKE = `Expected a WebSocket that speaks ${PROTOCOL}.`;

/** @returns null where the upgrade may be done */
function refusalOf(
  { url = '', headers }: IncomingMessage,
  { names, origins, isClosing }: Pick<WebSocketOptions, 'names' | 'origins' | 'isClosing'>,
): EdgeRefusal | null {
  const message = refusedHeader(headers, { names, origins });
  if (message !== null) return { status: 403, code: 'FORBIDDEN', message };
  if (url !== '/graphql') return { status: 404, code: 'BAD_REQUEST', message: NOTHING_HERE };
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (!offered.includes(PROTOCOL)) {
    return { status: 400, code: 'BAD_REQUEST', message: NO_HANDSHAKE };
  }
  return isClosing() ? { status: 503, code: 'OPERATION_TIMEOUT', message: 'The hub is stopping.' } : null;
}

/** What only the hub says, said by a client: the library throws as it does where the hub itself has failed. */
function isOutOfTurn(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unexpected message of type');
}
