import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FormattedExecutionResult } from 'graphql';
import type { Admitted, Door } from '../door.ts';
import { doorHook } from '../door-hook.ts';
import { formatGraphqlError, refusal } from '../format-error.ts';
import { refuseValuesInUrl } from '../get-policy.ts';
import type { GatewaySettings } from '../settings.ts';
import { type Asked, SubscriptionRefused } from './document.ts';
import type { Answers, SubscriptionRunner } from './run.ts';

interface EventStreamOptions {
  readonly runner: SubscriptionRunner;
  readonly door: Door;
  readonly settings: GatewaySettings;
  readonly isClosing: () => boolean;
}

/**
 * Subscriptions as server-sent events at `/graphql/stream`: one operation a connection, which the GraphQL over SSE
 * protocol calls "distinct connections". What is wrong with the operation is told as an event, because an EventSource
 * reads no other answer.
 */
export function addEventStreams(fastify: FastifyInstance, options: EventStreamOptions): { close(): Promise<void> } {
  const { runner, door, settings, isClosing } = options;
  const open = new Map<Promise<void>, FastifyReply>();
  const entry = doorHook(door);

  fastify.route({
    exposeHeadRoute: false,
    method: ['GET', 'POST'],
    url: '/graphql/stream',
    onRequest: entry.onRequest,
    handler: async (request, reply) => {
      const subscriber = entry.admitted(request);
      const refused = refusedRequest(request);
      if (refused !== null) return reply.code(400).send(refused);
      if (!/\btext\/event-stream\b|\*\/\*/.test(request.headers.accept ?? '*/*')) {
        return reply.code(406).send(refusal('BAD_REQUEST', 'Subscriptions are answered as text/event-stream only.'));
      }
      const asked = request.method === 'GET' ? askedInUrl(request.query) : askedIn(request.body);
      if (asked === null) {
        return reply.code(400).send(refusal('BAD_REQUEST', 'Expected `query` and, where needed, `variables`.'));
      }
      if (isClosing()) return reply.code(503).send(refusal('OPERATION_TIMEOUT', 'The hub is stopping.'));
      const stream = serve({ request, reply, asked, subscriber });
      open.set(stream, reply);
      await stream.finally(() => open.delete(stream));
      return reply;
    },
  });

  async function serve(serving: Serving): Promise<void> {
    const { request, reply, asked, subscriber } = serving;
    const { id: requestId, headers } = request;
    const { actor, stated, leave } = subscriber;
    const line = openLine(reply, settings);
    let answers: Answers | undefined;
    line.onEnd(() => void answers?.return());
    try {
      ({ answers } = await runner.start(asked, { requestId, headers, actor, stated }));
      // Listening takes no time of the hub: each event does, and has its own.
      leave();
      if (line.isEnded()) await answers.return();
      for await (const answer of answers) await line.send(eventOf(answer));
    } catch (error) {
      const errors = error instanceof SubscriptionRefused ? error.errors : [error];
      await line.send(eventOf({ errors: errors.map((one) => formatGraphqlError(one).outward) }));
    }
    await line.end('event: complete\ndata:\n\n');
  }

  return {
    async close() {
      const allEnded = Promise.all(open.keys());
      await Promise.race([allEnded, delay(FAREWELL_MS, undefined, { ref: false })]);
      for (const { raw } of open.values()) raw.destroy();
    },
  };
}

interface Serving {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly asked: Asked;
  readonly subscriber: Admitted;
}

function eventOf(answer: FormattedExecutionResult): string {
  // JSON has no line breaks of its own, which would end the data.
  return `event: next\ndata: ${JSON.stringify(answer)}\n\n`;
}

function refusedRequest({ method, url }: FastifyRequest): object | null {
  return method === 'GET' && url.includes('?') ? refuseValuesInUrl(url.slice(url.indexOf('?'))) : null;
}

function askedIn(body: unknown): Asked | null {
  if (typeof body !== 'object' || body === null) return null;
  const { documentId, operationName, variables, ...rest } = body as Record<string, unknown>;
  const { query = documentId == null ? undefined : '' } = rest;
  if (typeof query !== 'string') return null;
  if (operationName != null && typeof operationName !== 'string') return null;
  if (variables != null && (typeof variables !== 'object' || Array.isArray(variables))) return null;
  return { query, documentId, operationName, variables: variables as Asked['variables'] };
}

/** A URL carries no variables: see refuseValuesInUrl. */
function askedInUrl(parameters: unknown): Asked | null {
  const { query, operationName } = parameters as Record<string, unknown>;
  return askedIn({ query, operationName });
}

/** What events are sent over: it waits until the client takes what it was sent, within limits. */
interface Line {
  /** Resolves when the operating system took it all; at once when the client is gone. */
  readonly send: (text: string) => Promise<void>;
  /** Sends the last words and ends. */
  readonly end: (text: string) => Promise<void>;
  readonly onEnd: (call: () => void) => void;
  readonly isEnded: () => boolean;
}

/** Time a client has to take the last words. */
const FAREWELL_MS = 1_000;

function openLine(reply: FastifyReply, settings: GatewaySettings): Line {
  const { SUBSCRIBER_STALL_MS: stallMs, KEEPALIVE_MS: keepaliveMs } = settings;
  reply.hijack();
  const response: ServerResponse = reply.raw;
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) response.setHeader(name, value);
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  response.on('error', () => {});

  function write(text: string, limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (response.destroyed || response.writableEnded) return resolve();
      // Nothing can be said to who does not read; a next attempt tells nothing either but goes on with `after`.
      const stall = setTimeout(() => response.destroy(), limitMs);
      response.write(text, () => {
        clearTimeout(stall);
        resolve();
      });
    });
  }

  const comment = setInterval(() => {
    if (!response.writableNeedDrain) void write(':\n\n', stallMs);
  }, keepaliveMs);
  response.on('close', () => clearInterval(comment));
  void write(':\n\n', stallMs);

  return {
    send: (text) => write(text, stallMs),
    async end(text) {
      clearInterval(comment);
      await write(text, FAREWELL_MS);
      response.end();
    },
    onEnd: (call) => void response.on('close', call),
    isEnded: () => response.destroyed,
  };
}
