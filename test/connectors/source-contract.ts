import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Key } from '../../core/source.ts';
import {
  ask,
  caller,
  expectAborted,
  expectAnswer,
  expectShown,
  expectSourceError,
  failureOf,
  first,
  HOSTILE,
  isPadded,
  nearTo,
  needs,
  PROMPT_MS,
  patient,
  recovered,
  requestOf,
  type Subject,
  shapedLike,
} from './source-subject.ts';

export type ClauseId = `SRC-${string}`;

interface Clause {
  readonly id: ClauseId;
  readonly title: string;
  readonly run: (subject: Subject) => Promise<void>;
}

const CLAUSES: readonly Clause[] = [
  {
    id: 'SRC-01',
    title: 'MUST answer as many keys as were asked, in their order',
    run: async (subject) => {
      const keys = [...subject.known].reverse();
      keys.splice(1, 0, subject.unknownKey);
      const answers = await ask(subject, keys);
      expect(answers).toHaveLength(keys.length);
      keys.forEach((key, index) => {
        expectAnswer(subject, answers[index], key === subject.unknownKey ? [] : subject.expected(key));
      });
    },
  },
  {
    id: 'SRC-02',
    title: 'MUST answer [] or null for a key the system does not have, without touching the others',
    run: async (subject) => {
      const [unknown, known] = await ask(subject, [subject.unknownKey, first(subject)]);
      expect(unknown === null || (Array.isArray(unknown) && unknown.length === 0)).toBe(true);
      expectAnswer(subject, known, subject.expected(first(subject)));
    },
  },
  {
    id: 'SRC-03',
    title: 'MUST hold in every row the fields that were asked for, be it one or all',
    run: async (subject) => {
      for (const field of subject.fields) {
        const [answer] = await ask(subject, [first(subject)], [field]);
        expectAnswer(subject, answer, subject.expected(first(subject)), [field]);
      }
    },
  },
  {
    id: 'SRC-04',
    title: 'MUST make one call for a batch of keys up to the batch size',
    run: async (subject) => {
      const keys = [...subject.known, subject.unknownKey].slice(0, subject.batchSize);
      await ask(subject, keys);
      const before = await subject.calls();
      await subject.source.read(requestOf(subject, keys), { caller, signal: patient() });
      expect((await subject.calls()) - before).toBe(1);
    },
  },
  {
    id: 'SRC-05',
    title: 'MUST keep texts that look like numbers as they are',
    run: async (subject) => {
      const key = subject.known.find((each) => subject.expected(each).some((row) => Object.values(row).some(isPadded)));
      if (key === undefined) throw new Error("The subject needs a known key with a text such as '0042' in a row");
      const [answer] = await ask(subject, [key]);
      expectAnswer(subject, answer, subject.expected(key));
    },
  },
  {
    id: 'SRC-06',
    title: 'MUST NOT mix the answers of reads that run at the same time',
    run: async (subject) => {
      const rounds = Array.from({ length: 24 }, (_, index) => ({
        key: subject.known[index % subject.known.length] as Key,
        fields: index % 2 === 0 ? subject.fields : [subject.keyField],
      }));
      const answers = await Promise.all(rounds.map(({ key, fields }) => ask(subject, [key], fields)));
      rounds.forEach(({ key, fields }, index) => {
        expectAnswer(subject, answers[index]?.[0], subject.expected(key), fields);
      });
    },
  },
  {
    id: 'SRC-07',
    title: 'MUST treat a hostile key as data: no rows, no harm to the other keys or to the next read',
    run: async (subject) => {
      for (const text of HOSTILE) {
        const [known, hostile] = await ask(subject, [first(subject), shapedLike(first(subject), text)]);
        if (Array.isArray(hostile)) expect(hostile).toEqual([]);
        else if (hostile !== null) expectShown(subject, hostile, [text]);
        expectAnswer(subject, known, subject.expected(first(subject)));
      }
      expectAnswer(subject, (await ask(subject, [first(subject)]))[0], subject.expected(first(subject)));
    },
  },
  {
    id: 'SRC-08',
    title: 'MUST tell apart keys that differ only in case, marks, width, a leading zero or a trailing space',
    run: async (subject) => {
      const isKnown = new Set(subject.known.map((key) => JSON.stringify(key)));
      for (const near of nearTo(first(subject)).filter((key) => !isKnown.has(JSON.stringify(key)))) {
        const [answer] = await ask(subject, [near]);
        if (Array.isArray(answer)) expect({ near, rows: answer }).toEqual({ near, rows: [] });
        else if (answer !== null) expectShown(subject, answer, []);
      }
      for (const pair of subject.twins ?? []) {
        const answers = await ask(subject, pair);
        pair.forEach((key, index) => {
          expectAnswer(subject, answers[index], subject.expected(key));
        });
      }
    },
  },
  {
    id: 'SRC-09',
    title: 'MUST reject at once, without a call, when the signal is already aborted',
    run: async (subject) => {
      const before = await subject.calls();
      const reading = subject.source.read(requestOf(subject, [first(subject)]), {
        caller,
        signal: AbortSignal.abort(),
      });
      expectAborted(subject, await failureOf(reading));
      expect(await subject.calls()).toBe(before);
    },
  },
  {
    id: 'SRC-10',
    title: 'MUST reject promptly when the signal aborts during the call, and answer again afterwards',
    run: async (subject) => {
      const { hang, repair } = needs(subject, 'hang', 'repair');
      await ask(subject, [first(subject)]);
      await hang();
      try {
        for (let round = 0; round < 3; round += 1) {
          const start = performance.now();
          const signal = AbortSignal.timeout(200);
          const failure = await failureOf(
            subject.source.read(requestOf(subject, [first(subject)]), { caller, signal }),
          );
          expect(performance.now() - start).toBeLessThan(200 + PROMPT_MS);
          expectAborted(subject, failure);
        }
      } finally {
        await repair();
      }
      expectAnswer(subject, await recovered(subject), subject.expected(first(subject)));
    },
  },
  {
    id: 'SRC-11',
    title: 'MUST reject with a SOURCE_* error when the system is gone, and answer again once it is back',
    run: async (subject) => {
      const { break: breakIt, repair } = needs(subject, 'break', 'repair');
      await ask(subject, [first(subject)]);
      await breakIt();
      try {
        const options = { caller, signal: patient() };
        expectSourceError(subject, await failureOf(subject.source.read(requestOf(subject, [first(subject)]), options)));
        expectSourceError(subject, await failureOf(subject.source.check(options)));
      } finally {
        await repair();
      }
      expectAnswer(subject, await recovered(subject), subject.expected(first(subject)));
      await subject.source.check({ caller, signal: patient() });
    },
  },
  {
    id: 'SRC-12',
    title: 'MUST open without connecting: a dead address fails the first read, not the start',
    run: async (subject) => {
      const { dead } = needs(subject, 'dead');
      const source = dead();
      try {
        const reading = source.read(requestOf(subject, [first(subject)]), { caller, signal: patient() });
        expectSourceError(subject, await failureOf(reading));
      } finally {
        await source.close();
      }
    },
  },
  {
    id: 'SRC-13',
    title: 'MUST pass its check while the system answers',
    run: (subject) => subject.source.check({ caller, signal: patient() }),
  },
  {
    id: 'SRC-14',
    title: 'MUST search, where it can, with an honest `more` and never beyond the limit',
    run: async (subject) => {
      if (subject.source.search === undefined) return;
      const { search } = needs(subject, 'search');
      const { entity, fields } = subject;
      const found = async (limit: number) => {
        const request = { entity, criteria: search.criteria, fields, limit };
        return subject.source.search?.(request, { caller, signal: patient() });
      };
      const some = await found(search.matches - 1);
      expect([some?.rows.length, some?.more]).toEqual([search.matches - 1, true]);
      const all = await found(search.matches);
      expect([all?.rows.length, all?.more]).toEqual([search.matches, false]);
      expect(all?.rows.every((row) => fields.every((field) => field in row))).toBe(true);
    },
  },
  {
    id: 'SRC-15',
    title: 'MUST close twice without harm, and refuse to read once closed',
    run: async (subject) => {
      await subject.source.close();
      await subject.source.close();
      const reading = subject.source.read(requestOf(subject, [first(subject)]), { caller, signal: patient() });
      expectSourceError(subject, await failureOf(reading));
    },
  },
];

/**
 * Holds a connector to every clause of the port.
 *
 * @param make called once; what it returns is closed after the last clause
 * @param exceptions clauses that cannot hold for this connector, each with the reason; they are reported, not hidden
 */
export function sourceContract(
  name: string,
  make: () => Promise<Subject>,
  exceptions: Readonly<Partial<Record<ClauseId, string>>> = {},
): void {
  describe(`source contract: ${name}`, () => {
    let subject: Subject | undefined;
    beforeAll(async () => {
      subject = await make();
    });
    afterAll(() => subject?.close());

    it('names only clauses that exist in its exceptions', () => {
      expect(Object.keys(exceptions).filter((id) => !CLAUSES.some((clause) => clause.id === id))).toEqual([]);
    });
    for (const { id, title, run } of CLAUSES) {
      const reason = exceptions[id];
      it.skipIf(reason !== undefined)(
        `${id} ${title}${reason === undefined ? '' : ` (exempt: ${reason})`}`,
        async () => {
          if (subject === undefined) throw new Error('The subject was not made');
          await run(subject);
        },
      );
    }
  });
}
