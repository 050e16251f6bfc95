import type { FastifyReply } from 'fastify';
import { HubError } from '../core/errors.ts';
import { formatGraphqlError, statusOf } from './format-error.ts';

/** Answers with one error, before there is an operation. */
export function sendRefusal(reply: FastifyReply, error: unknown): FastifyReply {
  const { outward } = formatGraphqlError(error);
  const status = statusOf(outward.extensions.code);
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="lienthong"');
  if (error instanceof HubError && error.retryAfterMs !== undefined) {
    reply.header('retry-after', Math.ceil(error.retryAfterMs / 1_000));
  }
  return reply.code(status).send({ errors: [outward] });
}
