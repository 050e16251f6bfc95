import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Admitted, Door } from './door.ts';
import { sendRefusal } from './refuse.ts';

/** The door in front of a route over HTTP. */
export interface DoorHook {
  /** Before the body is read: of a stranger nothing is. */
  onRequest(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
  /** Who was let in with a request. */
  admitted(request: FastifyRequest): Admitted;
}

/** Calls once the answer has left or the client has: at once where it has by now, since nothing is heard of that again. */
export function whenGone({ raw }: FastifyReply, call: () => void): void {
  if (raw.destroyed) call();
  else raw.once('close', call);
}

export function doorHook(door: Door): DoorHook {
  const known = new WeakMap<FastifyRequest, Admitted>();
  return {
    async onRequest(request, reply) {
      try {
        const one = await door.admit(request.id, request.raw);
        known.set(request, one);
        whenGone(reply, () => one.leave());
        return undefined;
      } catch (error) {
        return sendRefusal(reply, error);
      }
    },
    admitted(request) {
      const one = known.get(request);
      if (one === undefined) throw new Error('A request came in without passing the door');
      return one;
    },
  };
}
