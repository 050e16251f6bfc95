import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** Seconds for which a browser need not ask again whether it may. */
const PREFLIGHT_S = 600;

/**
 * Lets pages of the origins given ask the hub, with a token in a header: there are no cookies, so nothing is sent that
 * the page did not put there itself.
 */
export async function addCors(fastify: FastifyInstance, origins: readonly string[]): Promise<void> {
  await fastify.register(cors, {
    origin: [...origins],
    credentials: false,
    methods: ['GET', 'POST'],
    allowedHeaders: ['authorization', 'content-type', 'x-purpose', 'x-dossier', 'x-visit'],
    exposedHeaders: ['x-request-id', 'retry-after'],
    maxAge: PREFLIGHT_S,
    // A request that is no preflight of an origin in the list is answered like any other.
    strictPreflight: true,
  });
}
