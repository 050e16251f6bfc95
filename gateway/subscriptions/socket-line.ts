import type { WebSocket } from 'ws';
import type { GatewaySettings } from '../settings.ts';

/** A close code of the hub’s own; those above 4400 are the subprotocol's. */
const TOO_SLOW = 4008;

/** Time a client that is cut off has to read why. */
const FAREWELL_MS = 5_000;
/** RFC 6455: a close frame holds no more. */
const MOST_REASON_BYTES = 123;

/** What the protocol sends over: it waits until the client takes what it was sent, within limits. */
export interface Line {
  /** Resolves when the operating system took it all; at once when the line is being closed. */
  readonly send: (data: string) => Promise<void>;
  readonly close: (code: number, reason: string) => void;
  /** Calls once, when the line is closed or about to be. */
  readonly onEnd: (call: (code: number, reason: string) => void) => void;
}

export function createLine(socket: WebSocket, settings: GatewaySettings): Line {
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
