import { deadLetterTopicOf, toLogRecord, topicOf } from '../../core/event.ts';
import type { EventLog } from '../../core/event-log.ts';
import type { Database } from '../../drivers/database.ts';
import { outboxIsEmpty, readOutbox, removeFromOutbox } from '../../store/outbox.ts';
import { createBell, rest } from '../bell.ts';
import { describeFailure } from '../failure.ts';
import { restAfter } from '../logs/waiting.ts';

/** Carries one sector's events from the outbox to the log, in their order. */
export interface Relay {
  /** Something was put into the outbox. */
  kick(): void;
  /** Carries until the signal aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  isDrained(): Promise<boolean>;
}

/** Most events carried at a time. */
const MOST_EVENTS = 500;
/**
 * Least between two carries, in milliseconds: what comes meanwhile goes together, which spares the log, its readers and
 * the store a transaction each. The first after a quiet moment goes at once.
 */
const GATHER_MS = 25;
/** How often to look when nobody kicks, in milliseconds. */
const LOOK_EVERY_MS = 1_000;

/**
 * An event leaves the outbox after the log has it. A process killed in between carries it again: the log holds it twice,
 * under the same id and version, and its readers count it once.
 */
export function createRelay(options: {
  database: Database;
  log: EventLog;
  sector: string;
  warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}): Relay {
  const { database, log, sector, warn } = options;
  const topic = topicOf(sector);
  const bell = createBell();

  /** @returns whether more may be waiting */
  async function carry(signal: AbortSignal): Promise<boolean> {
    const entries = await readOutbox(database, sector, MOST_EVENTS);
    if (entries.length === 0 || signal.aborted) return false;
    await log.append(
      topic,
      entries.map(({ event }) => toLogRecord(event)),
    );
    await removeFromOutbox(
      database,
      entries.map(({ id }) => id),
    );
    return entries.length === MOST_EVENTS;
  }

  return {
    kick: () => bell.ring(),
    async run(signal) {
      let prepared = false;
      for (let failures = 0; !signal.aborted; ) {
        try {
          if (!prepared) await log.prepare([topic, deadLetterTopicOf(topic)]);
          prepared = true;
          const more = await carry(signal);
          failures = 0;
          if (more) continue;
          await createBell().wait(GATHER_MS, signal);
          await bell.wait(LOOK_EVERY_MS, signal);
        } catch (error) {
          failures += 1;
          if (failures === 1 && !signal.aborted) {
            warn('the event log takes no events; they wait in the outbox', { sector, ...describeFailure(error) });
          }
          await rest(restAfter(failures), signal);
        }
      }
    },
    isDrained: () => outboxIsEmpty(database, sector),
  };
}
