import type { FastifyReply } from 'fastify';
import { HubError } from '../core/errors.ts';
import { formatGraphqlError, statusOf } from './format-error.ts';

/** Answers with one error, before there is an operation. */
export function sendRefusal(reply: FastifyReply, error: unknown): FastifyReply {
  const { outward } = formatGraphqlError(error);
  const status = statusOf(outward.extensions.code);
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="lienthong"');
  const seconds = retryAfter(error, status);
  if (seconds !== null) reply.header('retry-after', seconds);
  return reply.code(status).send({ errors: [outward] });
}

/** Where the hub itself cannot answer for now, and nobody knows for how long. */
const USUAL_RETRY_S = 5;

/** Seconds after which it may be asked again, for `Retry-After`; null where asking again is no use or needs no waiting. */
export function retryAfter(error: unknown, status: number): number | null {
  if (error instanceof HubError && error.retryAfterMs !== undefined) return Math.ceil(error.retryAfterMs / 1_000);
  return status === 429 || status === 503 ? USUAL_RETRY_S : null;
}
