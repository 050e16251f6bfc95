import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ColumnKind } from '../../connectors/topic/column.ts';
import { readDebezium } from '../../connectors/topic/debezium.ts';
import { topic } from '../../connectors/topic.ts';
import { FaultyValue } from '../../core/faulty-value.ts';
import { type Admin, openKafka, type Producer } from '../../drivers/kafka.ts';
import { text } from '../../kit/fields.ts';
import { ownName, startKafka } from '../services/kafka.ts';
import { skipByName } from '../support/missing.ts';
import { changeFeedContract } from './change-feed-contract.ts';
import type { Change } from './change-feed-subject.ts';
import { createFollower, followToNow } from './followed.ts';

const kafka = await startKafka();
const { service } = kafka;
const KEY = 'SOBIENNHAN';

function declare(name: string) {
  const way = topic({ brokers: 'BROKERS', tables: [{ topic: name, key: KEY }] });
  way.entity({ type: 'Dossier', identity: ['code'], fields: { code: text(KEY), note: text('GHICHU') } });
  return way;
}

/** Writes as Debezium does: one event a row, keyed by the table's key, and a tombstone behind a delete. */
function debeziumOf(truth: Map<string, string>, [code, revision]: Change, op?: 'r') {
  const before = truth.has(code) ? { [KEY]: code, GHICHU: truth.get(code) } : null;
  const key = JSON.stringify({ schema: { type: 'struct' }, payload: { [KEY]: code } });
  const envelope = (kind: string, after: unknown) =>
    JSON.stringify({
      schema: { type: 'struct', fields: [] },
      payload: {
        before,
        after,
        op: kind,
        ts_ms: 1_763_000_000_500,
        source: { ts_ms: 1_763_000_000_000, file: 'b.1', pos: 4 },
      },
    });
  if (revision === null) {
    truth.delete(code);
    return before === null
      ? []
      : [
          { key, value: envelope('d', null) },
          { key, value: null },
        ];
  }
  truth.set(code, revision);
  return [{ key, value: envelope(op ?? (before === null ? 'c' : 'u'), { [KEY]: code, GHICHU: revision }) }];
}

if ('missing' in service) skipByName('change feed contract: topic', service);
else {
  const { brokers } = service;
  const client = openKafka({ brokers, warn: () => {} });
  let producer: Producer;
  let admin: Admin;
  const begin = async (partitions: number) => {
    const name = ownName('hoso.HS_HOSO');
    await admin.createTopics({
      topics: [{ topic: name, numPartitions: partitions, replicationFactor: 1 }],
      waitForLeaders: true,
    });
    return name;
  };
  const openFeed = (name: string) =>
    declare(name).open({ sector: 'test', settings: { BROKERS: brokers }, warn: () => {} });

  beforeAll(async () => {
    producer = client.producer();
    admin = client.admin();
    await producer.connect();
    await admin.connect();
  });
  afterAll(async () => {
    await producer.disconnect();
    await admin.disconnect();
    await kafka.stop();
  });

  changeFeedContract(
    'topic in Debezium’s format',
    async () => {
      const name = await begin(3);
      const truth = new Map<string, string>();
      await producer.send({ topic: name, messages: debeziumOf(truth, ['from-snapshot', '1'], 'r') });
      let sending: Promise<unknown> = Promise.resolve();
      const send = (messages: { key: string; value: string | null }[]) => {
        sending = sending.then(() => producer.send({ topic: name, messages }));
        return sending;
      };
      return {
        capability: declare(name).capability,
        rowOf: (row) => ({ code: String(row[KEY]), revision: String(row.GHICHU) }),
        read: async () => new Map(),
        open: () => openFeed(name),
        write: async (changes: readonly Change[]) => {
          const messages = changes.flatMap((change) => debeziumOf(truth, change));
          if (messages.length > 0) await send(messages);
        },
        truth: async () => truth,
        async spoil() {
          await producer.send({ topic: name, messages: [{ partition: 1, key: 'x', value: 'not JSON' }] });
          const [, second] = (await admin.fetchTopicOffsets(name)).sort((a, b) => a.partition - b.partition);
          return [`${name}/1@${Number(second?.high) - 1}`];
        },
        mostInBatch: 500,
        breaks: 25,
        close: async () => {},
      };
    },
    { 'CHG-08': 'Connect reads what is committed, in the order of commits' },
  );

  describe('topic', () => {
    it('stops when records between its place and the topic are gone, and never skips them', async () => {
      const name = await begin(1);
      const truth = new Map<string, string>();
      for (let index = 0; index < 10; index += 1) {
        await producer.send({ topic: name, messages: debeziumOf(truth, [`g${index}`, '1']) });
      }
      // kafkajs deletes only where it has looked before.
      await admin.fetchTopicOffsets(name);
      await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '6' }] });
      const feed = openFeed(name);
      const run = (position: string) => feed.run(position, async () => {}, AbortSignal.timeout(10_000));
      await expect(run(JSON.stringify({ [`${name}/0`]: 3 }))).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        retryable: false,
        message: expect.stringContaining('the next record to read is 3, but the first there is 6'),
      });
      await expect(run(JSON.stringify({ [`${name}/0`]: 99 }))).rejects.toThrow('the topic ends before 10');
      await expect(run(JSON.stringify({ [`${name}/0`]: 7, [`${name}/1`]: 0 }))).rejects.toThrow(`${name}/1 is gone`);
      await feed.close();
    });

    it('only says which dossier changed where no entity is declared on it', async () => {
      const name = await begin(1);
      const steps = await begin(1);
      const truth = new Map<string, string>();
      await producer.send({ topic: name, messages: debeziumOf(truth, ['t1', '1']) });
      await producer.send({ topic: steps, messages: debeziumOf(new Map([['t2', '1']]), ['t2', null]) });
      const way = topic({
        brokers: 'BROKERS',
        tables: [
          { topic: name, key: KEY },
          { topic: steps, key: KEY },
        ],
      });
      const feed = way.open({ sector: 'test', settings: { BROKERS: brokers }, warn: () => {} });
      const follower = createFollower({
        rowOf: () => null,
        read: async (codes) => new Map(codes.map((code) => [code, 'now'])),
      });
      await followToNow(follower, feed);
      expect(way.capability.intermediate).toBe(false);
      expect([...follower.known.entries()].sort()).toEqual([
        ['t1', 'now'],
        ['t2', 'now'],
      ]);
    });
  });
}

describe('an event of Debezium', () => {
  const read = (
    after: unknown,
    options: {
      schema?: unknown;
      columns?: Record<string, ColumnKind>;
      op?: string;
      before?: unknown;
      key?: unknown;
    } = {},
  ) => {
    const { schema, columns = {}, op = 'u', before = null, key = null } = options;
    const payload = { before, after, op, ts_ms: 5, source: { ts_ms: 4 } };
    const value = JSON.stringify(schema === undefined ? payload : { schema, payload });
    return readDebezium({ key: key === null ? null : JSON.stringify(key), value }, { key: 'K', columns });
  };
  const schemaOf = (...fields: object[]) => ({
    type: 'struct',
    fields: [
      { field: 'before', type: 'struct', fields },
      { field: 'after', type: 'struct', fields },
    ],
  });
  const rowOf = (change: ReturnType<typeof read>) => (change.kind === 'kept' ? change.row : null);

  it('is read with its schema: days, milliseconds, microseconds and exact decimals become what the table shows', () => {
    const schema = schemaOf(
      { field: 'D', name: 'io.debezium.time.Date' },
      { field: 'T', name: 'io.debezium.time.Timestamp' },
      { field: 'M', name: 'io.debezium.time.MicroTimestamp' },
      { field: 'E', name: 'org.apache.kafka.connect.data.Decimal', parameters: { scale: '2' } },
      { field: 'N', name: 'org.apache.kafka.connect.data.Decimal', parameters: { scale: '4' } },
      { field: 'Z', name: 'io.debezium.time.ZonedTimestamp' },
      { field: 'V', name: 'io.debezium.data.VariableScaleDecimal' },
    );
    const after = {
      K: '0042',
      D: -1,
      T: 1_763_000_000_000,
      M: 1_763_000_000_000_001,
      E: 'AfSI4w==',
      N: '/w==',
      Z: '2025-11-13T02:13:20Z',
      V: { scale: 1, value: 'ew==' },
    };
    expect(rowOf(read(after, { schema }))).toEqual({
      K: '0042',
      D: '1969-12-31',
      T: '2025-11-13 02:13:20',
      M: '2025-11-13 02:13:20.000001',
      E: '328030.43',
      N: '-0.0001',
      Z: '2025-11-13T02:13:20Z',
      V: '12.3',
    });
  });

  it('is read without a schema by what was declared', () => {
    const columns = { D: 'date-days', E: { decimalScale: 2 } } as const;
    expect(rowOf(read({ K: '1', D: 20_405, E: 'ew==' }, { columns }))).toEqual({ K: '1', D: '2025-11-13', E: '1.23' });
  });

  it('keeps the digits of numbers that a double would change', () => {
    const value = '{"op":"c","after":{"K":9007199254740993,"A":12345678901234567.25,"B":1.5},"source":{"ts_ms":1}}';
    const change = readDebezium({ key: null, value }, { key: 'K', columns: {} });
    expect(rowOf(change)).toEqual({ K: '9007199254740993', A: '12345678901234567.25', B: 1.5 });
  });

  it('refuses a value that is not of its kind, for that column alone', () => {
    const row = rowOf(read({ K: '1', E: 12.5 }, { columns: { E: { decimalScale: 2 } } }));
    expect(row?.K).toBe('1');
    expect(row?.E).toBeInstanceOf(FaultyValue);
  });

  it('names a deleted dossier by its former row, or by the key where that is not brought', () => {
    expect(read(null, { op: 'd', before: { K: '7' } })).toEqual({ kind: 'deleted', key: '7', at: 4 });
    expect(read(null, { op: 'd', key: { schema: {}, payload: { K: '8' } } })).toEqual({
      kind: 'deleted',
      key: '8',
      at: 4,
    });
  });

  it('says nothing by a tombstone, and no time by the row of a snapshot', () => {
    expect(readDebezium({ key: '{"K":"1"}', value: null }, { key: 'K', columns: {} })).toEqual({ kind: 'nothing' });
    expect(read({ K: '1' }, { op: 'r' })).toMatchObject({ kind: 'kept', at: null });
  });

  it.each(['[]', '{"op":"t"}', '{"op":"c"}', '{"before":null', '"text"'])('refuses %s', (value) => {
    expect(() => readDebezium({ key: null, value }, { key: 'K', columns: {} })).toThrow(FaultyValue);
  });
});
