import { operationHash } from '../../../core/operation-hash.ts';
import type { AccountName } from '../../../stand-ins/issuer/accounts.ts';
import type { AskedSample } from '../invariants-access.ts';
import { type Answer, answerIn, type Exchange } from './request.ts';

/** What somebody asks again and again. */
export interface Question {
  readonly name: string;
  readonly account: AccountName;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Fields of the answer, and the sectors whose systems fill them. */
  readonly parts: Readonly<Record<string, string>>;
  /** Sectors whose systems are asked for it. */
  readonly asks: readonly string[];
  readonly personal: boolean;
  /** Keyed hashes of people whom every whole answer holds. */
  readonly subjects: readonly string[];
  /** Whether no answer is about anybody else. */
  readonly aboutNobodyElse: boolean;
  /** Whether the asker may see those whom nobody else may. */
  readonly maySeeAll: boolean;
}

/** The account by which it is asked: nobody else's, so that its entries in the log can be counted. */
export function actorOf({ name }: Pick<Question, 'name'>): string {
  return `asker.${name}`;
}

/** As the access log has it. */
export function operationOf({ query }: Pick<Question, 'query'>): string {
  return operationHash(query);
}

/** A part of an answer as a text, to be compared with what it is when all is well. */
export function partOf(answer: Answer, part: string): string {
  const { data } = answer;
  const within = Object.values(data ?? {}).find((one) => typeof one === 'object' && one !== null && part in one);
  return JSON.stringify(
    (data !== null && part in data ? data[part] : (within as Record<string, unknown>)?.[part]) ?? null,
  );
}

/** @param whole part → what it is when all is well; parts that are not named there change by themselves */
export function sampleOf(question: Question, exchange: Exchange, whole: ReadonlyMap<string, string>): AskedSample {
  const { at, until, tookMs, ended, why } = exchange;
  const sample = { at, until, tookMs, ended, why, question: question.name, asks: question.asks };
  if (ended !== 'answered') return { ...sample, lacking: [] };
  const answer = answerIn(exchange);
  if (answer === null) return { ...sample, lacking: [{ sector: 'hub', code: 'HALF' }] };
  const lacking = answer.errors.map(({ path = [], extensions }) => {
    const part = path.find((step) => typeof step === 'string' && Object.hasOwn(question.parts, step));
    return { sector: question.parts[String(part)] ?? 'hub', code: extensions?.code ?? 'NONE' };
  });
  if (answer.data === null)
    return { ...sample, lacking: lacking.length > 0 ? lacking : [{ sector: 'hub', code: 'NULL' }] };
  const told = new Set(lacking.map(({ sector }) => sector));
  for (const [part, sector] of Object.entries(question.parts)) {
    const expected = whole.get(`${question.name} ${part}`);
    const isAsItWas = expected === undefined || partOf(answer, part) === expected;
    if (!isAsItWas && !told.has(sector) && !told.has('hub')) lacking.push({ sector, code: 'OTHER_THAN_BEFORE' });
  }
  return { ...sample, lacking };
}
