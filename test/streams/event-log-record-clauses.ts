import { expect } from 'vitest';
import { ownName } from '../services/kafka.ts';
import { type Clause, gather, recordOf, recordsOf } from './event-log-subject.ts';

/** What a log does with records and topics, whoever reads them. */
export const RECORD_CLAUSES: readonly Clause[] = [
  {
    id: 'LOG-01',
    title: 'MUST keep records of one key in one partition and in their order',
    run: async ({ log, topic, group }) => {
      const sent = recordsOf(210);
      for (let from = 0; from < sent.length; from += 30) await log.append(topic, sent.slice(from, from + 30));
      const { records, until } = await gather(log, { topics: [topic], group });
      await until(210);
      expect(new Set(records.map(({ partition }) => partition)).size).toBeGreaterThan(1);
      for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
        const mine = records.filter((record) => record.key === key);
        expect(new Set(mine.map(({ partition }) => partition)).size).toBe(1);
        expect(mine.map(({ value }) => value)).toEqual(
          sent.filter((each) => each.key === key).map(({ value }) => value),
        );
      }
    },
  },
  {
    id: 'LOG-02',
    title: 'MUST hand over keys, headers and values letter by letter, with the time of appending',
    run: async ({ log, topic, group }) => {
      const sent = [
        recordOf('H41.16-260102-0042', '{"tên":"Nguyễn Thị Ánh","ghiChú":"Đã trả kết quả 😀"}', {
          ce_id: 'đất:1',
          'x-y': '',
        }),
        recordOf('h41.16-260102-0042', ''),
        recordOf('Ẩ', 'a\u0000b\r\nc\\\'"%_;--', { name: "'; drop table log_record" }),
      ];
      const before = Date.now();
      await log.append(topic, sent);
      const { records, until } = await gather(log, { topics: [topic], group });
      await until(3);
      const plain = records.map(({ key, headers, value }) => ({ key, headers, value }));
      expect(plain).toHaveLength(3);
      expect(plain).toEqual(expect.arrayContaining(sent));
      for (const { appendedAt } of records) expect(Math.abs(appendedAt - before)).toBeLessThan(60_000);
    },
  },
  {
    id: 'LOG-03',
    title: 'MUST take 10,000 records at once and hand over every one, once, in batches of bounded size without a gap',
    run: async ({ log, topic, group }) => {
      const sent = recordsOf(
        10_000,
        Array.from({ length: 97 }, (_, index) => `key-${index}`),
      );
      await log.append(topic, sent);
      const { records, batches, until } = await gather(log, { topics: [topic], group, batchSize: 300 });
      await until(10_000);
      expect(new Set(records.map(({ value }) => value)).size).toBe(10_000);
      expect(records).toHaveLength(10_000);
      expect(Math.max(...batches.map((batch) => batch.records.length))).toBeLessThanOrEqual(300);
      const next = new Map<number, number>();
      for (const { partition, offset } of records) {
        expect(offset).toBe(next.get(partition) ?? 0);
        next.set(partition, offset + 1);
      }
    },
  },
  {
    id: 'LOG-04',
    title: 'MUST begin at the beginning for a new group, and hand over what is appended meanwhile',
    run: async ({ log, topic, group }) => {
      await log.append(topic, recordsOf(20));
      const first = await gather(log, { topics: [topic], group });
      await first.until(20);
      await log.append(topic, recordsOf(5));
      await first.until(25);
      const second = await gather(log, { topics: [topic], group: `${group}.2` });
      await second.until(25);
    },
  },
  {
    id: 'LOG-13',
    title: 'MUST tell the first and the next offset of every partition, and nothing of a topic that is not there',
    run: async ({ subject, log, topic }) => {
      expect(await log.extent(ownName('nowhere'))).toEqual([]);
      expect(await log.extent(topic)).toEqual([0, 1, 2, 3].map((partition) => ({ partition, first: 0, next: 0 })));
      await log.append(topic, recordsOf(30, ['a']));
      const [filled] = (await log.extent(topic)).filter(({ next }) => next > 0);
      expect(filled).toMatchObject({ first: 0, next: 30 });
      await subject.deleteBelow(topic, filled?.partition ?? 0, 12);
      expect((await log.extent(topic))[filled?.partition ?? 0]).toMatchObject({ first: 12, next: 30 });
    },
  },
  {
    id: 'LOG-14',
    title: 'MUST NOT change a topic that is there when it is prepared again, be it by several at once',
    run: async ({ subject, log, topic }) => {
      await log.append(topic, recordsOf(9));
      const before = await log.extent(topic);
      const fresh = ownName('fresh');
      const others = [subject.open(), subject.open(), subject.open()];
      await Promise.all(others.map((other) => other.prepare([topic, fresh, `${fresh}.dlq`])));
      expect(await log.extent(topic)).toEqual(before);
      expect(await log.extent(fresh)).toHaveLength(4);
      expect(await log.extent(`${fresh}.dlq`)).toHaveLength(4);
      await Promise.all(others.map((other) => other.close()));
    },
  },
  {
    id: 'LOG-15',
    title: 'MUST refuse what it cannot keep before anything is written, and go on afterwards',
    run: async ({ log, topic, group }) => {
      const big = recordOf('a', 'x'.repeat(1_000_000));
      await expect(log.append(topic, [recordOf('a', 'small'), big])).rejects.toThrow(/Record 1 has/);
      await expect(log.append(topic, [recordOf('k'.repeat(129), '')])).rejects.toThrow(/key/);
      await expect(log.append(ownName('nowhere'), [recordOf('a', '')])).rejects.toThrow(/prepare/);
      await expect(gather(log, { topics: [ownName('nowhere')], group })).rejects.toThrow(/prepare/);
      expect((await log.extent(topic)).every(({ next }) => next === 0)).toBe(true);
      await log.append(topic, []);
      await log.append(topic, [recordOf('a', 'small')]);
      const { records, until } = await gather(log, { topics: [topic], group });
      await until(1);
      expect(records[0]?.value).toBe('small');
    },
  },
  {
    id: 'LOG-17',
    title: 'MUST keep what several append at the same time whole, gapless and in each one’s order',
    run: async ({ subject, log, topic, group }) => {
      const writers = [subject.open(), subject.open(), subject.open()];
      await Promise.all(
        writers.map(async (writer, name) => {
          for (let from = 0; from < 100; from += 10) {
            const part = Array.from({ length: 10 }, (_, index) =>
              recordOf(`key-${index % 5}`, `${name}:${from + index}`),
            );
            await writer.append(topic, part);
          }
        }),
      );
      const { records, until } = await gather(log, { topics: [topic], group });
      await until(300);
      expect(new Set(records.map(({ value }) => value)).size).toBe(300);
      for (const { first, next, partition } of await log.extent(topic)) {
        const offsets = records.filter((record) => record.partition === partition).map(({ offset }) => offset);
        expect(offsets).toEqual(Array.from({ length: next - first }, (_, index) => first + index));
      }
      for (const name of ['0', '1', '2']) {
        for (const key of ['key-0', 'key-1', 'key-2', 'key-3', 'key-4']) {
          const counts = records
            .filter((record) => record.key === key && record.value.startsWith(`${name}:`))
            .map(({ value }) => Number(value.split(':')[1]));
          expect(counts).toEqual([...counts].sort((a, b) => a - b));
        }
      }
      await Promise.all(writers.map((writer) => writer.close()));
    },
  },
  {
    id: 'LOG-21',
    title: 'MUST pass its check while it answers',
    run: async ({ log }) => log.check(),
  },
];
