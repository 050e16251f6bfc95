import type { Catalogues } from '../catalogues/catalogue.ts';
import { deadLetterTopicOf, topicOf } from '../core/event.ts';
import type { EventLog, LogReader } from '../core/event-log.ts';
import type { Database } from '../drivers/database.ts';
import { type ApplyContext, applyBatch } from './project/apply.ts';
import type { SectorRole } from './project/merge.ts';
import { positionOf } from './project/positions.ts';
import { untilRead } from './project/until-read.ts';

/** Writes what the log tells of dossiers into the index: current views, merged dossiers, history, what to deliver. */
export interface Projector {
  /** Makes the topics that are missing and begins to read. Rejects when the log cannot be reached. */
  start(): Promise<void>;
  /** Resolves when all that the log holds now is in the index, whichever process puts it there. */
  caughtUp(): Promise<void>;
  /** Resolves after `close`; rejects when reading ended for good. */
  readonly ended: Promise<void>;
  /** Lets the batch in hand finish. May be called twice. */
  close(): Promise<void>;
}

export interface ProjectOptions {
  readonly database: Database;
  readonly log: EventLog;
  readonly sectors: readonly { readonly id: string; readonly role: SectorRole }[];
  readonly catalogues: Pick<Catalogues, 'procedures' | 'agencies'>;
  /** UTC milliseconds. */
  readonly now: () => number;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
  /** Most events in one transaction. */
  readonly batchSize?: number | undefined;
}

/** Under this name a projector keeps its places beside its effects. */
export const CONSUMER = 'project';
const GROUP = 'lienthong-project';
export const BATCH_SIZE = 500;

/** @param options.onApplied told after each commit that brought something new */
export function createProjector(
  options: ProjectOptions & { readonly onApplied?: (() => void) | undefined },
): Projector {
  const { database, log, warn, onApplied, batchSize = BATCH_SIZE } = options;
  const topics = topicsOf(options);
  const closing = new AbortController();
  const ending = Promise.withResolvers<void>();
  ending.promise.catch(() => {});
  const context: ApplyContext = { ...applyContext(options), consumer: CONSUMER, isReplay: false };
  let starting: Promise<LogReader> | undefined;

  const open = async (): Promise<LogReader> => {
    await log.prepare([...topics.keys()].flatMap((topic) => [topic, deadLetterTopicOf(topic)]));
    const reader = await log.read({
      topics: [...topics.keys()],
      group: GROUP,
      batchSize,
      position: (topic, partition) => positionOf(database, CONSUMER, topic, partition),
      handle: async (batch) => {
        const { events } = await applyBatch(topics.get(batch.topic) as string, batch, context);
        if (events > 0) onApplied?.();
      },
      onFailure: (failure) => warn('Events could not be applied; they come again', { failure: nameOf(failure) }),
    });
    reader.ended.then(ending.resolve, ending.reject);
    return reader;
  };
  return {
    start: async () => {
      starting ??= open();
      await starting;
    },
    caughtUp: () =>
      untilRead({
        database,
        log,
        consumer: CONSUMER,
        topics: [...topics.keys()],
        until: ending.promise,
        signal: closing.signal,
      }),
    ended: ending.promise,
    close: async () => {
      closing.abort();
      const reader = await starting?.catch(() => undefined);
      await reader?.close();
      if (reader === undefined) ending.resolve();
    },
  };
}

/** Topic → sector. */
export function topicsOf({ sectors }: Pick<ProjectOptions, 'sectors'>): ReadonlyMap<string, string> {
  return new Map(sectors.map(({ id }) => [topicOf(id), id]));
}

export function applyContext(options: ProjectOptions): Omit<ApplyContext, 'consumer' | 'isReplay'> {
  const { database, log, sectors, catalogues, now, warn } = options;
  return {
    database,
    log,
    now,
    warn,
    context: { catalogues, roles: new Map(sectors.map(({ id, role }) => [id, role])) },
  };
}

/** The name of a failure: its message may hold SQL and values. */
function nameOf(failure: unknown): string {
  if (!(failure instanceof Error)) return 'unknown';
  return 'code' in failure ? `${failure.name} ${String(failure.code)}` : failure.name;
}
