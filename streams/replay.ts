import type { EventLog } from '../core/event-log.ts';
import type { Database } from '../drivers/database.ts';
import { inTransaction } from '../store/transaction.ts';
import { type ApplyContext, applyBatch } from './project/apply.ts';
import { type Position, positionOf, savePositions } from './project/positions.ts';
import { untilRead } from './project/until-read.ts';
import { applyContext, BATCH_SIZE, type ProjectOptions, topicsOf } from './project.ts';

export interface ReplayOutcome {
  /** Events read again. */
  readonly read: number;
  /** Events that the history did not have. */
  readonly added: number;
  readonly putAside: number;
  /** Views whose current version the log does not hold: nothing can tell whether they are right. At most 1,000. */
  readonly unseen: readonly { readonly sector: string; readonly code: string }[];
  readonly unseenCount: number;
}

export interface ReplayOptions extends ProjectOptions {
  /** Aborting it stops after the batch in hand; the next replay goes on there. */
  readonly signal?: AbortSignal | undefined;
}

const CONSUMER = 'replay';
const MOST_UNSEEN = 1_000;

/**
 * Makes the index anew of the log while it is served. Every dossier is written whole from the events, one batch in one
 * transaction: readers see it as it was or as it ought to be, never a part. Nothing is emptied first, no older version
 * is put over a newer one, and the projector goes on meanwhile; what neither has applied yet counts as news, whoever
 * comes first.
 *
 * Events that the history had lost are added with places at the end of the feed, since those cannot be given twice; as
 * `replayed` they are marked not to be told to subscribers. The ledger of deliveries is left alone, except for
 * revisions that it has not heard of.
 *
 * A replay that was cut off goes on where it was: its places are kept under `replay:{start}` until it is done. One that
 * ran twice changes nothing. Views that no event speaks of are reported and left.
 */
export async function replay(options: ReplayOptions): Promise<ReplayOutcome> {
  const { database, log, warn, signal = new AbortController().signal } = options;
  const topics = topicsOf(options);
  const { consumer, startedAt } = await resumed(options, [...topics.keys()]);
  const context: ApplyContext = { ...applyContext(options), consumer, isReplay: true };
  const counts = { read: 0, added: 0, putAside: 0 };
  const reader = await log.read({
    topics: [...topics.keys()],
    group: `lienthong-${consumer.replace(':', '-')}`,
    batchSize: options.batchSize ?? BATCH_SIZE,
    position: (topic, partition) => positionOf(database, consumer, topic, partition),
    handle: async (batch) => {
      signal.throwIfAborted();
      const applied = await applyBatch(topics.get(batch.topic) as string, batch, context);
      counts.read += batch.records.length;
      counts.added += applied.events;
      counts.putAside += applied.putAside;
    },
    onFailure: () => {
      if (!signal.aborted) warn('Events could not be replayed; they come again');
    },
  });
  try {
    await untilRead({ database, log, consumer, topics: [...topics.keys()], until: reader.ended, signal });
  } finally {
    await reader.close();
  }
  const unseen = await unseenViews(database, [...topics.values()], startedAt);
  await database.knex('consumer_position').where({ consumer }).delete();
  return { ...counts, ...unseen };
}

/** Goes on with the replay that was cut off, or begins one at the first record that the log still holds. */
async function resumed(
  { database, log, now }: ReplayOptions,
  topics: readonly string[],
): Promise<{ consumer: string; startedAt: number }> {
  const [unfinished] = await database.query(
    'select consumer from consumer_position where consumer >= ? and consumer < ? order by consumer limit 1',
    [`${CONSUMER}:`, `${CONSUMER};`],
  );
  if (unfinished !== undefined) {
    const consumer = String(unfinished.consumer);
    return { consumer, startedAt: Number(consumer.slice(CONSUMER.length + 1)) };
  }
  const startedAt = now();
  const consumer = `${CONSUMER}:${startedAt}`;
  const positions = await firstPositions(log, topics);
  await inTransaction(database, (trx) => savePositions(trx, database, consumer, positions));
  return { consumer, startedAt };
}

async function firstPositions(log: EventLog, topics: readonly string[]): Promise<readonly Position[]> {
  const positions: Position[] = [];
  for (const topic of topics) {
    for (const { partition, first } of await log.extent(topic)) positions.push({ topic, partition, next: first });
  }
  return positions;
}

/** What projection or a replay took from the log since then was stamped; the rest stands there without an event. */
async function unseenViews(
  database: Database,
  sectors: readonly string[],
  startedAt: number,
): Promise<Pick<ReplayOutcome, 'unseen' | 'unseenCount'>> {
  const views = database.knex('dossier_view').whereIn('sector', sectors).where('seen_at', '<', startedAt);
  const [counted] = await views.clone().count({ count: '*' });
  const rows = await views.clone().select('sector', 'code').orderBy(['code', 'sector']).limit(MOST_UNSEEN);
  return { unseen: rows.map(({ sector, code }) => ({ sector, code })), unseenCount: Number(counted?.count) };
}
