import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../cluster.ts';
import type { Violation } from '../invariants.ts';
import {
  createLeakWatch,
  type Harm,
  type Slowness,
  served,
  slowed,
  slownessOf,
  spread,
  unlogged,
} from '../invariants-access.ts';
import { type Asking, startAsking } from './asking.ts';
import { hostileTokens } from './hostile-tokens.ts';
import { readAccessLog } from './log-seen.ts';
import type { People } from './people.ts';
import { send } from './request.ts';
import { secretsOf } from './secrets.ts';
import { curiousRequests, type Strangers, startStrangers } from './strangers.ts';
import type { Tokens } from './tokens.ts';
import { grownSince, useOf } from './use.ts';

/** Whoever asks the gateways while a row does its harm, honest or not, and I6 to I10 of it. */
export interface AccessWatch {
  readonly asking: Asking;
  readonly strangers: Strangers;
  readonly people: People;
  readonly tokens: Tokens;
  /** Looks through a text that somebody got who may not see the canaries. */
  saw(where: string, text: string): void;
  /** From now until the answer is called, this sector's part may be missing; `*`: everything may. */
  harming(sector: string): () => void;
  /** Resolves when every gateway gives whole answers again, or what a harm may leave behind has had its time. */
  untilWhole(): Promise<void>;
  /** A gateway is killed: how many answers it had missed to log is lost with it. */
  losesCount(): void;
  /** Ends those who ask; the invariants are then looked at in a province that is well again. */
  end(): Promise<void>;
  judge(options: { readonly watchesOthers: boolean }): Promise<AccessJudgement>;
}

export interface AccessJudgement {
  readonly violations: readonly Violation[];
  readonly slowness: Slowness;
  /** How many questions were answered, hostile requests sent, and texts looked through. */
  readonly asked: number;
  readonly hostile: number;
  readonly texts: number;
}

const ASKED_PER_SECOND = 6;
const HOSTILE_PER_SECOND = 3;
const READY_EVERY_MS = 1_000;
/** A circuit that opened is tried again after half a minute at the latest. */
const GRACE_MS = 35_000;
const SLOWED = { times: 1.5, floorMs: 5_000 } as const;

export async function watchAccess(cluster: Cluster, people: People, tokens: Tokens): Promise<AccessWatch> {
  const from = Date.now();
  const before = await useOf(cluster);
  const leaks = createLeakWatch();
  const secrets = secretsOf(cluster, people.canaries);
  const harms: Harm[] = [];
  const saw = (where: string, text: string) => leaks.see(where, text, secrets.answers);
  const endHearing = cluster.hear((role, line) => leaks.see(`the log of ${role}`, line, secrets.logs));
  const asking = startAsking({
    ...{ cluster, people, tokens, perSecond: ASKED_PER_SECOND },
    onBody: ({ name, maySeeAll }, text) =>
      leaks.see(`an answer to ${name}`, text, maySeeAll ? secrets.inside : secrets.answers),
  });
  const forged = [...(await hostileTokens(cluster.directory))];
  const curious = curiousRequests(people, tokens);
  const strangers = startStrangers({
    ...{ cluster, perSecond: HOSTILE_PER_SECOND },
    requests: async (turn) => {
      const known = curious[Math.floor(turn / 3) % curious.length];
      if (turn % 3 === 2 && known !== undefined) return known();
      const [name, authorization] = forged[turn % forged.length] as [string, string];
      return { name, headers: { authorization }, body: { query: '{ agencies { code } }' } };
    },
    onBody: (name, text) => saw(`an answer to ${name}`, text),
  });
  const health = watchHealth(cluster, saw);
  let isCountLost = false;

  return {
    ...{ asking, strangers, people, tokens, saw },
    harming(sector) {
      const harm = { sector, from: Date.now(), until: Number.POSITIVE_INFINITY };
      const place = harms.push(harm) - 1;
      return () => {
        harms[place] = { ...harm, until: Date.now() };
      };
    },
    async untilWhole() {
      const end = performance.now() + GRACE_MS;
      for (const address of cluster.gateways()) {
        for (;;) {
          const { ended, lacking } = await asking.ask('whole', address);
          if ((ended === 'answered' && lacking.length === 0) || performance.now() > end) break;
          await delay(READY_EVERY_MS);
        }
      }
    },
    losesCount() {
      isCountLost = true;
    },
    async end() {
      await Promise.all([asking.stop(), strangers.stop(), health.stop()]);
    },
    async judge({ watchesOthers }) {
      endHearing();
      const samples = asking.samples();
      const log = await readAccessLog(cluster, from);
      for (const [where, text] of await keptForPeople(cluster)) leaks.see(where, text, secrets.logs);
      leaks.see('the access log', log.text, secrets.logs);
      const slowness = slownessOf(samples, harms);
      const others = watchesOthers ? [...spread(samples, harms, GRACE_MS), ...slowed(slowness, SLOWED)] : [];
      return {
        violations: [
          ...halfAnswers(samples),
          ...others,
          ...leaks.violations(),
          ...unlogged(asking.answers(), asking.unanswered(), { ...log, missed: isCountLost ? null : log.missed }),
          ...(await grownSince(cluster, before)),
          ...served(strangers.samples()),
        ],
        ...{ slowness, asked: asking.answers().length, hostile: strangers.samples().length, texts: leaks.seen() },
      };
    },
  };
}

/** I2 for whoever asks: an answer that came to its end is whole. */
function halfAnswers(samples: ReturnType<Asking['samples']>): readonly Violation[] {
  return samples
    .filter(({ lacking }) => lacking.some(({ code }) => code === 'HALF'))
    .map(({ question, at }) => ({
      ...{ invariant: 'I2', key: `half ${question} ${at}` },
      what: `${question}: half an answer was given as a whole one`,
    }));
}

function watchHealth(cluster: Cluster, saw: (where: string, text: string) => void) {
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      for (const hub of cluster.hubs) {
        const { text } = await send({ address: hub.address, path: '/readyz', method: 'GET', mostMs: 3_000 });
        saw('/readyz', text);
      }
      await delay(READY_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

/** What the hub writes down for those who run it, and of which it says that nobody’s data stands there. */
async function keptForPeople({ store }: Cluster): Promise<readonly (readonly [string, string])[]> {
  const [quarantined, deliveries, calls] = await Promise.all([
    store.query('select place, code, reason from quarantine', []),
    store.query('select reason_code, reason from delivery where reason is not null', []),
    store.query('select receipt, reason from portal_call where reason is not null', []),
  ]);
  return [
    ...quarantined.map((row) => ['the quarantine', Object.values(row).join(' ')] as const),
    ...deliveries.map((row) => ['the state of a delivery', Object.values(row).join(' ')] as const),
    ...calls.map((row) => ['the record of a call to the portal', Object.values(row).join(' ')] as const),
  ];
}
