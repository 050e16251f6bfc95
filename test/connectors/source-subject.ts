import { expect } from 'vitest';
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

export const caller: Caller = { actor: 'contract', purpose: 'contract suite', requestId: 'contract' };

/** Longest wait for anything that has to be prompt, in milliseconds. */
export const PROMPT_MS = 1_500;
/** Longest wait for a source to find its carrier again, in milliseconds. */
export const RECOVERY_MS = 10_000;

export const patient = (): AbortSignal => AbortSignal.timeout(8_000);

export const HOSTILE: readonly string[] = [
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
export function nearTo(key: Key): readonly Key[] {
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

export function shapedLike(key: Key, text: string): Key {
  return typeof key === 'string' ? text : [text, ...key.slice(1)];
}

export function first(subject: Subject): Key {
  const [key] = subject.known;
  if (key === undefined || subject.known.length < 3) throw new Error('The subject needs three known keys or more');
  return key;
}

export function needs<const K extends keyof Subject>(
  subject: Subject,
  ...names: K[]
): { [N in K]: NonNullable<Subject[N]> } {
  const missing = names.filter((name) => subject[name] === undefined);
  if (missing.length > 0) throw new Error(`Give the subject ${missing.join(', ')}, or exempt the clause with a reason`);
  return subject as { [N in K]: NonNullable<Subject[N]> };
}

export function requestOf(subject: Subject, keys: readonly Key[], fields: readonly string[] = subject.fields) {
  return { entity: subject.entity, lookup: subject.lookup, keys, fields };
}

/** Asks in calls of at most the batch size. A call with one key that is rejected is that key's error. */
export async function ask(
  subject: Subject,
  keys: readonly Key[],
  fields?: readonly string[],
): Promise<readonly Answer[]> {
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

export async function recovered(subject: Subject): Promise<Answer | undefined> {
  const until = performance.now() + RECOVERY_MS;
  for (;;) {
    const [answer] = await ask(subject, [first(subject)]);
    if (!(answer instanceof Error) || performance.now() > until) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('the call had to be rejected'),
    (error: unknown) => error,
  );
}

export function expectAnswer(
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

export function expectSourceError(subject: Subject, error: unknown): void {
  expectShown(subject, error, []);
  expect((error as HubError).code).toMatch(/^SOURCE_/);
}

/** An abort may surface as the signal's own reason, which the guard above knows, or as a SOURCE_* error. */
export function expectAborted(subject: Subject, error: unknown): void {
  if (error instanceof DOMException && ['AbortError', 'TimeoutError'].includes(error.name)) return;
  expectSourceError(subject, error);
}

/** A message may be shown to anyone, so it must be ours and hold nothing of the carrier or of the question. */
export function expectShown(subject: Subject, error: unknown, questions: readonly string[]): void {
  if (!(error instanceof HubError)) throw new Error('A HubError was expected', { cause: error });
  const keys = [...subject.known, subject.unknownKey].flat().filter((text) => text.length > 3);
  const told = questions.filter((text) => text.length > 3);
  const forbidden = ['127.0.0.1', 'localhost', '::1', 'select ', ...keys, ...told, ...(subject.secrets ?? [])];
  const message = error.message.toLowerCase();
  expect(forbidden.filter((text) => message.includes(text.toLowerCase()))).toEqual([]);
}

export function isPadded(value: unknown): boolean {
  return typeof value === 'string' && /^0\d/.test(value);
}
