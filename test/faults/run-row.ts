import { setTimeout as delay } from 'node:timers/promises';
import { seeded } from '../support/random.ts';
import { learnPeople, type People } from './access/people.ts';
import { createTokens, type Tokens } from './access/tokens.ts';
import { watchAccess } from './access/watch.ts';
import type { Cluster } from './cluster.ts';
import {
  checkAll,
  createVersionWatch,
  type FreshnessSample,
  type Invariant,
  type Outage,
  untold,
  type Violation,
} from './invariants.ts';
import { EVERYTHING } from './invariants-access.ts';
import { startLoad } from './load.ts';
import { observe, readVersions } from './observe.ts';
import type { FaultRow, Stage } from './row.ts';
import { staleAt } from './stale.ts';

export interface RowOptions {
  readonly kills: number;
  readonly changes: number;
  readonly perSecond: number;
  readonly seed: number;
  readonly isLong: boolean;
}

export interface RowResult {
  readonly row: FaultRow;
  /** Kills, freezes and other harm done. */
  readonly kills: number;
  readonly violations: readonly Violation[];
  /** What else the row expects and did not find. */
  readonly failures: readonly string[];
  readonly notes: readonly string[];
  /** Until nothing was missing any more after everything worked again, milliseconds. */
  readonly healedInMs: number;
  readonly line: string;
}

/** What several rows on one cluster hand on, so that what an earlier one broke is not counted again. */
export interface Memory {
  readonly everHeld: Set<string>;
  readonly seen: Set<string>;
  /** Who asks, from the first row on. */
  askers: { readonly people: People; readonly tokens: Tokens } | null;
}

export function createMemory(): Memory {
  return { everHeld: new Set(), seen: new Set(), askers: null };
}

const INVARIANTS: readonly Invariant[] = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I10'];
const SAMPLE_MS = 400;
const TOLD_WITHIN_MS = 6_500;
const OVER_WITHIN_MS = 10_000;
const EVENTUALLY_MS = 20_000;
const HEALED_WITHIN_MS = { short: 60_000, long: 240_000 } as const;
const LOOK_EVERY_MS = 500;

/** Runs one row on a healthy cluster and leaves a healthy one behind. */
export async function runRow(
  cluster: Cluster,
  row: FaultRow,
  { options, memory }: { options: RowOptions; memory: Memory },
): Promise<RowResult> {
  const { seed, isLong } = options;
  const startedAt = performance.now();
  const failures: string[] = [];
  const notes: string[] = [];
  const outages: Outage[] = [];
  const forgiven: ((key: string) => boolean)[] = [];
  let harm = 0;
  await cluster.fleet();
  // Codes that are deleted while the row runs were there before it.
  await observe(cluster, memory.everHeld);
  const { people, tokens } = await askersOf(cluster, memory);
  const access = await watchAccess(cluster, people, tokens);
  const overs = (row.harms ?? []).map((sector) => access.harming(sector));
  const watch = watchAnswers(cluster);
  const random = seeded(seed * 1_000 + row.number);
  const load = await startLoad(cluster, { ...options, random: seeded(seed) });
  const eventually: Stage['eventually'] = async (holds, what, ms = EVENTUALLY_MS) => {
    const end = performance.now() + ms;
    let because = '';
    const told = (error: unknown): false => {
      because = error instanceof Error ? ` (${error.message})` : '';
      return false;
    };
    while (performance.now() < end) {
      if (await Promise.resolve(holds()).catch(told)) return;
      await delay(50);
    }
    failures.push(`never: ${what}${because}`);
  };
  const stage: Stage = {
    ...{ cluster, load, access, random, isLong, kills: options.kills, eventually },
    pauseBetween: (least, most) => delay(least + random() * (most - least)),
    harmed: () => {
      harm += 1;
    },
    expect(holds, what) {
      if (!holds) failures.push(what);
    },
    outage(sector) {
      const from = Date.now();
      const over = access.harming(sector);
      return () => {
        over();
        outages.push({ sector, from, until: Date.now() });
      };
    },
    forgive: (isBeyond) => forgiven.push(isBeyond),
    note: (text) => notes.push(text),
  };
  let made = 0;
  try {
    await row.run(stage);
    await Promise.race([load.enough, delay(20_000 + (options.changes / options.perSecond) * 3_000)]);
  } catch (error) {
    failures.push(`the row broke off: ${error instanceof Error ? error.message : 'unknown'}`);
  } finally {
    // Healing cuts every connection once.
    const healed = access.harming(EVERYTHING);
    await cluster.heal();
    healed();
    for (const over of overs) over();
    await load.stop();
    made = load.made();
  }
  const healedAt = performance.now();
  const isForgiven = (key: string) => forgiven.some((isBeyond) => isBeyond(key));
  const left = await settle(cluster, memory, HEALED_WITHIN_MS[isLong ? 'long' : 'short'], isForgiven);
  const healedInMs = performance.now() - healedAt;
  // The next row knows nothing of a circuit that this one opened.
  await access.untilWhole();
  await access.end();
  // The last word is that of the healing: an answer of the watch may be from a moment before.
  const samples = [...(await watch.stop()), { at: Date.now(), stale: new Set(left.stale) }];
  const watchesOthers = !(row.harms ?? []).includes(EVERYTHING);
  const judged = await access.judge({ watchesOthers });
  const bounds = { toldWithinMs: TOLD_WITHIN_MS, overWithinMs: OVER_WITHIN_MS };
  const all = [...left.violations, ...watch.violations(), ...untold(samples, outages, bounds), ...judged.violations];
  const fresh = all.filter(({ key }) => !memory.seen.has(key));
  for (const { key } of fresh) memory.seen.add(key);
  const violations = fresh.filter(({ key }) => !isForgiven(key));
  if (violations.length < fresh.length) notes.push(`${fresh.length - violations.length} beyond repair`);
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  const counts = INVARIANTS.map((name) =>
    name === 'I6' && !watchesOthers ? 'I6 –' : `${name} ${countOf(violations, name)}`,
  );
  const line = [
    `row ${row.number}`.padEnd(6),
    `kills ${harm}`.padEnd(9),
    ...counts,
    `(seed ${seed}, ${made.toLocaleString('en')} changes, ${judged.asked} asked, ${judged.hostile} hostile, ${seconds} s, healed in ${(healedInMs / 1_000).toFixed(1)} s)`,
    row.title,
    ...notes.map((note) => `· ${note}`),
  ].join('  ');
  return { row, kills: harm, violations, failures, notes, healedInMs, line };
}

/** What is still wrong after everything works again. */
interface Left {
  readonly violations: readonly Violation[];
  /** Sectors that answers still say are behind. */
  readonly stale: readonly string[];
}

/** Waits until nothing is under way and nothing is wrong any more. @returns what still is at the end of the time */
export async function settle(
  cluster: Cluster,
  memory: Memory,
  withinMs: number,
  isForgiven: (key: string) => boolean = () => false,
): Promise<Left> {
  const end = performance.now() + withinMs;
  for (;;) {
    const isLate = performance.now() > end;
    if (isLate || (await isQuiet(cluster).catch(() => false))) {
      const seen = await observe(cluster, memory.everHeld);
      const violations = checkAll(seen).filter(({ key }) => !memory.seen.has(key));
      const stale = await askGateway(cluster).catch(() => ['nobody answers']);
      const isWhole = violations.every(({ key }) => isForgiven(key)) && stale.length === 0;
      if (isLate || isWhole) return { violations, stale };
    }
    await delay(LOOK_EVERY_MS);
  }
}

async function askersOf(cluster: Cluster, memory: Memory): Promise<{ people: People; tokens: Tokens }> {
  if (memory.askers === null) {
    const tokens = createTokens(cluster.directory);
    memory.askers = { tokens, people: await learnPeople(cluster, tokens) };
  }
  return memory.askers;
}

async function isQuiet({ store }: Cluster): Promise<boolean> {
  const [row] = await store.query(
    "select (select count(*) from outbox) + (select count(*) from delivery where state = 'pending') as waiting",
    [],
  );
  return Number(row?.waiting) === 0;
}

/** Asks the gateway again and again how current it is, and the index which versions it shows. */
function watchAnswers(cluster: Cluster) {
  const versions = createVersionWatch();
  const samples: FreshnessSample[] = [];
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const at = Date.now();
      const stale = await askGateway(cluster).catch(() => null);
      if (stale !== null) samples.push({ at, stale: new Set(stale) });
      versions.see(await readVersions(cluster.store).catch(() => []));
      await delay(SAMPLE_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    violations: versions.violations,
    async stop(): Promise<readonly FreshnessSample[]> {
      stopping.abort();
      await watching;
      return samples;
    },
  };
}

async function askGateway(cluster: Cluster): Promise<readonly string[]> {
  return staleAt(cluster, cluster.one('gateway').address);
}

function countOf(violations: readonly Violation[], invariant: Invariant): number {
  return violations.filter((one) => one.invariant === invariant).length;
}
