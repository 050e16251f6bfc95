import type { FastifyError, FastifyInstance } from 'fastify';
import type { PresentedBy } from './authenticate.ts';
import { refusal } from './format-error.ts';
import { addressKey, createRate } from './limits/rate.ts';

/** Whoever takes the calls of sectors' systems. */
export interface CallbackTaker {
  /** Never rejects. @returns null where no sector of this name is called by its system */
  accept(call: { sector: string; route: string; body: unknown }): Promise<{ status: number; body: unknown } | null>;
  /** The answer, in the protocol of the sector's system, to a call whose body cannot be taken; null as above. */
  refuse(sector: string, message: string): unknown;
}

interface CallbackParams {
  readonly sector: string;
  readonly route: string;
}

/**
 * `POST /callbacks/{sector}/{route}`: calls of sectors' systems, as JSON. Bodies carry secrets and personal data, so
 * nothing of a call is logged here.
 *
 * @param limits.perMinute most calls a minute of one address
 */
export function addCallbackRoute(
  fastify: FastifyInstance,
  taker: CallbackTaker,
  limits: { readonly perMinute: number; readonly presentedBy: PresentedBy },
): void {
  const calls = createRate();
  fastify.post<{ Params: CallbackParams }>('/callbacks/:sector/:route', {
    // Before the body is read, and before the secret in it is looked at.
    onRequest: async ({ raw, params: { sector } }, reply) => {
      const { address } = limits.presentedBy(raw);
      const waitMs = calls.take(addressKey(address), limits.perMinute);
      if (waitMs === 0) return undefined;
      reply.header('retry-after', Math.ceil(waitMs / 1_000)).header('connection', 'close');
      return reply.code(429).send(taker.refuse(sector, TOO_MANY) ?? refusal('TOO_MANY_REQUESTS', TOO_MANY));
    },
    handler: async ({ params: { sector, route }, body }, reply) => {
      const answer = await taker.accept({ sector, route, body });
      if (answer === null) return reply.code(404).send(refusal('BAD_REQUEST', NOBODY));
      return reply.code(answer.status).send(answer.body);
    },
    errorHandler: (error: FastifyError, { params }, reply) => {
      const status = error.statusCode ?? 500;
      const message = FAULTS[status] ?? 'The call cannot be read: a JSON object is expected.';
      const { sector } = params as CallbackParams;
      // What cannot be read is told alike whether or not a sector of this name is called.
      return reply.code(status).send(taker.refuse(sector, message) ?? refusal('BAD_REQUEST', message));
    },
  });
}

const TOO_MANY = 'Too many calls came from this address. Call again later.';
const NOBODY = 'No sector of this name is called by its system.';

const FAULTS: Readonly<Record<number, string>> = {
  413: 'The body is larger than the setting MAX_BODY_BYTES allows.',
  415: 'The body has a content type that is not taken; send application/json.',
  500: 'The hub could not answer this call. Call again later.',
};
