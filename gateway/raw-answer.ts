import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../core/errors.ts';
import { refusal } from './format-error.ts';

/** Why something that came over a connection never gets to a route. */
export interface EdgeRefusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

export const JSON_TYPE = 'application/json; charset=utf-8';

/** Time a client has to read why, while it may still be sending. */
const LINGER_MS = 1_000;

/** What `headers.ts` says of every answer, for those that are written on the socket itself; then the connection ends. */
export function refuseOnSocket(
  socket: Duplex,
  { status, code, message }: EdgeRefusal,
  always: Readonly<Record<string, string>>,
): void {
  if (!socket.writable) return void socket.destroy();
  const body = JSON.stringify(refusal(code, message));
  const headers = {
    ...always,
    'x-request-id': randomUUID(),
    'content-type': JSON_TYPE,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** By the code of Node's error: what was not a request, or took too long to become one. */
const FAULTS: Readonly<Record<string, Omit<EdgeRefusal, 'code'>>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'The request took too long to come.' },
  HPE_HEADER_OVERFLOW: { status: 431, message: 'The headers are larger than the hub takes.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, message: 'The body is larger than the hub takes.' },
};
const NO_REQUEST = { status: 400, message: 'What came is no HTTP request.' };

/** Answers what Node itself cannot make a request of, in the shape and under the headers of every other answer. */
export interface ClientErrors {
  /** To be told of every request, so that no answer is written into another one. */
  began(request: IncomingMessage, response: ServerResponse): void;
  handle(error: NodeJS.ErrnoException, socket: Duplex): void;
}

export function createClientErrors(always: Readonly<Record<string, string>>): ClientErrors {
  const latest = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>();
  return {
    began(request, response) {
      latest.set(request.socket, { request, response });
    },
    handle(error, socket) {
      // Told again with every piece that still comes.
      if (socket.writableEnded) return;
      const under = latest.get(socket);
      const isAnswered = under !== undefined && !under.response.writableEnded;
      // A whole request is being answered, and nonsense came behind it: words of ours would be taken for its answer.
      const wouldMix = isAnswered && (under.request.complete || under.response.headersSent);
      if (error.code === 'ECONNRESET' || wouldMix) return void socket.destroy();
      const fault = FAULTS[error.code ?? ''] ?? NO_REQUEST;
      refuseOnSocket(socket, { ...fault, code: 'BAD_REQUEST' }, always);
    },
  };
}
