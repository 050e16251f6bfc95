import { expect } from 'vitest';
import { type EventLog, LogGap } from '../../core/event-log.ts';
import { type Clause, eventually, gather, pause, recordOf, recordsOf } from './event-log-subject.ts';
import { startReaderProcess } from './reader-process.ts';

/** What a log does for a group of readers: where they begin, go on, share out and stop. */
export const GROUP_CLAUSES: readonly Clause[] = [
  {
    id: 'LOG-05',
    title: 'MUST go on where the group committed when the reader keeps no place of its own',
    run: async ({ subject, log, topic, group }) => {
      await log.append(topic, recordsOf(50));
      const first = await gather(log, { topics: [topic], group });
      await first.until(50);
      await first.reader.close();
      await log.append(topic, [recordOf('a', 'new'), recordOf('b', 'new')]);
      const other = subject.open();
      const second = await gather(other, { topics: [topic], group, position: async () => null });
      await second.until(2);
      await pause(300);
      expect(second.records.map(({ value }) => value)).toEqual(['new', 'new']);
      await other.close();
    },
  },
  {
    id: 'LOG-06',
    title: 'MUST begin at the place the reader keeps, whatever the group has committed',
    run: async ({ log, topic, group }) => {
      await log.append(topic, recordsOf(70));
      const first = await gather(log, { topics: [topic], group });
      await first.until(70);
      await first.reader.close();
      const back = await gather(log, { topics: [topic], group, position: async () => 0 });
      await back.until(70);
      await back.reader.close();
      const ends = new Map((await log.extent(topic)).map(({ partition, next }) => [partition, next]));
      const position = async (_: string, partition: number) => Math.max(0, (ends.get(partition) ?? 0) - 1);
      const last = await gather(log, { topics: [topic], group: `${group}.new`, position });
      const filled = [...ends.values()].filter((next) => next > 0).length;
      await last.until(filled);
      await pause(300);
      expect(last.records).toHaveLength(filled);
    },
  },
  {
    id: 'LOG-07',
    title: 'MUST hand the same batch over again after a failure, while other partitions go on',
    run: async ({ log, topic, group }) => {
      await log.append(topic, recordsOf(60));
      const partitions = (await log.extent(topic)).filter(({ next }) => next > 0);
      const poisoned = partitions[0]?.partition;
      const tries: number[] = [];
      let healed = false;
      const { records, failures, until } = await gather(log, {
        topics: [topic],
        group,
        handle: async ({ partition, records: [record] }) => {
          if (partition !== poisoned) return;
          tries.push(record?.offset ?? -1);
          if (!healed) throw new Error('poison');
        },
      });
      const others = partitions.filter(({ partition }) => partition !== poisoned);
      await until(others.reduce((sum, { next }) => sum + next, 0));
      await eventually(
        () => tries.length >= 3,
        () => `${tries.length} tries`,
      );
      expect(records.some(({ partition }) => partition === poisoned)).toBe(false);
      healed = true;
      await until(60);
      expect(tries.every((offset) => offset === 0)).toBe(true);
      expect(failures.length).toBeGreaterThanOrEqual(2);
      expect((failures[0] as Error).message).toBe('poison');
    },
  },
  {
    id: 'LOG-08',
    title: 'MUST lose nothing when a reader is closed midway and another takes over',
    run: async ({ subject, log, topic, group }) => {
      await log.append(topic, recordsOf(400));
      const seen = new Set<string>();
      for (let round = 0; round < 3; round += 1) {
        const other = subject.open();
        const { records, until } = await gather(other, {
          topics: [topic],
          group,
          batchSize: 10,
          handle: async () => pause(5),
        });
        await until(round < 2 ? 60 : 400 - seen.size);
        await other.close();
        for (const { value } of records) seen.add(value);
      }
      expect(seen.size).toBe(400);
    },
  },
  {
    id: 'LOG-09',
    title: 'MUST NOT give one partition to two members of a group at the same time',
    run: async ({ subject, log, topic, group }) => {
      await log.append(topic, recordsOf(600));
      const busy = new Map<number, string>();
      const workers = new Set<string>();
      const seen = new Set<string>();
      const clashes: string[] = [];
      const others = [subject.open(), subject.open(), subject.open()];
      const readAs = async (other: EventLog, name: string) =>
        gather(other, {
          topics: [topic],
          group,
          batchSize: 10,
          handle: async ({ partition, records }, signal) => {
            const owner = busy.get(partition);
            if (owner !== undefined) clashes.push(`${name} and ${owner}`);
            busy.set(partition, name);
            await pause(15);
            busy.delete(partition);
            if (signal.aborted) throw new Error('taken away');
            workers.add(name);
            for (const { value } of records) seen.add(value);
          },
        });
      await Promise.all(others.map((other, index) => readAs(other, `member ${index}`)));
      await eventually(
        () => seen.size === 600,
        () => `${seen.size} of 600 records`,
      );
      for (let round = 0; round < 40 && workers.size < 2 && subject.sharesOut; round += 1) {
        await log.append(topic, recordsOf(14));
        await pause(250);
      }
      expect(clashes).toEqual([]);
      expect(workers.size > 1).toBe(subject.sharesOut);
      await Promise.all(others.map((other) => other.close()));
    },
  },
  {
    id: 'LOG-10',
    title: 'MUST end with LogGap when records between the place and the log are gone',
    run: async ({ subject, log, topic, group }) => {
      await log.append(topic, recordsOf(50, ['a']));
      const [filled] = (await log.extent(topic)).filter(({ next }) => next > 0);
      const first = await gather(log, { topics: [topic], group, batchSize: 10 });
      await first.until(10);
      await first.reader.close();
      const done = first.records.length;
      await log.append(topic, recordsOf(50, ['a']));
      await subject.deleteBelow(topic, filled?.partition ?? 0, done + 20);
      for (const position of [undefined, async () => 0]) {
        const { reader, failures, records } = await gather(log, { topics: [topic], group, position });
        await expect(reader.ended).rejects.toThrow(LogGap);
        expect(failures.some((failure) => failure instanceof LogGap)).toBe(true);
        expect(records).toEqual([]);
        await reader.close();
      }
      // Whoever never read before has lost nothing.
      const fresh = await gather(log, { topics: [topic], group: `${group}.fresh` });
      await fresh.until(100 - done - 20);
    },
  },
  {
    id: 'LOG-11',
    title: 'MUST end with LogGap when that happens while it reads, and skip nothing',
    run: async ({ subject, log, topic, group }) => {
      await log.append(topic, recordsOf(20, ['a']));
      const [filled] = (await log.extent(topic)).filter(({ next }) => next > 0);
      const gate = Promise.withResolvers<void>();
      const { reader, records, batches } = await gather(log, {
        topics: [topic],
        group,
        handle: async ({ records: [record] }) => (record?.offset === 0 ? gate.promise : undefined),
      });
      await pause(500);
      await log.append(topic, recordsOf(30, ['a']));
      await subject.deleteBelow(topic, filled?.partition ?? 0, 40);
      gate.resolve();
      await expect(reader.ended).rejects.toThrow(LogGap);
      expect(batches[0]?.records[0]?.offset).toBe(0);
      expect(records.length).toBeLessThanOrEqual(20);
      await reader.close();
      // And it stays so: a second start would otherwise begin anywhere.
      const again = await gather(log, { topics: [topic], group });
      await expect(again.reader.ended).rejects.toThrow(LogGap);
    },
  },
  {
    id: 'LOG-12',
    title: 'MUST end with LogGap when the topic was made anew and is shorter than the place',
    run: async ({ subject, log, topic, group }) => {
      await log.append(topic, recordsOf(40, ['a']));
      const first = await gather(log, { topics: [topic], group });
      await first.until(40);
      await first.reader.close();
      await subject.makeAnew(topic);
      const other = subject.open();
      await other.append(topic, recordsOf(10, ['a']));
      const { reader } = await gather(other, {
        topics: [topic],
        group,
        position: async (_, partition) => (partition === first.records[0]?.partition ? 40 : null),
      });
      await expect(reader.ended).rejects.toThrow(/ends before 10/);
      await other.close();
    },
  },
  {
    id: 'LOG-16',
    title: 'MUST let the batch in hand finish when it is closed, twice without harm, and refuse work afterwards',
    run: async ({ subject, topic, group }) => {
      const other = subject.open();
      await other.append(topic, recordsOf(5, ['a']));
      let begun = false;
      let finished = false;
      const { reader } = await gather(other, {
        topics: [topic],
        group,
        handle: async () => {
          begun = true;
          await pause(700);
          finished = true;
        },
      });
      await eventually(
        () => begun,
        () => 'no batch came',
      );
      const [first, second] = [reader.close(), reader.close()];
      await Promise.all([first, second]);
      expect(finished).toBe(true);
      await reader.ended;
      await other.close();
      await other.close();
      await expect(other.append(topic, recordsOf(1))).rejects.toThrow(/closed/);
    },
  },
  {
    id: 'LOG-18',
    title: 'MUST let work take longer than the session without handing it to another',
    run: async ({ subject, log, topic, group }) => {
      await log.append(topic, recordsOf(6, ['a']));
      const handled: string[] = [];
      const others = [subject.open(), subject.open()];
      for (const [index, other] of others.entries()) {
        await gather(other, {
          topics: [topic],
          group,
          handle: async (_, signal) => {
            await pause(subject.sessionMs * 2.5);
            handled.push(`${index} ${signal.aborted}`);
          },
        });
      }
      await eventually(
        () => handled.length > 0,
        () => 'nothing was handled',
      );
      await pause(subject.sessionMs * 2);
      expect(handled).toHaveLength(1);
      expect(handled[0]).toContain('false');
      await Promise.all(others.map((other) => other.close()));
    },
  },
  {
    id: 'LOG-19',
    title: 'MUST hand the partitions of a killed member to another, with what it had in hand',
    run: async ({ subject, log, topic, group }) => {
      await log.append(topic, recordsOf(80));
      const victim = await startReaderProcess(subject.processSettings, { topic, group, holdMs: 60_000 });
      await victim.until(1);
      victim.signal('SIGKILL');
      const { records, until } = await gather(log, { topics: [topic], group });
      await until(80);
      expect(new Set(records.map(({ value }) => value)).size).toBe(80);
    },
  },
  {
    id: 'LOG-20',
    title: 'MUST NOT let a member that was stopped past its session set the group back',
    run: async ({ subject, log, topic, group }) => {
      await log.append(topic, recordsOf(80));
      const sleeper = await startReaderProcess(subject.processSettings, { topic, group, holdMs: 300 });
      await sleeper.until(1);
      sleeper.signal('SIGSTOP');
      const { reader, records, until } = await gather(log, { topics: [topic], group });
      await until(80);
      sleeper.signal('SIGCONT');
      await pause(1_000);
      sleeper.signal('SIGKILL');
      expect(new Set(records.map(({ value }) => value)).size).toBe(80);
      await reader.close();
      const after = await gather(log, { topics: [topic], group });
      await log.append(topic, [recordOf('a', 'last')]);
      await after.until(1);
      expect(after.records.map(({ value }) => value)).toEqual(['last']);
    },
  },
];
