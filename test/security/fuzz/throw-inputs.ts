import fc from 'fast-check';
import { ERRORS } from '../../../core/errors.ts';
import { openDatabase } from '../../../drivers/database.ts';
import { findSectors, sdlOf } from '../../../hub/sectors.ts';
import { storeUrl } from '../../../hub/store-url.ts';
import { buildSchema } from '../../../resolvers/schema.ts';
import { openEmbeddedLog } from '../../../streams/logs/embedded.ts';
import { askHub } from '../../support/province.ts';
import type { Fortress } from '../stage.ts';
import { askersOf } from './askers.ts';
import { anyInput, type Input } from './inputs.ts';
import { finderOf, identitiesOf, membersOf, partFamilies } from './people.ts';
import { type Outcome, send, type Target } from './send.ts';
import { everythingRead } from './settled.ts';
import { HONEST_TITLE, shownOfTold } from './titles.ts';
import { type Trace, tracesIn, tracesOf } from './traces.ts';
import { wordsOf } from './words.ts';

/** What an input showed that must never be seen. */
export interface Finding {
  readonly fault: string;
  readonly input: unknown;
  readonly answer: string;
}

export interface Thrown {
  readonly findings: readonly Finding[];
  /** Names and numbers of people where nobody's belong, after all of it. */
  readonly traces: readonly Trace[];
  /** Inputs of each kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** How often an honest title was shown, after all of it: where none is, none was looked at. */
  readonly titles: number;
  /** Of the documents: how many were answered with data, with a refusal at a field, with a refusal of the whole. */
  readonly documents: { readonly data: number; readonly atFields: number; readonly whole: number };
}

export interface ThrowOptions {
  readonly inputs: number;
  readonly seed: number;
  /** Most milliseconds until an answer. */
  readonly mostMs: number;
  readonly onBatch?: (done: number, findings: readonly Finding[]) => void;
}

const AT_ONCE = 4;
const BATCH = 200;
const MOST_FINDINGS = 20;
/** A visit holds for half an hour. */
const ASKERS_HOLD_MS = 600_000;
/** A token is signed anew after. */
const TOKEN_HOLDS_MS = 60_000;

const INSIDE =
  /127\.0\.0\.1|localhost|\/tmp\b|\/work\b|\/home\b|node_modules|\bat \w+.*\(\S+:\d+:\d+\)|SQLITE|ECONN|ENOENT|EPIPE|\b(?:select|SELECT) .{1,80} (?:from|FROM) |"stack"|"cause"/;
/** With which graphql-js begins to name what the schema has instead. */
const SUGGESTION = /Did you mean/;

/** Throws inputs at a hub, some at once, until enough of them showed what must never be seen; then looks what they left. */
export async function throwInputs(fortress: Fortress, options: ThrowOptions): Promise<Thrown> {
  const { inputs, seed, mostMs, onBatch } = options;
  const { world } = fortress.province;
  const parting = partFamilies(world);
  const sectors = await findSectors([`${import.meta.dirname}/../../../sectors`], []);
  const schema = buildSchema(fortress.hub.registry, sdlOf(sectors));
  const database = openDatabase(storeUrl({ DATABASE_URL: '', DATA_DIR: fortress.directory }));
  const log = openEmbeddedLog({ database, partitions: 6, leaseMs: 30_000, now: Date.now });
  const target: Target = { fortress: withKeptTokens(fortress), log, mostMs };
  const foreign = wordsOf(world, { families: parting.hidden, dossiers: parting.hiddenDossiers });
  const telling = { schema, told: foreign };

  const findings: Finding[] = [];
  const kinds: Record<string, number> = {};
  const documents = { data: 0, atFields: 0, whole: 0 };
  const throwOne = async (input: Input): Promise<void> => {
    kinds[input.kind] = (kinds[input.kind] ?? 0) + 1;
    const since = performance.now();
    const outcome = await send(target, input as never);
    const tookMs = performance.now() - since;
    if (input.kind === 'graphql') documents[howAnswered(outcome.text)] += 1;
    const faults = [...faultsOf(input, outcome), ...(tookMs > mostMs ? ['too late'] : [])];
    const answer = `${outcome.status} ${outcome.text.slice(0, 500)}`;
    findings.push(...faults.map((fault) => ({ fault, input: shown(input), answer })));
  };
  try {
    let any = anyInput({ ...telling, askers: await askersOf(fortress, parting) });
    let madeAt = performance.now();
    for (let done = 0; done < inputs && findings.length < MOST_FINDINGS; done += BATCH) {
      if (performance.now() - madeAt > ASKERS_HOLD_MS) {
        any = anyInput({ ...telling, askers: await askersOf(fortress, parting) });
        madeAt = performance.now();
      }
      const queue = fc.sample(any, { numRuns: Math.min(BATCH, inputs - done), seed: seed + done }).values();
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (const input of queue) await throwOne(input);
        }),
      );
      if (!(await isAlive(target.fortress))) findings.push({ fault: 'no honest answer', input: null, answer: '' });
      onBatch?.(Math.min(inputs, done + BATCH), findings);
    }
    await everythingRead(fortress);
    const everybody = membersOf(world, [...parting.open, ...parting.hidden]);
    const find = finderOf(identitiesOf(world, everybody));
    const shown = await shownOfTold(target.fortress);
    const traces = [...(await tracesIn(fortress, find)), ...tracesOf('how a dossier stands', shown, find)];
    return { findings, traces, kinds, documents, titles: shown.join().split(HONEST_TITLE).length - 1 };
  } finally {
    await log.close();
    await database.close();
  }
}

/** Signing takes longer than asking. */
function withKeptTokens(fortress: Fortress): Fortress {
  const kept = new Map<string, { token: Promise<string>; at: number }>();
  return {
    ...fortress,
    bearer(name) {
      const known = kept.get(name);
      if (known !== undefined && performance.now() - known.at < TOKEN_HOLDS_MS) return known.token;
      const token = fortress.bearer(name);
      kept.set(name, { token, at: performance.now() });
      return token;
    },
  };
}

function faultsOf(input: Input, { status, text }: Outcome): readonly string[] {
  const codes = [...text.matchAll(/"code":"([A-Z_]{5,})","retryable"/g)].map(([, code = '']) => code);
  const hidden = 'asker' in input ? input.asker.hidden(text) : [];
  return [
    ...(status === 0 ? ['no answer'] : []),
    ...[INSIDE.exec(text)].filter((found) => found !== null).map(([found]) => `the inside: ${found}`),
    ...(SUGGESTION.test(text) ? ['a suggestion'] : []),
    ...hidden.map((one) => `somebody hidden: ${one}`),
    ...(codes.some((code) => !Object.hasOwn(ERRORS, code)) ? ['a code that is none'] : []),
    ...(codes.includes('INTERNAL') ? ['INTERNAL'] : []),
    ...(status !== null && status >= 500 && codes.length === 0 && !text.includes('"Result":0')
      ? ['a failure without a code']
      : []),
    ...(input.kind === 'token' && /"data"|connection_ack/.test(text) ? ['served'] : []),
  ];
}

function howAnswered(text: string): 'data' | 'atFields' | 'whole' {
  const [, event] = /event: next\ndata: (.*)/.exec(text) ?? [];
  const { data, errors = [] } = parsed(event ?? text) as { data?: object | null; errors?: { path?: unknown }[] };
  if (data != null && Object.values(data).some((value) => value !== null)) return 'data';
  return errors.some(({ path }) => path !== undefined) || data != null ? 'atFields' : 'whole';
}

function parsed(text: string): object {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}

/** To be read by a person, and sent again by one. */
function shown(input: Input): unknown {
  if (!('asker' in input))
    return 'bytes' in input ? { ...input, bytes: Buffer.from(input.bytes).toString('latin1') } : input;
  const { as, headers } = input.asker;
  return { ...input, asker: { as, headers } };
}

async function isAlive({ url, bearer }: Fortress): Promise<boolean> {
  const { data } = await askHub(url, '{ sectors { id } }', {}, { authorization: await bearer('leader') });
  return data?.sectors.length > 3;
}
