import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A portal that lets everybody in and then answers each call with the same words, whatever it was asked. */
export interface ScriptedPortal {
  readonly url: string;
  says(answer: { status?: number; headers?: Record<string, string>; body: string }): void;
  close(): Promise<void>;
}

/** @param port a free one when left out */
export async function scriptedPortal(port = 0): Promise<ScriptedPortal> {
  let answer: Parameters<ScriptedPortal['says']>[0] = { body: '' };
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const signingIn = request.url?.endsWith('/login') === true;
      const { status = 200, headers = {}, body } = signingIn ? { body: '{"session":"s","error_code":"00"}' } : answer;
      response.writeHead(status, headers).end(body);
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    says: (next) => {
      answer = next;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
