import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Asked {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The body as JSON, or undefined. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** What to answer: a value goes out as JSON; a function writes the response itself. */
export type Reply =
  | ((response: ServerResponse) => void)
  | Readonly<Record<string, unknown>>
  | readonly unknown[]
  | null;
export type Handler = (asked: Asked) => Reply | Promise<Reply>;

export interface RestServer {
  readonly port: number;
  readonly url: string;
  readonly asked: readonly Asked[];
  readonly connections: () => number;
  handle(handler: Handler): void;
  hang(): void;
  break(): Promise<void>;
  repair(): Promise<void>;
  close(): Promise<void>;
}

/** A system on a real socket that answers as each test says, and can fall silent or go away. */
export async function restServer(initial: Handler = () => null): Promise<RestServer> {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  let handler = initial;
  let silent = false;
  const server = createServer((request, response) => {
    if (!silent) answer(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const question: Asked = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      text,
      body: text.startsWith('{') ? JSON.parse(text) : undefined,
    };
    asked.push(question);
    const reply = await handler(question);
    if (typeof reply === 'function') reply(response);
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(reply));
  }

  async function listen(port: number): Promise<number> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function stop(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  }

  const port = await listen(0);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    asked,
    connections: () => sockets.size,
    handle: (next) => {
      handler = next;
    },
    hang: () => {
      silent = true;
    },
    break: stop,
    repair: async () => {
      silent = false;
      for (const socket of sockets) socket.destroy();
      if (!server.listening) await listen(port);
    },
    close: stop,
  };
}
