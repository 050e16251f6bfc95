import type { FastifyInstance } from 'fastify';

/** Whether the hub can take work, and what each of its own parts says. A sector's system that is down is no part. */
export interface Readiness {
  readonly ready: boolean;
  /** Part → how it is, in a word: `{ store: 'reachable' }`. No addresses. */
  readonly parts: Readonly<Record<string, string>>;
}

const READY_TIMEOUT_MS = 2_000;

/** `/healthz`: the process runs. `/readyz`: send it work; 503 while it starts, while it stops and without its store. */
export function addHealthRoutes(
  fastify: FastifyInstance,
  { ready, isClosing }: { ready: () => Promise<Readiness>; isClosing: () => boolean },
): void {
  fastify.get('/healthz', () => ({ status: 'alive' }));
  fastify.get('/readyz', async (_, reply) => {
    if (isClosing()) return reply.code(503).send({ status: 'stopping', parts: {} });
    const { ready: isReady, parts } = await boundedReadiness(ready);
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', parts });
  });
}

async function boundedReadiness(ready: () => Promise<Readiness>): Promise<Readiness> {
  const { promise: late, resolve } = Promise.withResolvers<Readiness>();
  const timer = setTimeout(() => resolve({ ready: false, parts: { check: 'too slow' } }), READY_TIMEOUT_MS);
  try {
    return await Promise.race([ready(), late]);
  } catch {
    return { ready: false, parts: { check: 'failed' } };
  } finally {
    clearTimeout(timer);
  }
}
