import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { toLogRecord, topicOf } from '../../core/event.ts';
import { openDatabase } from '../../drivers/database.ts';
import { openKafkaLog } from '../../streams/logs/kafka.ts';
import { startKafka } from '../../test/services/kafka.ts';
import { ownDatabase, startMariadbServer } from '../../test/services/mariadb.ts';
import { madeUpEvents, SECTOR } from './events.ts';

/** The projecting process after so many events. */
export interface MemorySample {
  readonly events: number;
  readonly seconds: number;
  /** Bytes. */
  readonly rss: number;
  /** Bytes, after a collection. */
  readonly heap: number;
}

const SAMPLES = 20;
const AT_ONCE = 500;
/** Events written ahead of those that were projected. */
const MOST_AHEAD = 20_000;
const LOOK_EVERY_MS = 100;

/** Projects events from Kafka into MariaDB in a process of its own, which tells of its memory twenty times on the way. */
export async function measureMemory({
  events,
  told,
}: {
  events: number;
  told: (line: string) => void;
}): Promise<readonly MemorySample[]> {
  const ending: (() => Promise<unknown>)[] = [];
  try {
    const mariadb = await startMariadbServer();
    ending.push(() => mariadb.stop());
    const kafka = await startKafka();
    ending.push(() => kafka.stop());
    if ('missing' in kafka.service) throw new Error(kafka.service.missing);
    const { brokers } = kafka.service;
    const log = openKafkaLog({ ...{ brokers, sessionMs: 30_000, partitions: 6, replication: 1 }, warn: () => {} });
    ending.push(() => log.close());
    const { url } = await ownDatabase(mariadb);
    const admin = openDatabase(url, { connections: 1 });
    ending.push(() => admin.close());

    const samples: MemorySample[] = [];
    let done = 0;
    const every = Math.floor(events / SAMPLES);
    const child = fork(join(import.meta.dirname, 'project-process.ts'), [url, brokers, String(every)], {
      execArgv: ['--expose-gc'],
    });
    ending.push(async () => child.kill('SIGKILL'));
    const exited = once(child, 'exit').then(([code]) => {
      throw new Error(`The projecting process ended with ${code}`);
    });
    exited.catch(() => {});
    child.on('message', (message: { done: number } | MemorySample) => {
      if ('done' in message) done = message.done;
      else {
        samples.push(message);
        const [rss, heap] = [message.rss, message.heap].map((bytes) => Math.round(bytes / 1_048_576));
        told(`${message.events} events, ${Math.round(message.seconds)} s: heap ${heap} MiB, resident ${rss} MiB`);
        // Nobody follows this server's log, and it would grow larger than the tables.
        void admin.knex.raw('purge binary logs before now()').catch(() => {});
      }
    });
    await log.prepare([topicOf(SECTOR.id)]);
    const feed = async (): Promise<void> => {
      for (let from = 0; from < events; from += AT_ONCE) {
        while (from - done > MOST_AHEAD) await delay(LOOK_EVERY_MS);
        const some = [...madeUpEvents(from, Math.min(events, from + AT_ONCE))];
        await log.append(topicOf(SECTOR.id), some.map(toLogRecord));
      }
      while (samples.length < SAMPLES) await delay(LOOK_EVERY_MS);
    };
    await Promise.race([feed(), exited]);
    return samples;
  } finally {
    for (const end of ending.reverse()) await end().catch(() => {});
  }
}
