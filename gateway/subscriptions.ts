import type { FastifyInstance } from 'fastify';
import type { Door } from './door.ts';
import { addEventStreams } from './subscriptions/event-stream.ts';
import { createSubscriptionRunner, type SubscriptionsOptions } from './subscriptions/run.ts';
import { addWebSockets } from './subscriptions/web-socket.ts';

/** Serves the subscriptions of a schema that has any, over WebSocket and as server-sent events. */
export function addSubscriptions(
  fastify: FastifyInstance,
  options: SubscriptionsOptions & {
    readonly door: Door;
    readonly names: readonly string[];
    readonly origins: readonly string[];
    /** What stands on every answer. */
    readonly headers: Readonly<Record<string, string>>;
    readonly isClosing: () => boolean;
  },
): { close(): Promise<void> } {
  const { door, settings, logger, names, origins, headers, isClosing } = options;
  if (!options.schema.getSubscriptionType()) return { close: async () => {} };
  const runner = createSubscriptionRunner(options);
  const streams = addEventStreams(fastify, { runner, door, settings, isClosing });
  const sockets = addWebSockets({
    ...{ server: fastify.server, runner, door },
    ...{ settings, logger, names, origins, headers, isClosing },
  });
  return {
    async close() {
      runner.close();
      await Promise.all([streams.close(), sockets.close()]);
    },
  };
}
