import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** A client that speaks the hub's WebSocket protocol as well or as badly as it is told. */
export interface Conversation {
  readonly socket: WebSocket;
  /** What came, message by message. */
  readonly heard: readonly Message[];
  say(message: object | string | Uint8Array): void;
  /** Resolves with the first message for which it is true. Rejects when the line is closed before one comes. */
  until(isIt: (message: Message) => boolean): Promise<Message>;
  /** The code with which it was closed; 0 where it was never opened. */
  readonly closed: Promise<number>;
}

export interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

export function converse(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Conversation> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
  const heard: Message[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
  };
  socket.on('message', (data) => {
    heard.push(JSON.parse(String(data)) as Message);
    wake();
  });
  const closed = new Promise<number>((resolve) => {
    socket.on('close', (code) => resolve(code));
    socket.on('error', () => {
      if (socket.readyState !== socket.OPEN) resolve(0);
    });
  });
  const conversation: Conversation = {
    socket,
    heard,
    closed,
    say(message) {
      const isRaw = typeof message === 'string' || message instanceof Uint8Array;
      if (socket.readyState === socket.OPEN) socket.send(isRaw ? message : JSON.stringify(message));
    },
    until: (isIt) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = heard.find(isIt);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        void closed.then((code) => reject(new Error(`Closed as ${code} before it came`)));
        look();
      }),
  };
  return new Promise((resolve) => {
    socket.on('open', () => resolve(conversation));
    void closed.then(() => resolve(conversation));
  });
}

/** One who has been recognised. @throws Error where the hub says no */
export async function begin(url: string, authorization: string): Promise<Conversation> {
  const conversation = await converse(url);
  conversation.say({ type: 'connection_init', payload: { authorization } });
  await conversation.until(({ type }) => type === 'connection_ack');
  return conversation;
}

/** Sends bytes as they are. @returns everything that came until the hub closed the connection */
export async function throwBytes(
  url: string,
  bytes: string,
  options: { readonly end?: boolean; readonly mostMs?: number } = {},
): Promise<string> {
  const { end = true, mostMs = 10_000 } = options;
  const socket: Socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  socket.on('error', () => {});
  // The hub has said everything.
  socket.on('end', () => socket.end());
  await once(socket, 'connect');
  if (end) socket.end(bytes);
  else socket.write(bytes);
  const closed = once(socket, 'close').catch(() => {});
  const isClosed = await Promise.race([closed.then(() => true), delay(mostMs, false, { ref: false })]);
  socket.destroy();
  if (!isClosed) throw new Error(`The hub did not close the connection within ${mostMs} ms; it said: ${text}`);
  return text;
}
