import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../core/caller.ts';
import { HubError } from '../../core/errors.ts';
import type { Answer, Key, Row, Source } from '../../core/source.ts';

/** What a connector brings to be judged: an open source, the carrier behind it, and what that carrier really holds. */
export interface Subject {
  readonly source: Source;
  readonly entity: string;
  readonly lookup: string;
  /** As the lookup declares it. */
  readonly batchSize: number;
  /** Two or more of the source's own field names; `expected` gives a value for each. */
  readonly fields: readonly string[];
  /** The field by which a row is recognised as the key's. */
  readonly keyField: string;
  /** Three or more keys that have rows; at least one row holds a text such as '0042'. */
  readonly known: readonly Key[];
  readonly unknownKey: Key;
  readonly expected: (key: Key) => readonly Row[];
  /** Pairs of different keys, both with rows, that a lax comparison takes for one: 'aB1' and 'AB1', 'ma' and 'mã'. */
  readonly twins?: readonly (readonly [Key, Key])[];
  /** Hosts, ports, paths, table names, user names that no message may show. */
  readonly secrets?: readonly string[];
  /** The carrier takes the question and says nothing. */
  readonly hang?: () => void | Promise<void>;
  /** The carrier goes away: refused, removed, stopped. */
  readonly break?: () => void | Promise<void>;
  /** Undoes `hang` and `break`. */
  readonly repair?: () => void | Promise<void>;
  /** Calls that reached the carrier so far, as the carrier counts them; a sign-in is not one. */
  readonly calls: () => number | Promise<number>;
  /** A source of the same kind that points at an address where nothing is. Opening it must not throw. */
  readonly dead?: () => Source;
  /** A search with at least two matches; demanded where the source can search. */
  readonly search?: { readonly criteria: Readonly<Record<string, string>>; readonly matches: number };
  /** Closes the source and the carrier. */
  readonly close: () => Promise<void>;
}

export type ClauseId = `SRC-${string}`;

interface Clause {
  readonly id: ClauseId;
  readonly title: string;
  readonly run: (subject: Subject) => Promise<void>;
}

export const caller: Caller = { actor: 'contract', purpose: 'contract suite', requestId: 'contract' };

/** Longest wait for anything that has to be prompt, in milliseconds. */
const PROMPT_MS = 1_500;
/** Longest wait for a source to find its carrier again, in milliseconds. */
const RECOVERY_MS = 10_000;

const patient = (): AbortSignal => AbortSignal.timeout(8_000);

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

const HOSTILE: readonly string[] = [
  "' or 1=1 --",
  '" or ""="',
  "'; drop table parcel; --",
  "\\' or 1=1 -- ",
  '%',
  '_',
  '../../etc/passwd',
  '?a=b&c=d#e',
  '<a>&amp;</a>]]>',
  '{"$ne":null}',
  '__proto__',
  'constructor',
  'a\u0000b',
  'line\r\nX-Injected: 1',
  '\ud800',
  'x'.repeat(20_000),
];

/** Keys next to a known one that are not it. */
function nearTo(key: Key): readonly Key[] {
  const text = typeof key === 'string' ? key : (key[0] ?? '');
  const near = [
    `${text} `,
    ` ${text}`,
    `${text}\u0301`,
    `0${text}`,
    text.replace(/^0+/, ''),
    text.toLowerCase(),
    text.toUpperCase(),
    text.replace(/\d/, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)),
  ];
  return [...new Set(near)].filter((each) => each !== text && each !== '').map((each) => shapedLike(key, each));
}

function shapedLike(key: Key, text: string): Key {
  return typeof key === 'string' ? text : [text, ...key.slice(1)];
}

function first(subject: Subject): Key {
  const [key] = subject.known;
  if (key === undefined || subject.known.length < 3) throw new Error('The subject needs three known keys or more');
  return key;
}

function needs<const K extends keyof Subject>(subject: Subject, ...names: K[]): { [N in K]: NonNullable<Subject[N]> } {
  const missing = names.filter((name) => subject[name] === undefined);
  if (missing.length > 0) throw new Error(`Give the subject ${missing.join(', ')}, or exempt the clause with a reason`);
  return subject as { [N in K]: NonNullable<Subject[N]> };
}

function requestOf(subject: Subject, keys: readonly Key[], fields: readonly string[] = subject.fields) {
  return { entity: subject.entity, lookup: subject.lookup, keys, fields };
}

/** Asks in calls of at most the batch size. A call with one key that is rejected is that key's error. */
async function ask(subject: Subject, keys: readonly Key[], fields?: readonly string[]): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let start = 0; start < keys.length; start += subject.batchSize) {
    const request = requestOf(subject, keys.slice(start, start + subject.batchSize), fields);
    const reading = subject.source.read(request, { caller, signal: patient() });
    if (request.keys.length > 1) {
      const part = await reading;
      expect(part).toHaveLength(request.keys.length);
      answers.push(...part);
    } else answers.push(...(await reading.catch((error: Error) => [error])));
  }
  return answers;
}

async function recovered(subject: Subject): Promise<Answer | undefined> {
  const until = performance.now() + RECOVERY_MS;
  for (;;) {
    const [answer] = await ask(subject, [first(subject)]);
    if (!(answer instanceof Error) || performance.now() > until) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('the call had to be rejected'),
    (error: unknown) => error,
  );
}

function expectAnswer(
  subject: Subject,
  answer: Answer | undefined,
  rows: readonly Row[],
  fields: readonly string[] = subject.fields,
): void {
  if (rows.length === 0 && answer === null) return;
  if (!Array.isArray(answer)) throw new Error('Rows were expected', { cause: answer });
  const pick = (row: Row): Row => Object.fromEntries(fields.map((field) => [field, row[field] ?? null]));
  const ordered = (list: readonly Row[]) =>
    list.map(pick).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  expect(ordered(answer)).toEqual(ordered(rows));
}

function expectSourceError(subject: Subject, error: unknown): void {
  expectShown(subject, error, []);
  expect((error as HubError).code).toMatch(/^SOURCE_/);
}

/** An abort may surface as the signal's own reason, which the guard above knows, or as a SOURCE_* error. */
function expectAborted(subject: Subject, error: unknown): void {
  if (error instanceof DOMException && ['AbortError', 'TimeoutError'].includes(error.name)) return;
  expectSourceError(subject, error);
}

/** A message may be shown to anyone, so it must be ours and hold nothing of the carrier or of the question. */
function expectShown(subject: Subject, error: unknown, questions: readonly string[]): void {
  if (!(error instanceof HubError)) throw new Error('A HubError was expected', { cause: error });
  const keys = [...subject.known, subject.unknownKey].flat().filter((text) => text.length > 3);
  const told = questions.filter((text) => text.length > 3);
  const forbidden = ['127.0.0.1', 'localhost', '::1', 'select ', ...keys, ...told, ...(subject.secrets ?? [])];
  const message = error.message.toLowerCase();
  expect(forbidden.filter((text) => message.includes(text.toLowerCase()))).toEqual([]);
}

function isPadded(value: unknown): boolean {
  return typeof value === 'string' && /^0\d/.test(value);
}
