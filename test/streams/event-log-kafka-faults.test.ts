import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../drivers/database.ts';
import { openEventLog } from '../../streams/logs/open-log.ts';
import { brokerMissing, type KafkaBroker, ownName, startBroker } from '../services/kafka.ts';
import { type KafkaProxy, kafkaProxy } from '../services/kafka-proxy.ts';
import { eventually, gather, pause, recordOf, recordsOf } from './event-log-subject.ts';

const missing = await brokerMissing();

describe.skipIf(missing !== null)(`a Kafka broker that fails${missing === null ? '' : ` (${missing})`}`, () => {
  const database = openDatabase('sqlite::memory:');
  let broker: KafkaBroker;
  let proxy: KafkaProxy;
  const open = () =>
    openEventLog({
      settings: {
        KAFKA_BROKERS: broker.brokers,
        KAFKA_SESSION_MS: 2_000,
        KAFKA_REPLICATION: 1,
        LOG_PARTITIONS: 4,
        LEASE_MS: 2_000,
      },
      database,
      warn: () => {},
      now: Date.now,
    });

  beforeAll(async () => {
    broker = await startBroker(undefined, {
      through: async (port) => {
        proxy = await kafkaProxy(port);
        return proxy.port;
      },
    });
  }, 120_000);
  afterAll(async () => {
    await broker?.stop();
    await proxy?.close();
    await database.close();
  });

  it('frozen longer than a request may take: appends wait, then every record is there once', {
    timeout: 90_000,
  }, async () => {
    const log = open();
    const topic = ownName('frozen');
    await log.prepare([topic]);
    const { records, until, reader } = await gather(log, { topics: [topic], group: ownName('group') });
    await log.append(topic, recordsOf(20));
    await until(20);
    await broker.signal('SIGSTOP');
    const appends = [0, 1, 2].map((round) => log.append(topic, [recordOf('a', `frozen ${round}`), recordOf('b', '')]));
    let settled = 0;
    for (const append of appends) void append.then(() => (settled += 1));
    await pause(13_000);
    expect(settled).toBe(0);
    await broker.signal('SIGCONT');
    await Promise.all(appends);
    // A member that was frozen is expelled: what it had not committed is handed over again.
    const once = () => [...new Map(records.map((record) => [`${record.partition}:${record.offset}`, record])).values()];
    await eventually(
      () => once().length >= 26,
      () => `${once().length} of 26 records came`,
    );
    await pause(1_000);
    const ends = await log.extent(topic);
    expect(ends.reduce((sum, { next }) => sum + next, 0)).toBe(26);
    expect(once()).toHaveLength(26);
    expect(
      once()
        .filter(({ key }) => key === 'a')
        .slice(-3)
        .map(({ value }) => value),
    ).toEqual(['frozen 0', 'frozen 1', 'frozen 2']);
    await reader.close();
    await log.close();
  });

  // Seen after a broker was frozen: its group coordinator goes and comes, loads, and still knows the members then.
  it.each([
    ['that has read', 1],
    ['whose places are not known yet', 0],
  ])(
    'refused by the coordinator when it joins again, and known to it still: a reader %s goes on',
    async (_, before) => {
      const log = open();
      const topic = ownName('refused');
      await log.prepare([topic]);
      const places = new Map<number, number>();
      const { promise: looksUp, resolve: letGo } = Promise.withResolvers<void>();
      const { records, failures, until, reader } = await gather(log, {
        topics: [topic],
        group: ownName('group'),
        position: async (__, partition) => {
          if (before === 0) await looksUp;
          return places.get(partition) ?? null;
        },
        handle: async (batch) => void places.set(batch.partition, (batch.records.at(-1)?.offset ?? 0) + 1),
      });
      onTestFinished(async () => {
        await reader.close();
        await log.close();
      });
      await log.append(topic, recordsOf(before, ['a']));
      await until(before);
      const joins = proxy.refuse('joinGroup', 'coordinatorLoading', 1);
      proxy.refuse('heartbeat', 'notCoordinator', 1);
      await eventually(
        () => joins() === 1,
        () => 'the reader did not try to join again',
      );
      letGo();
      await log.append(topic, recordsOf(3, ['a']));
      await until(before + 3);
      expect(records.map(({ offset }) => offset)).toEqual([0, 1, 2, 3].slice(0, before + 3));
      expect(failures).toEqual([]);
    },
  );

  it.each(['notCoordinator', 'unknownMember'] as const)(
    'refused by the coordinator with %s, then once more when it joins: an idle reader joins again by itself',
    async (error) => {
      const log = open();
      const topic = ownName('idle');
      await log.prepare([topic]);
      const { failures, until, reader } = await gather(log, { topics: [topic], group: ownName('group') });
      onTestFinished(async () => {
        await reader.close();
        await log.close();
      });
      const before = proxy.seen('joinGroup');
      const joins = proxy.refuse('joinGroup', 'coordinatorLoading', 1);
      proxy.refuse('heartbeat', error, 1);
      await eventually(
        () => joins() === 1 && proxy.seen('joinGroup') > before + 1,
        () => 'the reader did not join again',
      );
      await log.append(topic, recordsOf(3));
      await until(3);
      expect(failures).toEqual([]);
    },
  );

  it('left without an answer to who coordinates the group: a reader starts again', { timeout: 60_000 }, async () => {
    const log = open();
    const topic = ownName('silent');
    await log.prepare([topic]);
    const { failures, until, reader } = await gather(log, { topics: [topic], group: ownName('group') });
    onTestFinished(async () => {
      await reader.close();
      await log.close();
    });
    const silences = proxy.swallow('findCoordinator', 1);
    proxy.refuse('heartbeat', 'notCoordinator', 1);
    await eventually(
      () => silences() === 1 && failures.length > 0,
      () => 'the reader was not left without an answer',
    );
    await log.append(topic, recordsOf(3));
    await until(3);
    expect(String(failures[0])).toContain('Failed to find group coordinator');
  });

  it('refused while it looks up a place before what the group has committed: a reader begins at its own place', async () => {
    const log = open();
    const [topic, group] = [ownName('behind'), ownName('group')];
    await log.prepare([topic]);
    await log.append(topic, recordsOf(3, ['a']));
    const ahead = await gather(log, { topics: [topic], group });
    await ahead.until(3);
    await ahead.reader.close();
    const { promise: looksUp, resolve: letGo } = Promise.withResolvers<void>();
    const { records, failures, until, reader } = await gather(log, {
      ...{ topics: [topic], group },
      position: async () => {
        await looksUp;
        return 0;
      },
    });
    onTestFinished(async () => {
      await reader.close();
      await log.close();
    });
    const joins = proxy.refuse('joinGroup', 'coordinatorLoading', 1);
    proxy.refuse('heartbeat', 'notCoordinator', 1);
    await eventually(
      () => joins() === 1,
      () => 'the reader did not try to join again',
    );
    letGo();
    await until(3);
    expect(records.map(({ offset }) => offset)).toEqual([0, 1, 2]);
    expect(failures).toEqual([]);
  });

  it('killed and started again: what was acknowledged is there, readers go on by themselves', {
    timeout: 90_000,
  }, async () => {
    const log = open();
    const topic = ownName('killed');
    await log.prepare([topic]);
    const places = new Map<number, number>();
    const { records, until, reader } = await gather(log, {
      topics: [topic],
      group: ownName('group'),
      position: async (_, partition) => places.get(partition) ?? null,
      handle: async (batch) => void places.set(batch.partition, (batch.records.at(-1)?.offset ?? 0) + 1),
    });
    await log.append(topic, recordsOf(100));
    await until(50);
    await broker.signal('SIGKILL');
    const acknowledged: string[] = [];
    const sending = (async () => {
      for (let count = 0; count < 20; count += 1) {
        // As whoever relays an outbox does it: again until it is acknowledged.
        for (let tries = 0; tries < 10; tries += 1) {
          const sent = await log.append(topic, [recordOf(`key-${count}`, `after ${count}`)]).then(
            () => true,
            () => false,
          );
          if (sent) break;
        }
        acknowledged.push(`after ${count}`);
      }
    })();
    broker = await startBroker(broker.place);
    await sending;
    await until(120);
    const seen = new Set(records.map(({ value }) => value));
    expect(acknowledged.filter((value) => !seen.has(value))).toEqual([]);
    expect(seen.size).toBe(120);
    await reader.close();
    await reader.ended;
    await log.close();
  });
});
