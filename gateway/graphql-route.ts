import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { type ErrorCode, HubError } from '../core/errors.ts';
import type { GraphqlServer } from './apollo.ts';
import type { Admitted, Door } from './door.ts';
import { doorHook, whenGone } from './door-hook.ts';
import { type Exchange, logExchange } from './exchange.ts';
import { refuseDocumentIdInUrl, refuseValuesInUrl } from './get-policy.ts';
import type { ReadRegistered } from './limits/registered.ts';
import { type OperationClock, startClock } from './operation-clock.ts';
import type { NoteRefusal } from './operation-request.ts';
import { sendRefusal } from './refuse.ts';

interface GraphqlRouteOptions {
  readonly server: GraphqlServer;
  readonly door: Door;
  readonly readRegistered: ReadRegistered;
  readonly noteRefusal: NoteRefusal;
  readonly logger: Logger;
  readonly timeoutMs: number;
  /** Clocks of operations in flight: who closes the gateway may have to stop them. */
  readonly running: Set<OperationClock>;
  readonly isClosing: () => boolean;
}

/** `/graphql` by POST, and by GET for what may stand in a URL. */
export function addGraphqlRoute(fastify: FastifyInstance, options: GraphqlRouteOptions): void {
  const { server, door, readRegistered, noteRefusal, logger, timeoutMs, running, isClosing } = options;
  const entry = doorHook(door);

  function note({ id: requestId }: FastifyRequest, { actor, stated }: Admitted, code: ErrorCode): Promise<void> {
    return noteRefusal({ requestId, actor, stated, source: null, operationName: null, codes: [code] });
  }

  fastify.route({
    // Fastify would answer HEAD by running the operation and dropping the answer.
    exposeHeadRoute: false,
    method: ['GET', 'POST'],
    url: '/graphql',
    onRequest: entry.onRequest,
    handler: async (request, reply) => {
      const asker = entry.admitted(request);
      const search = searchOf(request.url);
      if (request.method === 'GET') {
        const unregistered = refuseDocumentIdInUrl(search);
        if (unregistered !== null) {
          await note(request, asker, unregistered.code);
          return sendRefusal(reply, unregistered);
        }
        const refused = refuseValuesInUrl(search);
        if (refused !== null) {
          await note(request, asker, 'BAD_REQUEST');
          return reply.code(400).send(refused);
        }
      }
      const clock = startClock(timeoutMs);
      running.add(clock);
      stopWhenGone(reply, clock);
      const exchange = exchangeOf(request, asker, clock);
      try {
        const body = readRegistered(request.body, asker.actor);
        const answer = await server.answer({ method: request.method, search, body }, exchange);
        for (const [name, value] of answer.headers) reply.header(name, value);
        // A client that asked before the hub was told to stop would otherwise keep its connection, and the hub, open.
        if (isClosing()) reply.header('connection', 'close');
        // Encoded here: a text handed to the socket is encoded there, several times slower where it is not ASCII.
        const bytes = Buffer.from(answer.body);
        logExchange(logger, exchange, { status: answer.status, bytes: bytes.length });
        return reply.code(answer.status).send(bytes);
      } catch (error) {
        if (!(error instanceof HubError)) throw error;
        await note(request, asker, error.code);
        return sendRefusal(reply, error);
      } finally {
        clock.stop();
        running.delete(clock);
      }
    },
  });
}

function exchangeOf(request: FastifyRequest, admitted: Admitted, clock: OperationClock): Exchange {
  return {
    requestId: request.id,
    headers: request.headers,
    admitted,
    clock,
    startedAt: performance.now(),
    documentCame: false,
    hadContext: false,
    errors: [],
  };
}

/** The connection ends before the answer is written: nobody waits for it any more. */
function stopWhenGone(reply: FastifyReply, clock: OperationClock): void {
  whenGone(reply, () => {
    if (!reply.raw.writableFinished) clock.abort(new Error('The client is gone.'));
  });
}

function searchOf(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark);
}
