import type { FastifyInstance } from 'fastify';

/** Whether the hub can take work, and what each of its own parts says. A sector's system that is down is no part. */
export interface Readiness {
  readonly ready: boolean;
  /** Part → how it is, in a word: `{ store: 'reachable' }`. No addresses. */
  readonly parts: Readonly<Record<string, string>>;
}

const READY_TIMEOUT_MS = 2_000;
/** For so long a check's result is told to whoever asks. */
const GOOD_MS = 1_000;
/** A check that takes longer is taken for lost, and another may begin beside it. */
const LOST_MS = 30_000;

/** `/healthz`: the process runs. `/readyz`: send it work; 503 while it starts, while it stops and without its store. */
export function addHealthRoutes(
  fastify: FastifyInstance,
  { ready, isClosing }: { ready: () => Promise<Readiness>; isClosing: () => boolean },
): void {
  const shared = sharedReadiness(ready);
  fastify.get('/healthz', () => ({ status: 'alive' }));
  fastify.get('/readyz', async (_, reply) => {
    if (isClosing()) return reply.code(503).send({ status: 'stopping', parts: {} });
    const { ready: isReady, parts } = await shared();
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', parts });
  });
}

interface Check {
  readonly answer: Promise<Readiness>;
  readonly begunAt: number;
  endedAt: number | null;
}

/**
 * Anybody may ask whether the hub is ready, without a token and as often as they like: they share one check at a time, so
 * that strangers do not stand before operations in the queue of the store.
 *
 * @param options.now milliseconds of a clock that never goes back
 * @returns never rejects; not ready where the check takes longer than two seconds
 */
export function sharedReadiness(
  ready: () => Promise<Readiness>,
  { now = () => performance.now() }: { readonly now?: () => number } = {},
): () => Promise<Readiness> {
  let last: Check | undefined;

  function begin(): Check {
    const answer = ready().catch(() => ({ ready: false, parts: { check: 'failed' } }));
    const check: Check = { answer, begunAt: now(), endedAt: null };
    void answer.then(() => {
      check.endedAt = now();
    });
    return check;
  }

  return () => {
    if (last === undefined || isOver(last, now())) last = begin();
    return inTime(last.answer);
  };
}

function isOver({ begunAt, endedAt }: Check, at: number): boolean {
  return endedAt === null ? at - begunAt >= LOST_MS : at - endedAt >= GOOD_MS;
}

async function inTime(answer: Promise<Readiness>): Promise<Readiness> {
  const { promise: late, resolve } = Promise.withResolvers<Readiness>();
  const timer = setTimeout(() => resolve({ ready: false, parts: { check: 'too slow' } }), READY_TIMEOUT_MS);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
