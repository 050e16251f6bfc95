/** Ways a system over HTTP can fail, to be switched on while it runs. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

export const faultModes = [
  'none',
  'down',
  'slow',
  'hang',
  'error',
  'html',
  'truncate',
  'huge',
  'drip',
  'wrong-encoding',
  'empty',
] as const;

export interface Fault {
  /** down: the connection breaks. truncate: a complete HTTP answer with half a body. huge: far too much. drip: byte by byte. */
  mode: (typeof faultModes)[number];
  /** Only calls whose path begins so; all calls without it. */
  path?: string;
  /** How often, then never again; for ever without it. */
  times?: number;
  /** slow: before the answer, default 2,000. drip: between two bytes, default 200. */
  delayMs?: number;
  /** error: default 500. html: default 200. */
  status?: number;
  /** huge: default 100 MB. */
  bytes?: number;
  /** down, hang, error, html, empty: the call takes its effect first, and only its answer is lost. */
  taken?: boolean;
  /** error, html: sent as Retry-After, in seconds or as an HTTP date. */
  retryAfter?: number | string;
}

export interface Answer {
  status?: number;
  type?: string;
  headers?: Record<string, string>;
  body: string | Buffer;
}

export interface Faults {
  /** Replaces what was set for the same path. Mode 'none' without a path clears everything. */
  set(fault: Fault): void;
  /** The fault this call meets, counted down. */
  take(path: string): Fault | undefined;
}

const HUGE_BYTES = 100 * 1024 * 1024;

export function createFaults(): Faults {
  let active: Fault[] = [];
  return {
    set(fault) {
      if (!faultModes.includes(fault.mode))
        throw new Error(`A fault's mode is one of ${faultModes.join(', ')}; "${fault.mode}" is not.`);
      active =
        fault.mode === 'none' && fault.path === undefined ? [] : active.filter((other) => other.path !== fault.path);
      if (fault.mode !== 'none') active.push({ ...fault });
    },
    take(path) {
      const found = active.find((fault) => fault.path === undefined || path.startsWith(fault.path));
      if (found?.times !== undefined) {
        found.times -= 1;
        if (found.times <= 0) active = active.filter((fault) => fault !== found);
      }
      return found;
    },
  };
}

/** The modes in which the call never reaches the system, unless the fault says that it was taken. */
const takesNoEffect: ReadonlySet<Fault['mode']> = new Set(['down', 'hang', 'error', 'html', 'empty']);

/** Answers a call the way the fault says. `real` makes the answer the call would have got. */
export async function answerFaulty(
  fault: Fault,
  request: IncomingMessage,
  response: ServerResponse,
  real: () => Answer | Promise<Answer>,
): Promise<void> {
  const headers: Record<string, string> =
    fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  if (fault.taken === true && takesNoEffect.has(fault.mode)) await real();
  switch (fault.mode) {
    case 'down':
      request.socket.destroy();
      return;
    case 'hang':
      // The socket stays open until the other side gives up or the stand-in closes.
      return;
    case 'error':
      return send(response, {
        status: fault.status ?? 500,
        type: 'text/plain; charset=utf-8',
        headers,
        body: 'Internal Server Error',
      });
    case 'html':
      return send(response, {
        status: fault.status ?? 200,
        type: 'text/html; charset=utf-8',
        headers,
        body: maintenancePage,
      });
    case 'empty':
      return send(response, { body: '' });
    case 'slow':
      await wait(fault.delayMs ?? 2000);
      return send(response, await real());
    case 'truncate': {
      const answer = await real();
      const bytes = Buffer.from(answer.body);
      return send(response, { ...answer, body: bytes.subarray(0, Math.floor(bytes.length / 2)) });
    }
    case 'wrong-encoding': {
      const answer = await real();
      return send(response, { ...answer, body: Buffer.from(answer.body.toString(), 'latin1') });
    }
    case 'huge':
      return sendHuge(response, await real(), fault.bytes ?? HUGE_BYTES);
    case 'drip':
      return drip(response, await real(), fault.delayMs ?? 200);
    case 'none':
      return send(response, await real());
  }
}

export function send(response: ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  const bytes = Buffer.from(answer.body);
  response.writeHead(answer.status ?? 200, {
    'content-type': answer.type ?? 'application/json; charset=utf-8',
    'content-length': bytes.length,
    ...answer.headers,
  });
  response.end(bytes);
}

async function sendHuge(response: ServerResponse, answer: Answer, bytes: number): Promise<void> {
  response.writeHead(200, { 'content-type': answer.type ?? 'application/json; charset=utf-8' });
  const start = Buffer.from(answer.body);
  response.write(start.subarray(0, Math.max(1, start.length - 1)));
  const filler = Buffer.alloc(64 * 1024, ' ');
  // Whoever hangs up must not leave this waiting for room that never comes.
  const gone = new Promise<void>((resolve) => response.once('close', resolve));
  for (let sent = 0; sent < bytes && !response.destroyed; sent += filler.length) {
    if (!response.write(filler))
      await Promise.race([gone, new Promise<void>((resolve) => response.once('drain', resolve))]);
  }
  response.end(start.subarray(Math.max(1, start.length - 1)));
}

async function drip(response: ServerResponse, answer: Answer, delayMs: number): Promise<void> {
  response.writeHead(answer.status ?? 200, { 'content-type': answer.type ?? 'application/json; charset=utf-8' });
  for (const byte of Buffer.from(answer.body)) {
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
    await wait(delayMs, undefined, { ref: false });
  }
  response.end();
}

const maintenancePage = `<!DOCTYPE html>
<html lang="vi"><head><meta charset="utf-8"><title>Thông báo</title></head>
<body><h1>Hệ thống đang bảo trì</h1><p>Vui lòng quay lại sau.</p></body></html>
`;
