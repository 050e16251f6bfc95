import type { FastifyError, FastifyInstance } from 'fastify';
import { refusal } from './format-error.ts';

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
 */
export function addCallbackRoute(fastify: FastifyInstance, taker: CallbackTaker): void {
  fastify.post<{ Params: CallbackParams }>('/callbacks/:sector/:route', {
    handler: async ({ params: { sector, route }, body }, reply) => {
      const answer = await taker.accept({ sector, route, body });
      if (answer === null) return reply.code(404).send(refusal('BAD_REQUEST', NOBODY));
      return reply.code(answer.status).send(answer.body);
    },
    errorHandler: (error: FastifyError, { params }, reply) => {
      const status = error.statusCode ?? 500;
      const message = FAULTS[status] ?? 'The call cannot be read: a JSON object is expected.';
      const { sector } = params as CallbackParams;
      return reply.code(status).send(taker.refuse(sector, message) ?? refusal('BAD_REQUEST', NOBODY));
    },
  });
}

const NOBODY = 'No sector of this name is called by its system.';

const FAULTS: Readonly<Record<number, string>> = {
  413: 'The body is larger than the setting MAX_BODY_BYTES allows.',
  415: 'The body has a content type that is not taken; send application/json.',
  500: 'The hub could not answer this call. Call again later.',
};
