/** What must hold for whoever asks, whatever fails: I6 to I10 of the fault matrix, as functions of what was observed. They fetch nothing. */

import type { Violation } from './invariants.ts';

/** One question of somebody honest, and how it was answered. */
export interface AskedSample {
  /** Sent and ended, UTC milliseconds. */
  readonly at: number;
  readonly until: number;
  readonly tookMs: number;
  readonly question: string;
  /** Sectors whose systems are asked for it; none where the hub answers by itself. */
  readonly asks: readonly string[];
  /** As it came: whole or in part, not at all, or broken off before its end. */
  readonly ended: 'answered' | 'refused' | 'broken';
  /** Of one that was not answered: what happened. */
  readonly why: string;
  /** Parts that are not as they are when all is well, and why. `hub`: the answer as a whole. */
  readonly lacking: readonly { readonly sector: string; readonly code: string }[];
}

/** A time during which a sector's part of an answer may be missing, UTC milliseconds. `*`: everything may. */
export interface Harm {
  readonly sector: string;
  readonly from: number;
  readonly until: number;
}

export const EVERYTHING = '*';

/**
 * I6: whoever does not ask the system that fails is answered, and whoever does gets all other parts whole.
 *
 * @param graceMs so long after a system works again its part may still be missing
 */
export function spread(samples: readonly AskedSample[], harms: readonly Harm[], graceMs: number): readonly Violation[] {
  const found: Violation[] = [];
  for (const { at, until, question, ended, why, lacking } of samples) {
    const harmed = harmedThen({ at, until }, harms, graceMs);
    if (harmed.has(EVERYTHING)) continue;
    const broken = (what: string) =>
      found.push({ invariant: 'I6', key: `${question} ${at} ${what}`, what: `${question}: ${what}` });
    if (ended !== 'answered') broken(`the request was ${ended}: ${why}, after ${until - at} ms`);
    for (const { sector, code } of lacking) {
      if (!harmed.has(sector)) broken(`the part of ${sector} came with ${code} while ${named(harmed)} failed`);
    }
  }
  return found;
}

function harmedThen(
  { at, until }: { at: number; until: number },
  harms: readonly Harm[],
  graceMs: number,
): Set<string> {
  const over = ({ sector, until: ended }: Harm) => (sector === EVERYTHING ? ended : ended + graceMs);
  return new Set(harms.filter((one) => one.from <= until && over(one) >= at).map(({ sector }) => sector));
}

function named(harmed: ReadonlySet<string>): string {
  return harmed.size === 0 ? 'nothing' : [...harmed].sort().join(' and ');
}

/** How slow the slowest hundredth of answers was, milliseconds. */
export interface Slowness {
  /** While nothing failed, and while something did; null where nobody asked. */
  readonly calm: number | null;
  readonly harmed: number | null;
  readonly ratio: number | null;
}

/** Of questions that ask no system that fails: what the failing one costs them. */
export function slownessOf(samples: readonly AskedSample[], harms: readonly Harm[]): Slowness {
  const calm: number[] = [];
  const harmed: number[] = [];
  for (const { at, until, asks, tookMs, ended } of samples) {
    if (ended !== 'answered') continue;
    const then = harmedThen({ at, until }, harms, 0);
    if (then.size === 0) calm.push(tookMs);
    else if (!then.has(EVERYTHING) && !asks.some((sector) => then.has(sector))) harmed.push(tookMs);
  }
  const [before, during] = [percentile(calm, 0.99), percentile(harmed, 0.99)];
  return { calm: before, harmed: during, ratio: before === null || during === null ? null : during / before };
}

/** I6: the others are not slowed down. Below the floor nobody waits, and the machine's other work decides. */
export function slowed(
  { calm, harmed, ratio }: Slowness,
  bounds: { times: number; floorMs: number },
): readonly Violation[] {
  if (ratio === null || harmed === null || ratio <= bounds.times || harmed <= bounds.floorMs) return [];
  const what = `the slowest hundredth took ${Math.round(harmed)} ms while another system failed, ${Math.round(calm ?? 0)} ms before`;
  return [{ invariant: 'I6', key: `slowness ${what}`, what }];
}

export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}

/** Something that may not be read where it was found. */
export interface Secret {
  /** As it may be told. */
  readonly name: string;
  /** A text, or what such texts look like. */
  readonly is: string | RegExp;
}

/** I7: nothing that a reader may not see stands in what was said or written. Remembers what it found, not what it saw. */
export function createLeakWatch(): {
  see(where: string, text: string, secrets: readonly Secret[]): void;
  /** How many texts were looked through. */
  seen(): number;
  violations(): readonly Violation[];
} {
  const found = new Map<string, Violation>();
  let texts = 0;
  return {
    see(where, text, secrets) {
      texts += 1;
      for (const { name, is } of secrets) {
        if (typeof is === 'string' ? !text.includes(is) : !is.test(text)) continue;
        const key = `${name} in ${where}`;
        found.set(key, { invariant: 'I7', key, what: key });
      }
    },
    seen: () => texts,
    violations: () => [...found.values()],
  };
}

/** An answer that somebody got, and what the access log has to say of it. */
export interface GivenAnswer {
  readonly requestId: string;
  readonly actor: string;
  /** Digest of the document, as entries have it. */
  readonly operation: string;
  /** Codes of its errors: whoever was not recognised is not logged. */
  readonly codes: readonly string[];
  /** Whether it held something of a person. */
  readonly personal: boolean;
  /** Keyed hashes of people who were in it. */
  readonly subjects: readonly string[];
}

/** Whoever was not recognised is not logged, and what could not be logged was refused for that. */
const NOT_LOGGED: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'KEYS_UNAVAILABLE', 'AUDIT_UNAVAILABLE']);

/** What stands in the access log of that time. */
export interface AccessLogSeen {
  readonly operations: readonly {
    readonly request: string;
    readonly actor: string;
    readonly operation: string;
    readonly subjects: readonly string[];
  }[];
  /** Operations without personal data of which the log says that it missed them; null: whoever counted was killed. */
  readonly missed: number | null;
  /** What verifying the whole log has found. */
  readonly broken: readonly string[];
}

/**
 * I8: one entry for each answer, with everybody who was in it; none without a request; and the chain is whole.
 *
 * @param unanswered requests whose answer never came: they may have entries, or none
 */
export function unlogged(
  answers: readonly GivenAnswer[],
  unanswered: number,
  { operations, missed, broken }: AccessLogSeen,
): readonly Violation[] {
  const found: Violation[] = [];
  const wrong = (key: string, what: string) => found.push({ invariant: 'I8', key, what });
  const entries = Map.groupBy(operations, ({ request }) => request);
  const unnoted: string[] = [];
  for (const { requestId, actor, operation, codes, personal, subjects } of answers) {
    const [entry, another] = entries.get(requestId) ?? [];
    if (entry === undefined) {
      if (codes.some((code) => NOT_LOGGED.has(code))) continue;
      if (personal) wrong(requestId, `request ${requestId} was answered and is not in the access log`);
      else unnoted.push(codes.join(' '));
      continue;
    }
    if (another !== undefined) wrong(`${requestId} twice`, `request ${requestId} is in the access log twice`);
    if (entry.actor !== actor || entry.operation !== operation) {
      wrong(
        `${requestId} other`,
        `request ${requestId} is logged as ${entry.actor}’s ${entry.operation}, and was ${actor}’s ${operation}`,
      );
    }
    const lacking = subjects.filter((subject) => !entry.subjects.includes(subject));
    if (lacking.length > 0)
      wrong(`${requestId} subjects`, `request ${requestId}: ${lacking.length} people are not logged`);
  }
  if (missed !== null && unnoted.length > missed)
    wrong(
      `unnoted ${unnoted.length}`,
      `${unnoted.length} answers without personal data are not logged, ${missed} were said to be missed (${[...new Set(unnoted)]})`,
    );
  const known = new Set(answers.map(({ requestId }) => requestId));
  const actors = new Set(answers.map(({ actor }) => actor));
  const others = operations.filter(({ request, actor }) => actors.has(actor) && !known.has(request)).length;
  if (others > unanswered)
    wrong(
      `others ${others}`,
      `${others} operations are logged that nobody got an answer to, and ${unanswered} had none`,
    );
  for (const what of broken) wrong(`chain ${what}`, what);
  return found;
}

/** What a process holds. */
export interface Use {
  /** Resident, bytes. */
  readonly memory: number;
  readonly descriptors: number;
  readonly sockets: number;
}

/** What a process may hold more than before: a share, and what comes and goes with pools and with a heap that was young. */
export const ROOM = { share: 1.2, memory: 192 * 1024 * 1024, descriptors: 24, sockets: 24 } as const;

/** I9: when all is well again, no process holds more than before, and nothing runs that nobody waits for. */
export function grown(
  before: ReadonlyMap<string, Use>,
  after: ReadonlyMap<string, Use>,
  abandoned: number,
): readonly Violation[] {
  const found: Violation[] = [];
  for (const [role, now] of after) {
    const then = before.get(role);
    if (then === undefined) continue;
    for (const what of ['memory', 'descriptors', 'sockets'] as const) {
      if (now[what] <= then[what] * ROOM.share + ROOM[what]) continue;
      found.push({
        invariant: 'I9',
        key: `${role} ${what} ${now[what]}`,
        what: `${role}: ${what} ${then[what]} → ${now[what]}`,
      });
    }
  }
  if (abandoned > 0) {
    found.push({
      invariant: 'I9',
      key: `statements ${abandoned}`,
      what: `${abandoned} statements run that nobody waits for`,
    });
  }
  return found;
}

/** A request that may not be served, and what came of it. */
export interface HostileSample {
  readonly name: string;
  readonly at: number;
  readonly ended: 'answered' | 'refused' | 'broken';
  readonly status: number;
  /** Fields of the root that held anything. */
  readonly served: number;
  /** Codes of the errors that came. */
  readonly codes: readonly string[];
}

/** I10: what cannot be checked is refused: nothing of an answer, and a word that says so. */
export function served(samples: readonly HostileSample[]): readonly Violation[] {
  return samples.flatMap(({ name, at, ended, status, served: fields, codes }): Violation[] => {
    if (ended !== 'answered') return [];
    const key = `${name} ${at}`;
    if (fields > 0) return [{ invariant: 'I10', key, what: `${name} was served` }];
    if (codes.length === 0 && status < 400)
      return [{ invariant: 'I10', key, what: `${name} was not refused (${status})` }];
    return [];
  });
}
