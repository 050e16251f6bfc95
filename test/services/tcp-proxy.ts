import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy that can go silent or away, and counts the statements that pass to a MySQL server. */
export interface TcpProxy {
  readonly port: number;
  /** COM_QUERY and COM_STMT_EXECUTE seen so far, without those that only set up a session. */
  statements(): number;
  /** Clients connected now. */
  connections(): number;
  /** Takes bytes and passes none on, in either direction. */
  hang(): void;
  /** Lets a function have every piece of bytes first; where it answers null, the connection is reset. Null: none. */
  alter(change: Alteration | null): void;
  /** Ends every connection and refuses new ones. */
  break(): Promise<void>;
  repair(): Promise<void>;
  close(): Promise<void>;
}

export type Alteration = (bytes: Buffer, from: 'client' | 'server') => Buffer | null;

const QUERY = 0x03;
const EXECUTE = 0x17;

export async function tcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let silent = false;
  let alteration: Alteration | null = null;
  let statements = 0;
  const carry = (from: Socket, to: Socket, seen: (bytes: Buffer) => void): void => {
    sockets.add(from);
    from.on('data', (bytes: Buffer) => {
      if (silent) return;
      seen(bytes);
      const passed = alteration === null ? bytes : alteration(bytes, clients.has(from) ? 'client' : 'server');
      if (passed !== null) to.write(passed);
      else for (const socket of [from, to]) socket.resetAndDestroy();
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const accept = (client: Socket): void => {
    const server = connect(target.port, target.host);
    clients.add(client);
    client.on('close', () => clients.delete(client));
    // A packet is: length (3), sequence (1, 0 for a command), command (1), text. Our client sends one at a time.
    carry(client, server, (bytes) => {
      const isStatement = bytes[3] === 0 && (bytes[4] === QUERY || bytes[4] === EXECUTE);
      if (isStatement && !bytes.subarray(5, 9).equals(Buffer.from('set '))) statements += 1;
    });
    carry(server, client, () => {});
  };
  let listener = await listen(0, accept);
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (!listener.listening) return;
    listener.close();
    await once(listener, 'close');
  };
  return {
    port,
    statements: () => statements,
    connections: () => clients.size,
    hang: () => {
      silent = true;
    },
    alter: (change) => {
      alteration = change;
    },
    break: stop,
    repair: async () => {
      silent = false;
      alteration = null;
      // What was swallowed is lost, so whoever waits for it has to start anew.
      for (const socket of sockets) socket.destroy();
      if (!listener.listening) listener = await listen(port, accept);
    },
    close: stop,
  };
}

async function listen(port: number, accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer(accept).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
