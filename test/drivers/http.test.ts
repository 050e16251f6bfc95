import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HttpClient, type HttpRequest, openHttp } from '../../drivers/http.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

describe('http', () => {
  let server: Server;
  let handler: Handler;
  let client: HttpClient;
  let sockets: number;
  const ask = (request: Partial<HttpRequest> = {}) =>
    client.request({ method: 'GET', path: '/x', signal: AbortSignal.timeout(5_000), ...request });

  beforeEach(async () => {
    sockets = 0;
    handler = (_, response) => response.end('ok');
    server = createServer((request, response) => handler(request, response));
    server.on('connection', () => {
      sockets += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    client = openHttp({
      baseUrl: `http://127.0.0.1:${port}/base/?v=1`,
      maxBytes: 10_000,
      connections: 2,
      silenceMs: 300,
    });
  });
  afterEach(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });

  it('joins path and query to those of the base address', async () => {
    handler = (request, response) => response.end(`${request.method} ${request.url}`);
    const urlOf = async (request: Partial<HttpRequest>) => Buffer.from((await ask(request)).bytes).toString();
    expect(await urlOf({ path: '' })).toBe('GET /base/?v=1');
    expect(await urlOf({ method: 'POST', path: '/y', query: { a: ['1', '2'], b: '&é' } })).toBe(
      'POST /base/y?v=1&a=1&a=2&b=%26%C3%A9',
    );
  });

  it('sends headers and body, and gives status, headers and bytes back', async () => {
    handler = (request, response) => {
      request.setEncoding('utf8').on('data', (text) => {
        response.writeHead(418, { 'X-Was': request.headers['x-is'] }).end(`${text}!`);
      });
    };
    const answer = await ask({ method: 'POST', headers: { 'x-is': '1' }, body: 'Bệ' });
    expect([answer.status, answer.headers['x-was'], Buffer.from(answer.bytes).toString()]).toEqual([418, '1', 'Bệ!']);
  });

  it('keeps connections, and opens no more than allowed', async () => {
    for (let round = 0; round < 10; round += 1) await ask();
    await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(sockets).toBe(2);
  });

  it('does not follow a redirect', async () => {
    handler = (_, response) => response.writeHead(302, { location: '/base/y' }).end();
    expect(await ask()).toMatchObject({ status: 302 });
  });

  it('refuses an answer that is larger than allowed, whether it says so or not', async () => {
    handler = (_, response) => response.writeHead(200, { 'content-length': 20_000 }).end(Buffer.alloc(20_000));
    await expect(ask()).rejects.toMatchObject({
      code: 'SOURCE_MALFORMED',
      message: 'the answer is larger than 10000 bytes',
    });
    handler = (_, response) => {
      const drip = setInterval(() => response.write(Buffer.alloc(4_000)), 5);
      response.on('close', () => clearInterval(drip));
    };
    await expect(ask()).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
  });

  it('refuses an answer that is compressed, as it could unfold without bound', async () => {
    handler = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
    await expect(ask()).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
  });

  it('stops a drip at the deadline, with the signal’s own reason', async () => {
    handler = (_, response) => {
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    };
    const reason = new Error('gone');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 600);
    const start = performance.now();
    await expect(ask({ signal: controller.signal })).rejects.toBe(reason);
    expect(performance.now() - start).toBeLessThan(1_500);
  });

  it('asks nothing when the signal is aborted already', async () => {
    await expect(ask({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(sockets).toBe(0);
  });

  it.each<[string, Handler, string]>([
    ['says nothing', () => {}, 'SOURCE_TIMEOUT'],
    [
      'breaks off',
      (_, response) => response.writeHead(200, { 'content-length': 9 }).write('x', () => response.destroy()),
      'SOURCE_UNAVAILABLE',
    ],
    ['hangs up', (request) => request.socket.destroy(), 'SOURCE_UNAVAILABLE'],
    ['does not speak HTTP', (request) => request.socket.end('+OK ready\r\n\r\n'), 'SOURCE_MALFORMED'],
  ])('tells a system that %s by code, and no address in the message', async (_, how, code) => {
    handler = how;
    const error = await ask().catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).not.toMatch(/127|\d{4}/);
  });

  it('tells that nobody is there, and keeps why for the log', async () => {
    const dead = openHttp({ baseUrl: 'http://127.0.0.1:1', maxBytes: 10, connections: 1 });
    const asking = dead.request({ method: 'GET', path: '/', signal: AbortSignal.timeout(5_000) });
    await expect(asking).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', cause: { code: 'ECONNREFUSED' } });
    await dead.close();
    await dead.close();
  });

  it('answers nothing once it is closed', async () => {
    await client.close();
    await expect(ask()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
  });
});
