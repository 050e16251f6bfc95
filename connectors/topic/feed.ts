import { randomBytes } from 'node:crypto';
import type { ChangeBatch, ChangeFeed, FeedContext, Observation } from '../../core/changes.ts';
import { HubError } from '../../core/errors.ts';
import { FaultyValue } from '../../core/faulty-value.ts';
import { type Admin, type EachBatchPayload, kafkaFailure, kafkaOffsetGone, openKafka } from '../../drivers/kafka.ts';
import { pause } from '../pause.ts';
import { nameOf, textOf } from '../setting-name.ts';
import type { TopicOptions } from '../topic.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { codeOf } from '../watched-tables.ts';
import { readDebezium } from './debezium.ts';
import {
  gap,
  partitionName,
  placesWithin,
  readPlaces,
  type TopicExtent,
  type TopicPlaces,
  writePlaces,
} from './partitions.ts';

/** Records handed over at once. */
const BATCH = 500;
/** How often it is asked where the topics end, and said that nothing is waiting. */
const LOOK_MS = 1_000;
const SESSION_MS = 30_000;
const REBALANCE_MS = 60_000;
/** Most milliseconds to leave Kafka in order. */
const LEAVE_MS = 1_000;

type Handle = (batch: ChangeBatch) => Promise<void>;

/** @param asRows whether records are the dossiers themselves; else they only say which dossier to read */
export function openTopicFeed(context: FeedContext, options: TopicOptions, asRows: boolean): ChangeFeed {
  const { tables, columns = {}, group = 'lienthong' } = options;
  const brokers = textOf(context.settings, nameOf(options.brokers));
  const kafka = openKafka({ brokers, warn: context.warn });
  const keys = new Map(tables.map(({ topic, key }) => [topic, key]));
  const main = tables[0].topic;
  const closing = new AbortController();

  async function extents(admin: Admin): Promise<readonly TopicExtent[]> {
    try {
      const lists = await Promise.all(
        [...keys.keys()].map(async (topic) =>
          (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
            topic,
            partition,
            first: Number(low),
            next: Number(high),
          })),
        ),
      );
      return lists.flat();
    } catch (error) {
      throw unavailable(error);
    }
  }

  function observe(topic: string, partition: number, message: Message): readonly Observation[] {
    const place = `${partitionName(topic, partition)}@${message.offset}`;
    const key = keys.get(topic) ?? '';
    try {
      const [named, value] = [message.key, message.value].map((bytes) => bytes?.toString('utf8') ?? null);
      const change = readDebezium({ key: named ?? null, value: value ?? null }, { key, columns });
      if (change.kind === 'nothing') return [];
      const code = codeOf(change.key);
      if (code === null) throw new FaultyValue(`a dossier's code in ${key}`, 'nothing');
      const { at: occurredAt } = change;
      if (change.kind === 'deleted') {
        return [{ kind: topic === main ? 'gone' : 'touched', code, occurredAt, place }];
      }
      const former = codeOf(change.formerKey);
      const left = former === null || former === code ? [] : [former];
      if (asRows) {
        const gone = left.map((each): Observation => ({ kind: 'gone', code: each, occurredAt, place }));
        return [...gone, { kind: 'row', row: change.row, occurredAt, place }];
      }
      return [...left, code].map((each) => ({ kind: 'touched', code: each, occurredAt, place }));
    } catch (error) {
      if (!(error instanceof FaultyValue)) throw error;
      return [{ kind: 'faulty', place, reason: error.message }];
    }
  }

  /** Reads until the signal aborts, which is also how it is told of a failure elsewhere. */
  async function follow(admin: Admin, places: TopicPlaces, handle: Handle, signal: AbortSignal): Promise<void> {
    // A group of its own for each run: nobody else has a part in it, and without a committed place Kafka begins at the
    // beginning, so that a place that is not found by seeking leads to reading again and never to skipping.
    const consumer = kafka.consumer({
      group: `${group}.${context.sector}.${randomBytes(6).toString('hex')}`,
      sessionMs: SESSION_MS,
      rebalanceMs: REBALANCE_MS,
      mayRestart: () => false,
    });
    const { promise: failed, reject: fail } = Promise.withResolvers<never>();
    failed.catch(() => {});
    /** One batch at a time, those that only say that nothing is waiting included. */
    let turn: Promise<void> = Promise.resolve();
    /** @param reached what the work moves on; no position may hold it before the work is done */
    const hand = (
      observations: readonly Observation[],
      reached: readonly (readonly [string, number])[],
      asOf?: number,
    ): Promise<void> => {
      const handed = turn.then(async () => {
        signal.throwIfAborted();
        const position = writePlaces(new Map([...places, ...reached]));
        await handle({ observations, position, caughtUp: asOf !== undefined, asOf });
        for (const [name, next] of reached) places.set(name, next);
      });
      turn = handed.catch(() => {});
      return handed;
    };

    async function eachBatch(payload: EachBatchPayload): Promise<void> {
      const { topic, partition, messages } = payload.batch;
      const name = partitionName(topic, partition);
      const alive = setInterval(() => void payload.heartbeat().catch(() => {}), SESSION_MS / 10);
      try {
        const fresh = messages.filter(({ offset }) => Number(offset) >= (places.get(name) ?? 0));
        for (let start = 0; start < fresh.length; start += BATCH) {
          if (signal.aborted || payload.isStale()) return;
          const part = fresh.slice(start, start + BATCH);
          const last = Number(part.at(-1)?.offset);
          const observations = part.flatMap((message) => observe(topic, partition, message));
          await hand(observations, [[name, last + 1]]);
          payload.resolveOffset(String(last));
        }
        const end = messages.at(-1);
        if (end !== undefined) payload.resolveOffset(end.offset);
      } catch (error) {
        fail(error);
      } finally {
        clearInterval(alive);
      }
    }

    async function watch(known: number): Promise<never> {
      for (;;) {
        await pause(LOOK_MS, signal);
        const asOf = Date.now();
        const now = await extents(admin);
        if (now.length !== known) throw new HubError('SOURCE_UNAVAILABLE', 'a topic has another number of partitions');
        const isCurrent = now.every(
          ({ topic, partition, next }) => (places.get(partitionName(topic, partition)) ?? 0) >= next,
        );
        if (isCurrent) await hand([], [], asOf);
      }
    }

    consumer.on('consumer.crash', ({ payload: { error } }) => {
      const gone = kafkaOffsetGone(error);
      fail(gone === null ? unavailable(error) : gap(`${partitionName(gone.topic, gone.partition)}: ${gone.message}`));
    });
    consumer.on('consumer.group_join', () => {
      for (const [name, next] of places) {
        const [, topic = '', partition] = /^(.*)\/(\d+)$/.exec(name) ?? [];
        consumer.seek({ topic, partition: Number(partition), offset: String(next) });
      }
    });
    try {
      const start = async (): Promise<void> => {
        await consumer.connect();
        await consumer.subscribe({ topics: [...keys.keys()], fromBeginning: true });
        await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
      };
      await Promise.race([
        unlessAborted(
          start().catch((error: unknown) => Promise.reject(unavailable(error))),
          signal,
        ),
        failed,
      ]);
      await Promise.race([watch(places.size), failed]);
    } finally {
      await Promise.race([turn, pauseOnce(LEAVE_MS)]);
      await Promise.race([consumer.disconnect().catch(() => {}), pauseOnce(LEAVE_MS)]);
    }
  }

  return {
    async run(position, handle, stop) {
      const signal = AbortSignal.any([stop, closing.signal]);
      const admin = kafka.admin();
      try {
        signal.throwIfAborted();
        await unlessAborted(
          admin.connect().catch((error: unknown) => Promise.reject(unavailable(error))),
          signal,
        );
        const places = placesWithin(readPlaces(position), await extents(admin));
        await follow(admin, places, handle, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        void admin.disconnect().catch(() => {});
      }
    },
    async close() {
      closing.abort();
    },
  };
}

type Message = EachBatchPayload['batch']['messages'][number];

function unavailable(cause: unknown): HubError {
  return new HubError('SOURCE_UNAVAILABLE', kafkaFailure(cause).message, { cause });
}

function pauseOnce(ms: number): Promise<void> {
  return pause(ms, new AbortController().signal);
}
