import type { FastifyInstance } from 'fastify';
import type { Actor } from '../core/access.ts';
import type { Presented } from './authenticate.ts';
import type { Door } from './door.ts';
import { addEventStreams } from './subscriptions/event-stream.ts';
import { createSubscriptionRunner, type SubscriptionsOptions } from './subscriptions/run.ts';
import { LOOK_EVERY_MS, type TokenWatch, watchToken } from './subscriptions/token-watch.ts';
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
    /** UTC milliseconds. */
    readonly now: () => number;
    /** How often a token is looked at again under which something is told, in milliseconds; LOOK_EVERY_MS when absent. */
    readonly lookEveryMs?: number | undefined;
  },
): { close(): Promise<void> } {
  const { door, settings, logger, names, origins, headers, isClosing, noteRefusal, now } = options;
  const { lookEveryMs: everyMs = LOOK_EVERY_MS } = options;
  if (!options.schema.getSubscriptionType()) return { close: async () => {} };
  const runner = createSubscriptionRunner(options);
  const watch = ({ expiresAt }: Actor, presented: Presented): TokenWatch =>
    watchToken({ expiresAt, confirm: () => door.confirm(presented), everyMs, now });
  const streams = addEventStreams(fastify, { runner, door, watch, noteRefusal, settings, isClosing });
  const sockets = addWebSockets({
    ...{ server: fastify.server, runner, door, watch, noteRefusal },
    ...{ settings, logger, names, origins, headers, isClosing },
  });
  return {
    async close() {
      runner.close();
      await Promise.all([streams.close(), sockets.close()]);
    },
  };
}
