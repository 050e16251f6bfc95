/** What every stand-in over HTTP is served by: one port, fault switches, call counters, and a tidy end. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, answerFaulty, createFaults, type Fault, send } from './faults.ts';

export type { Answer, Fault } from './faults.ts';

export interface Call {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface Calls {
  total: number;
  byPath: Record<string, number>;
}

/** A stand-in that runs, in a process of its own or inside a test. */
export interface Running {
  /** What the hub has to be told: setting name → value. */
  settings: Record<string, string>;
  /** May be called twice. */
  close(): Promise<void>;
  faults(fault: Fault): void;
  calls(): Calls;
  forgetCalls(): void;
}

export interface ServeOptions {
  handle(call: Call): Answer | Promise<Answer>;
  /** What a call is counted as and which faults it meets, where one path serves several purposes; standard: its path. */
  pathOf?(call: Call): string;
  /** Settings beside URL, such as a password. */
  settings?: Record<string, string>;
  /** A free one when left out. */
  port?: number | undefined;
  /** Runs once, after the last connection is gone. */
  onClose?(): void | Promise<void>;
}

const MOST_BODY_BYTES = 10 * 1024 * 1024;

export async function serve(options: ServeOptions): Promise<Running> {
  const faults = createFaults();
  let counted: Calls = { total: 0, byPath: {} };
  let closing: Promise<void> | undefined;

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      send(response, { status: 500, type: 'text/plain; charset=utf-8', body: String(error) });
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const body = await readBody(request);
    const call = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
    };
    const real = () => options.handle(call);
    if (url.pathname.startsWith('/__stand-in/')) {
      return send(response, controlAnswer(call.method, call.path, body) ?? (await real()));
    }
    const path = options.pathOf?.(call) ?? call.path;
    counted.total += 1;
    counted.byPath[path] = (counted.byPath[path] ?? 0) + 1;
    const fault = faults.take(path);
    if (fault === undefined) return send(response, await real());
    return answerFaulty(fault, request, response, real);
  }

  function controlAnswer(method: string, path: string, body: Buffer): Answer | undefined {
    if (path === '/__stand-in/faults' && method === 'POST') {
      try {
        faults.set(JSON.parse(body.toString()) as Fault);
        return { body: '{"ok":true}' };
      } catch (error) {
        return { status: 400, body: JSON.stringify({ ok: false, message: String(error) }) };
      }
    }
    if (path !== '/__stand-in/calls') return undefined;
    if (method === 'DELETE') counted = { total: 0, byPath: {} };
    return { body: JSON.stringify(counted) };
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    settings: { URL: `http://127.0.0.1:${port}`, ...options.settings },
    close() {
      closing ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        // Calls that hang or drip would keep it open for ever.
        server.closeAllConnections();
      }).then(() => options.onClose?.());
      return closing;
    },
    faults: (fault) => faults.set(fault),
    calls: () => ({ total: counted.total, byPath: { ...counted.byPath } }),
    forgetCalls() {
      counted = { total: 0, byPath: {} };
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES) throw new Error(`A body has at most ${MOST_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
