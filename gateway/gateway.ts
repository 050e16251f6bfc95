import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { HubError } from '../core/errors.ts';
import { startGraphqlServer } from './apollo.ts';
import { createPresenter } from './authenticate.ts';
import { addCors } from './cors.ts';
import { createDoor } from './door.ts';
import { refusal } from './format-error.ts';
import { addGraphiqlRoutes } from './graphiql.ts';
import { addGraphqlRoute } from './graphql-route.ts';
import { securityHeaders } from './headers.ts';
import { addHealthRoutes, type Readiness } from './health.ts';
import { type ClientLimits, createAllowance } from './limits/allowance.ts';
import { createCountedRefusals } from './limits/counted-refusals.ts';
import type { MayIntrospect } from './limits/operation-limits.ts';
import { createRegisteredReader, type RegisteredOperations } from './limits/registered.ts';
import { loggedCauses } from './log-cause.ts';
import { bindableAddress, refusedHeader } from './loopback.ts';
import type { OperationClock } from './operation-clock.ts';
import type { Authenticate, MakeContext, NoteRefusal } from './operation-request.ts';
import { createClientErrors, JSON_TYPE } from './raw-answer.ts';
import type { GatewaySettings } from './settings.ts';
import { addSubscriptions } from './subscriptions.ts';
import { httpsOptions, type Tls } from './tls.ts';

export interface GatewayOptions {
  /** Null: this process answers no questions, only for its health and on routes that others add. */
  readonly schema: GraphQLSchema | null;
  /** A copy of the schema whose fields refuse what an operation's context refuses; null where nothing ever is. */
  readonly guardedSchema: GraphQLSchema | null;
  readonly contextFor: MakeContext;
  readonly authenticate: Authenticate;
  readonly noteRefusal: NoteRefusal;
  readonly introspection: MayIntrospect;
  readonly limits: ClientLimits;
  /** Null: none are. */
  readonly registered: RegisteredOperations | null;
  /** Names besides those of this machine that `Host` may say. */
  readonly names: readonly string[];
  /** Origins besides this machine's whose pages may ask. */
  readonly origins: readonly string[];
  /** Whether a proxy in front ends TLS and says from where a request came. */
  readonly behindProxy: boolean;
  /** The hub speaks HTTPS where it is given. */
  readonly tls?: Tls | undefined;
  readonly settings: GatewaySettings;
  readonly logger: Logger;
  /** UTC milliseconds; the wall clock when absent. */
  readonly now?: (() => number) | undefined;
  /** How often a token is looked at again under which something is told, in milliseconds; twice a minute when absent. */
  readonly lookEveryMs?: number | undefined;
  /** Asked by `/readyz`; two seconds are waited for its answer. */
  readonly ready: () => Promise<Readiness>;
  /** What the query editor shows when it is opened. */
  readonly defaultQuery?: string | undefined;
}

export interface Gateway {
  /** For routes of other rooms, added before `listen`. */
  readonly fastify: FastifyInstance;
  /** Starts to accept requests; resolves with the base URL. */
  listen(): Promise<string>;
  /** The base URL, such as `http://127.0.0.1:4000`. Throws before `listen`. */
  address(): string;
  /**
   * Says that it stops, goes on for CLOSE_DELAY_MS, accepts no more, lets operations in flight finish for
   * CLOSE_TIMEOUT_MS, then stops them. May be called twice.
   */
  close(): Promise<void>;
}

/** Time a client has to send one whole request; a connection that drips bytes is cut then. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Time an operation that was told to stop has to hand in what it has. */
const ABORTED_TIMEOUT_MS = 1_500;

/**
 * The HTTP edge of the hub: `/graphql`, its subscriptions, the query editor at `/`, `/healthz` and `/readyz`.
 *
 * @throws SettingsFault when HOST can be reached from other machines and the connection is not secured
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { schema, guardedSchema, contextFor, introspection, noteRefusal } = options;
  const { settings, logger, ready, defaultQuery, names, origins, tls, now = Date.now } = options;
  const secured = tls !== undefined || options.behindProxy;
  const host = await bindableAddress(settings.HOST, { secured, named: names.length > 0 });
  const running = new Set<OperationClock>();
  const fastify = createHttpServer(options);
  if (origins.length > 0) await addCors(fastify, origins);
  let closed: Promise<void> | undefined;

  const isClosing = (): boolean => closed !== undefined;
  addHealthRoutes(fastify, { ready, isClosing });
  const closeApi = schema === null ? async () => {} : await addApi(schema);

  async function addApi(whole: GraphQLSchema): Promise<() => Promise<void>> {
    const { authenticate, limits, registered, behindProxy } = options;
    const allowance = createAllowance({ settings, limits });
    const presentedBy = createPresenter({ behindProxy });
    const refusals = createCountedRefusals({ noteRefusal });
    const door = createDoor({ authenticate, allowance, noteRefusal: refusals.note, presentedBy, now });
    const readRegistered = createRegisteredReader({ registered, limits, only: settings.REGISTERED_ONLY === 'on' });
    const served = { schema: whole, guardedSchema, contextFor, introspection, noteRefusal, settings, logger };
    const server = await startGraphqlServer(served);
    const timeoutMs = settings.OPERATION_TIMEOUT_MS;
    addGraphqlRoute(fastify, { server, door, readRegistered, noteRefusal, logger, timeoutMs, running, isClosing });
    const subscriptions = addSubscriptions(fastify, {
      ...served,
      readRegistered,
      headers: securityHeaders({ secured: tls !== undefined }),
      ...{ door, names, origins, now, isClosing, lookEveryMs: options.lookEveryMs },
    });
    if (settings.GRAPHIQL === 'on') addGraphiqlRoutes(fastify, { defaultQuery });
    return async () => {
      try {
        await subscriptions.close();
        await fastify.close();
        await server.close();
      } finally {
        await refusals.close();
      }
    };
  }

  async function closeAll(): Promise<void> {
    // A connection that has come and was not looked at yet would be reset: whoever shares out requests is told first.
    if (settings.CLOSE_DELAY_MS > 0) {
      await delay(settings.CLOSE_DELAY_MS);
      // Those that came while this process was busy are looked at before the next turn.
      await nextTurn();
    }
    const stopOperations = setTimeout(() => {
      const stopping = new HubError('OPERATION_TIMEOUT', 'The hub is stopping.');
      for (const clock of running) clock.abort(stopping);
      stopConnections.refresh();
    }, settings.CLOSE_TIMEOUT_MS);
    const stopConnections = setTimeout(
      () => fastify.server.closeAllConnections(),
      settings.CLOSE_TIMEOUT_MS + ABORTED_TIMEOUT_MS,
    );
    try {
      await closeApi();
      await fastify.close();
    } finally {
      clearTimeout(stopOperations);
      clearTimeout(stopConnections);
    }
  }

  return {
    fastify,
    listen: () => fastify.listen({ host, port: settings.PORT, listenTextResolver: () => '' }),
    address: () => addressOf(fastify, tls === undefined ? 'http' : 'https'),
    close: () => {
      closed ??= closeAll();
      return closed;
    },
  };
}

function createHttpServer({ settings, logger, names, origins, tls }: GatewayOptions): FastifyInstance {
  const always = securityHeaders({ secured: tls !== undefined });
  const clientErrors = createClientErrors(always);
  const fastify: FastifyInstance = Fastify({
    bodyLimit: settings.MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    // A request that came on an open connection while the hub stops is answered, with `connection: close`.
    return503OnClosing: false,
    genReqId: () => randomUUID(),
    // Fastify's own lines hold the URL with its query string; the routes write theirs.
    logger: false,
    clientErrorHandler: (error, socket) => clientErrors.handle(error, socket),
    // Before there is a route, so before the hooks: a path that cannot be read, or whose parts are too long.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id).headers(always);
      return answerHttpError(error, request, reply, logger);
    },
    // Of the two kinds of server, nothing here knows the difference. A request that names no host is refused as one that
    // names another.
    ...((tls === undefined
      ? { http: { requireHostHeader: false } }
      : { https: { ...httpsOptions(tls), requireHostHeader: false } }) as object),
  });
  fastify.server.on('checkExpectation', (_: IncomingMessage, response: ServerResponse) => {
    const body = JSON.stringify(refusal('BAD_REQUEST', 'Expect: nothing but 100-continue can be met.'));
    const own = { 'x-request-id': randomUUID(), 'content-type': JSON_TYPE, 'content-length': Buffer.byteLength(body) };
    response.writeHead(417, { ...always, ...own, connection: 'close' });
    response.end(body);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    clientErrors.began(request.raw, reply.raw);
    reply.header('x-request-id', request.id).headers(always);
    // A page of another site whose name is made to lead to this machine is of the same origin for a browser; its name
    // still stands in the request.
    const refused = refusedHeader(request.headers, { names, origins });
    if (refused === null) done();
    else reply.code(403).send(refusal('FORBIDDEN', refused));
  });
  fastify.setNotFoundHandler(async ({ url }, reply) => {
    const nothing = /^\/graphql(?:\?|$)/.test(url) ? OTHER_METHOD : 'There is nothing here; the API is at /graphql.';
    return reply.code(404).send(refusal('BAD_REQUEST', nothing));
  });
  fastify.setErrorHandler((error: FastifyError, request, reply) => answerHttpError(error, request, reply, logger));
  return fastify;
}

const OTHER_METHOD = 'There is nothing here by this method: POST an operation, or send a query by GET.';

/** What is wrong before GraphQL begins: a body too large, of another kind, or no JSON. */
function answerHttpError(error: FastifyError, request: FastifyRequest, reply: FastifyReply, logger: Logger) {
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    logger.error({ requestId: request.id, causes: loggedCauses(error) }, 'request failed');
    return reply.code(500).send(refusal('INTERNAL', 'The hub could not answer this request.'));
  }
  const message = HTTP_FAULTS[status] ?? 'The request cannot be read: a JSON body with `query` is expected.';
  return reply.code(status).send(refusal('BAD_REQUEST', message));
}

const HTTP_FAULTS: Readonly<Record<number, string>> = {
  413: 'The request body is larger than the setting MAX_BODY_BYTES allows.',
  414: 'A part of the path is longer than the hub takes.',
  415: 'The request body has a content type that is not taken; send application/json.',
};

function addressOf(fastify: FastifyInstance, protocol: 'http' | 'https'): string {
  const address = fastify.server.address();
  if (address === null || typeof address === 'string') throw new Error('The gateway does not listen yet.');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${protocol}://${host}:${address.port}`;
}
