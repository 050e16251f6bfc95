import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../cluster.ts';
import type { HostileSample } from '../invariants-access.ts';
import type { People } from './people.ts';
import { actorOf } from './question.ts';
import { answerIn, type Sending, send, servedIn } from './request.ts';
import type { Tokens } from './tokens.ts';

/** Those who ask and may not: with tokens that are none, and with good ones for what is not theirs. */
export interface Strangers {
  samples(): readonly HostileSample[];
  rate(perSecond: number): void;
  stop(): Promise<void>;
}

/** A request that may not be served. */
export interface HostileRequest extends Omit<Sending, 'address'> {
  readonly name: string;
  /** Fields of the root that may be answered beside those that are refused. */
  readonly mayServe?: number | undefined;
  /** Nothing may be served, nor need that be told. */
  readonly mayBeSilent?: boolean;
}

const MOST_IN_FLIGHT = 60;
const TICK_MS = 20;

export async function sendHostile(
  address: string,
  { name, mayServe = 0, mayBeSilent = false, ...sending }: HostileRequest,
): Promise<{ readonly sample: HostileSample; readonly text: string }> {
  const exchange = await send({ address, ...sending });
  const answer = answerIn(exchange);
  const { at, ended, status, text } = exchange;
  const told = (answer?.errors ?? []).map(({ extensions }) => extensions?.code ?? 'NONE');
  const fields = Math.max(0, servedIn(answer?.data) - mayServe);
  const codes = told.length === 0 && mayBeSilent ? ['SILENT'] : told;
  return { sample: { name, at, ended, status, served: fields, codes }, text };
}

export function startStrangers(options: {
  readonly cluster: Cluster;
  /** One after the other, again and again; may be made anew each time. */
  readonly requests: (turn: number) => Promise<HostileRequest>;
  readonly perSecond: number;
  readonly onBody: (name: string, text: string) => void;
}): Strangers {
  const { cluster, requests, perSecond, onBody } = options;
  const samples: HostileSample[] = [];
  const waiting = new Set<Promise<unknown>>();
  let rate = perSecond;
  let isStopping = false;

  async function sendOne(turn: number): Promise<void> {
    const places = cluster.gateways();
    const address = places[turn % Math.max(1, places.length)];
    if (address === undefined) return;
    const { sample, text } = await sendHostile(address, await requests(turn));
    samples.push(sample);
    onBody(sample.name, text);
  }

  const sending = (async () => {
    let due = 0;
    let last = performance.now();
    for (let turn = 0; !isStopping; ) {
      const now = performance.now();
      due = Math.min(due + ((now - last) * rate) / 1_000, Math.max(1, rate));
      last = now;
      for (; due >= 1 && waiting.size < MOST_IN_FLIGHT; due--, turn++) {
        const one = sendOne(turn);
        waiting.add(one);
        void one.finally(() => waiting.delete(one));
      }
      await delay(TICK_MS);
    }
  })();

  return {
    samples: () => samples,
    rate(perSecondNow) {
      rate = perSecondNow;
    },
    async stop() {
      isStopping = true;
      await sending;
      await Promise.all(waiting);
    },
  };
}

/** Of those who are known: what is not theirs to see. */
export function curiousRequests({ curious }: People, tokens: Tokens): readonly (() => Promise<HostileRequest>)[] {
  return curious.map(({ name, account, headers, query, variables }) => async () => ({
    name,
    headers: { authorization: await tokens.bearer(account, { sub: actorOf({ name: 'curious' }) }), ...headers },
    body: { query, variables },
  }));
}
