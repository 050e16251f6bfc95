import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { GraphqlServer } from './apollo.ts';
import { type Exchange, logExchange } from './exchange.ts';
import { refuseValuesInUrl } from './get-policy.ts';
import { type OperationClock, startClock } from './operation-clock.ts';

interface GraphqlRouteOptions {
  readonly server: GraphqlServer;
  readonly logger: Logger;
  readonly timeoutMs: number;
  /** Clocks of operations in flight: who closes the gateway may have to stop them. */
  readonly running: Set<OperationClock>;
  readonly isClosing: () => boolean;
}

/** `/graphql` by POST, and by GET for what may stand in a URL. */
export function addGraphqlRoute(fastify: FastifyInstance, options: GraphqlRouteOptions): void {
  const { server, logger, timeoutMs, running, isClosing } = options;

  fastify.route({
    // Fastify would answer HEAD by running the operation and dropping the answer.
    exposeHeadRoute: false,
    method: ['GET', 'POST'],
    url: '/graphql',
    handler: async (request, reply) => {
      const search = searchOf(request.url);
      if (request.method === 'GET') {
        const refused = refuseValuesInUrl(search);
        if (refused !== null) return reply.code(400).send(refused);
      }
      const clock = startClock(timeoutMs);
      running.add(clock);
      stopWhenGone(reply, clock);
      const exchange = exchangeOf(request, clock);
      try {
        const answer = await server.answer({ method: request.method, search, body: request.body }, exchange);
        for (const [name, value] of answer.headers) reply.header(name, value);
        // A client that asked before the hub was told to stop would otherwise keep its connection, and the hub, open.
        if (isClosing()) reply.header('connection', 'close');
        // Encoded here: a text handed to the socket is encoded there, several times slower where it is not ASCII.
        const body = Buffer.from(answer.body);
        logExchange(logger, exchange, { status: answer.status, bytes: body.length });
        return reply.code(answer.status).send(body);
      } finally {
        clock.stop();
        running.delete(clock);
      }
    },
  });
}

function exchangeOf(request: FastifyRequest, clock: OperationClock): Exchange {
  return {
    requestId: request.id,
    headers: request.headers,
    clock,
    startedAt: performance.now(),
    documentCame: false,
    errors: [],
  };
}

/** The connection ends before the answer is written: nobody waits for it any more. */
function stopWhenGone(reply: FastifyReply, clock: OperationClock): void {
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) clock.abort(new Error('The client is gone.'));
  });
}

function searchOf(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark);
}
