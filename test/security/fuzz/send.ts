import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { topicOf } from '../../../core/event.ts';
import type { EventLog } from '../../../core/event-log.ts';
import type { AccountName } from '../../../stand-ins/issuer/accounts.ts';
import type { Fortress } from '../stage.ts';
import type { Input, SpoiltToken } from './inputs.ts';

/** What came back. */
export interface Outcome {
  /** 0: no answer. Null where none is expected. */
  readonly status: number | null;
  readonly text: string;
}

/** What inputs are thrown at. */
export interface Target {
  readonly fortress: Fortress;
  /** The log of changes, to which anybody might have written. */
  readonly log: EventLog;
  /** Most milliseconds until an answer. */
  readonly mostMs: number;
}

type Sender<K extends Input['kind']> = (target: Target, input: Extract<Input, { kind: K }>) => Promise<Outcome>;

const SENDERS: { readonly [K in Input['kind']]: Sender<K> } = {
  graphql: (target, { asker, over, body }) =>
    request(target, {
      ...{ method: 'POST', path: over === 'post' ? '/graphql' : '/graphql/stream', as: asker.as, body },
      headers: { 'content-type': 'application/json', ...asker.headers },
    }),
  http: (target, input) => request(target, input),
  token: async (target, { over, spoil }) => {
    const authorization = spoilToken(await target.fortress.bearer('counter'), spoil);
    if (over === 'socket') return converse(target, { authorization }, [INIT]);
    const body = '{"query":"{ sectors { id } }"}';
    const headers = { 'content-type': 'application/json', authorization };
    return request(target, { method: 'POST', path: '/graphql', as: null, headers, body });
  },
  bytes: ({ fortress, mostMs }, { bytes }) => throwBytes(fortress.url, bytes, mostMs),
  frames: async (target, { asker, frames }) => {
    const authorization = asker.as === null ? {} : { authorization: await target.fortress.bearer(asker.as) };
    return converse(target, { ...authorization, ...asker.headers }, frames);
  },
  call: (target, { route, body }) =>
    request(target, {
      ...{ method: 'POST', path: `/callbacks/${route}`, as: null, body },
      headers: { 'content-type': 'application/json' },
    }),
  file: async ({ fortress }, { format, bytes }) => {
    await fortress.drops.drop(format, bytes);
    return NOTHING;
  },
  record: async ({ log }, { sector, record }) => {
    await log.append(topicOf(sector), [record]);
    return NOTHING;
  },
};

export function send<K extends Input['kind']>(target: Target, input: Extract<Input, { kind: K }>): Promise<Outcome> {
  return SENDERS[input.kind as K](target, input);
}

const NOTHING: Outcome = { status: null, text: '' };
const INIT = JSON.stringify({ type: 'connection_init' });
/** A stream of events goes on by itself: its first one, and the sign of life before it, are enough. */
const STREAM_BEGINNING = 30;

async function request(
  { fortress, mostMs }: Target,
  asked: {
    readonly method: string;
    readonly path: string;
    readonly as: AccountName | null;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  },
): Promise<Outcome> {
  const { method, path, as, body } = asked;
  const authorization = as === null ? {} : { authorization: await fortress.bearer(as) };
  const { hostname, port } = new URL(fortress.url);
  const where = { hostname, port, path: encodeURI(path).replaceAll('%25', '%') };
  const hasBody = !['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method);
  const headers = { ...authorization, ...asked.headers };
  return new Promise((resolve) => {
    const sent = httpRequest({ ...where, method, headers, timeout: mostMs + 1_000 }, (response) => {
      let text = '';
      const end = () => resolve({ status: response.statusCode ?? 0, text });
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        const isStream = response.headers['content-type']?.startsWith('text/event-stream') ?? false;
        if (isStream && text.length > STREAM_BEGINNING) response.destroy();
        // A subscription that nothing happens to says nothing more.
        else if (isStream) setTimeout(() => response.destroy(), SILENT_MS);
      });
      response.on('close', end);
      response.on('error', end);
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve({ status: 0, text: '' }));
    sent.end(hasBody ? body : undefined);
  });
}

/** How long what need not be answered may stay silent. */
const SILENT_MS = 100;

/** In the end the client says that nothing more comes, so the hub has no reason to wait. */
async function throwBytes(url: string, bytes: Uint8Array, mostMs: number): Promise<Outcome> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  socket.on('data', (part) => {
    text += part.toString('latin1');
  });
  socket.on('error', () => {});
  const closed = once(socket, 'close').then(
    () => true,
    () => true,
  );
  socket.write(bytes);
  // What is a whole request is answered first: a client that says it is done is taken for gone.
  await Promise.race([once(socket, 'data').catch(() => {}), closed, delay(SETTLED_MS)]);
  socket.end();
  const isClosed = await Promise.race([closed, delay(mostMs, false, { ref: false })]);
  socket.destroy();
  return { status: isClosed ? null : 0, text };
}

/** Text goes as frames that are whole; bytes go onto the wire as they are. */
async function converse(
  { fortress, mostMs }: Target,
  headers: Readonly<Record<string, string>>,
  frames: readonly (string | Uint8Array)[],
): Promise<Outcome> {
  const socket = new WebSocket(`${fortress.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
  let text = '';
  socket.on('message', (data) => {
    text += String(data);
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.on('close', (_, reason) => {
      text += String(reason);
      resolve();
    });
  });
  await Promise.race([once(socket, 'open').catch(() => {}), closed]);
  for (const frame of frames) {
    if (socket.readyState !== socket.OPEN) break;
    if (typeof frame === 'string') socket.send(frame);
    else (socket as unknown as { _socket: { write(bytes: Uint8Array): void } })._socket.write(frame);
  }
  // Frames are taken in their order: once the ping behind them is answered, or the line is cut, all were.
  if (socket.readyState === socket.OPEN) {
    const answered = once(socket, 'pong').catch(() => {});
    socket.ping();
    await Promise.race([answered, closed, delay(SILENT_MS)]);
    await Promise.race([closed, delay(SETTLED_MS)]);
  }
  socket.terminate();
  const isClosed = await Promise.race([closed.then(() => true), delay(mostMs, false, { ref: false })]);
  return { status: isClosed ? null : 0, text };
}

/** What was asked is answered a moment after its frame was taken. */
const SETTLED_MS = 30;

/** A token that is not the one that was signed. */
function spoilToken(bearer: string, { segment, at, put }: SpoiltToken): string {
  const segments = bearer.replace('Bearer ', '').split('.');
  const whole = segments[segment] ?? '';
  const place = Math.floor(at * (whole.length - 1));
  const changed = `${whole.slice(0, place)}${put}${whole.slice(place + 1)}`;
  // Where chance has put back what stood there, it is still a good one.
  segments[segment] = changed === whole ? createHash('sha256').update(whole).digest('base64url') : changed;
  return `Bearer ${segments.join('.')}`;
}
