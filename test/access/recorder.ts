import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request, as it came over the wire. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server that keeps what it is asked. */
export interface Recorder {
  readonly url: string;
  readonly asked: Recorded[];
  close(): Promise<void>;
}

type Answered = { readonly status: number; readonly type: string; readonly body: string };

export async function openRecorder(answer: (asked: Recorded) => Promise<Answered> | Answered): Promise<Recorder> {
  const asked: Recorded[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', async () => {
      const { method = '', url: path = '', headers } = request;
      const one = { method, path, headers, body: Buffer.concat(parts).toString('utf8') };
      asked.push(one);
      try {
        const { status, type, body } = await answer(one);
        response.writeHead(status, { 'content-type': type }).end(body);
      } catch (error) {
        response.writeHead(502).end(String(error));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
