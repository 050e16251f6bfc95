import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../cluster.ts';
import type { AskedSample, GivenAnswer } from '../invariants-access.ts';
import type { People } from './people.ts';
import { actorOf, operationOf, type Question, sampleOf } from './question.ts';
import { answerIn, type Exchange, send } from './request.ts';
import type { Tokens } from './tokens.ts';

/** Honest people who ask the gateways. Whoever finds nobody listening at one goes to the next; nobody asks twice. */
export interface Asking {
  /** Oldest first. */
  samples(): readonly AskedSample[];
  /** What was answered, and what the access log has to say of it. */
  answers(): readonly GivenAnswer[];
  /** Requests that were sent and whose answer never came whole. */
  unanswered(): number;
  /** Requests that found nobody listening anywhere. */
  nobody(): number;
  /** Requests that found nobody listening at one gateway and went to the next. */
  elsewhere(): number;
  inFlight(): number;
  /** Questions a second from now on. */
  rate(perSecond: number): void;
  /** From now on requests go to one of these alone, whatever comes of it; null: as before. */
  through(ready: (() => readonly string[]) | null): void;
  /** Asks one of the questions now, beside the others. */
  ask(name: string, address?: string): Promise<AskedSample>;
  /** Ends when what is under way has. */
  stop(): Promise<void>;
}

interface AskingOptions {
  readonly cluster: Cluster;
  readonly people: People;
  readonly tokens: Tokens;
  readonly perSecond: number;
  /** Is given every body that came, and who had asked. */
  readonly onBody: (question: Question, text: string) => void;
}

const MOST_IN_FLIGHT = 60;
/** A citizen may ask once a second. */
const CITIZENS = 40;
const TICK_MS = 20;
const MOST_MS = 20_000;
/** Of so many requests, one comes over a connection of its own. */
const FRESH_EVERY = 2;

export function startAsking({ cluster, people, tokens, perSecond, onBody }: AskingOptions): Asking {
  const samples: AskedSample[] = [];
  const answers: GivenAnswer[] = [];
  const waiting = new Set<Promise<unknown>>();
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_IN_FLIGHT });
  let rate = perSecond;
  let ready: (() => readonly string[]) | null = null;
  let unanswered = 0;
  let nobody = 0;
  let elsewhere = 0;
  let sent = 0;
  let isStopping = false;

  async function askOnce(question: Question, only?: string): Promise<AskedSample> {
    const { account, headers, query, variables } = question;
    const turn = sent++;
    const actor = account === 'citizen' ? `${actorOf(question)}.${turn % CITIZENS}` : actorOf(question);
    const authorization = await tokens.bearer(account, { sub: actor });
    const places = placesFor(turn, only);
    let exchange: Exchange | undefined;
    for (let tried = 0; tried < places.length && (exchange === undefined || exchange.ended === 'refused'); tried++) {
      if (tried > 0) elsewhere += 1;
      exchange = await send({
        address: places[tried] ?? '',
        headers: { authorization, ...headers },
        body: { query, variables },
        agent: turn % FRESH_EVERY === 0 ? undefined : agent,
        mostMs: MOST_MS,
      });
    }
    if (exchange === undefined || exchange.ended === 'refused') nobody += 1;
    const sample = sampleOf(question, exchange ?? nowhere(), people.whole);
    samples.push(sample);
    if (exchange !== undefined) note(question, actor, exchange, sample);
    return sample;
  }

  /** Where to ask, one after the other as long as nobody listens. */
  function placesFor(turn: number, only: string | undefined): readonly string[] {
    if (only !== undefined) return [only];
    const all = (ready ?? cluster.gateways)();
    const first = turn % Math.max(1, all.length);
    return ready === null ? [...all.slice(first), ...all.slice(0, first)] : all.slice(first, first + 1);
  }

  function note(question: Question, actor: string, exchange: Exchange, { lacking }: AskedSample): void {
    onBody(question, exchange.text);
    if (exchange.ended === 'broken') unanswered += 1;
    const answer = answerIn(exchange);
    if (answer === null || exchange.requestId === '') return;
    const isWhole = lacking.length === 0;
    answers.push({
      requestId: exchange.requestId,
      actor,
      operation: operationOf(question),
      codes: answer.errors.map(({ extensions }) => extensions?.code ?? 'NONE'),
      personal: question.personal && answer.data !== null,
      subjects: isWhole ? question.subjects : [],
    });
  }

  const asking = (async () => {
    let due = 0;
    let last = performance.now();
    for (let turn = 0; !isStopping; ) {
      const now = performance.now();
      due = Math.min(due + ((now - last) * rate) / 1_000, rate);
      last = now;
      for (; due >= 1 && waiting.size < MOST_IN_FLIGHT; due--, turn++) {
        const one = askOnce(people.questions[turn % people.questions.length] as Question);
        waiting.add(one);
        void one.finally(() => waiting.delete(one));
      }
      await delay(TICK_MS);
    }
  })();

  return {
    samples: () => samples,
    answers: () => answers,
    unanswered: () => unanswered,
    nobody: () => nobody,
    elsewhere: () => elsewhere,
    inFlight: () => waiting.size,
    rate(perSecondNow) {
      rate = perSecondNow;
    },
    through(readyNow) {
      ready = readyNow;
    },
    ask(name, address) {
      const question = people.questions.find((one) => one.name === name);
      if (question === undefined) throw new Error(`Nobody asks ${name}`);
      return askOnce(question, address);
    },
    async stop() {
      isStopping = true;
      await asking;
      await Promise.all(waiting);
      agent.destroy();
    },
  };
}

/** There is no gateway at all at the moment. */
function nowhere(): Exchange {
  const now = Date.now();
  return {
    at: now,
    until: now,
    tookMs: 0,
    ended: 'refused',
    why: 'nobody listens',
    status: 0,
    requestId: '',
    text: '',
  };
}
