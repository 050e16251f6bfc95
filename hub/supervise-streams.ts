import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { LogGap } from '../core/event-log.ts';
import type { Streams } from '../streams/streams.ts';

/** Keeps the stream of changes going in this process. */
export interface SupervisedStreams {
  start(): void;
  /** `starting` while the log cannot be reached; `stopped` when going on would skip records. */
  state(): 'starting' | 'running' | 'stopped';
  caughtUp(): Promise<void>;
  /** A sector's system has called. */
  kick(sector: string): void;
  /** Rejects with LogGap when going on would skip records. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

const FIRST_PAUSE_MS = 250;
const MOST_PAUSE_MS = 30_000;

/**
 * A log that cannot be reached stops nothing: the hub answers from the index it has, and says as of when. What ends for
 * a reason that may pass is opened anew, with growing pauses. A gap in the log is for a person: it is said once and
 * loudly, and nothing goes on by itself.
 */
export function superviseStreams(options: { open: () => Streams; logger: Logger }): SupervisedStreams {
  const { open, logger } = options;
  const closing = new AbortController();
  const ending = Promise.withResolvers<void>();
  ending.promise.catch(() => {});
  let started = Promise.withResolvers<Streams>();
  started.promise.catch(() => {});
  let current: Streams | undefined;
  let state: 'starting' | 'running' | 'stopped' = 'starting';
  let loop: Promise<void> | undefined;

  async function keepGoing(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !closing.signal.aborted; pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS)) {
      let streams: Streams | undefined;
      try {
        streams = open();
        current = streams;
        await streams.start();
        state = 'running';
        started.resolve(streams);
        pauseMs = FIRST_PAUSE_MS;
        await streams.ended;
        if (closing.signal.aborted) return;
      } catch (error) {
        if (closing.signal.aborted) return;
        if (error instanceof LogGap) {
          state = 'stopped';
          logger.fatal({ topic: error.topic, partition: error.partition }, `changes stop: ${error.message}`);
          await streams?.close();
          ending.reject(error);
          return;
        }
        logger.error(
          { error: error instanceof Error ? error.name : 'unknown' },
          'the stream of changes is opened anew',
        );
      }
      state = 'starting';
      started = Promise.withResolvers<Streams>();
      started.promise.catch(() => {});
      await streams?.close();
      await delay(pauseMs, undefined, { signal: closing.signal }).catch(() => {});
    }
  }

  return {
    start() {
      loop ??= keepGoing();
    },
    state: () => state,
    caughtUp: async () => (await started.promise).caughtUp(),
    kick: (sector) => current?.kick(sector),
    ended: ending.promise,
    async close() {
      closing.abort();
      started.reject(new Error('The stream of changes is closed'));
      await current?.close();
      await loop;
      ending.resolve();
    },
  };
}
