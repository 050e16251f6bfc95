import type { PushChanges } from '../../core/changes.ts';
import { HubError } from '../../core/errors.ts';
import { FaultyValue } from '../../core/faulty-value.ts';
import { forgetDone, markDone, readWaiting, type WaitingCallback } from '../../store/callbacks.ts';
import { type CapturedMark, readMarks } from '../../store/captured.ts';
import { type LookedUp, lookUp } from './lookup.ts';
import type { ReadRow } from './reader.ts';
import type { FaultySighting, Sighting } from './sighting.ts';
import { inOrderOf, type Told } from './told.ts';
import { repeatPasses, type WayContext } from './way.ts';

const DAY_MS = 86_400_000;
/** Calls worked on at a time. */
const BATCH = 200;
/** How many times as many further calls are looked through for those about the dossiers in hand. */
const MOST_MEANWHILE = 10;
/** How often to look when nobody tells that a call came: another process may have taken it. */
const LOOK_EVERY_MS = 1_000;
/** How long a call about a dossier nobody knows yet waits for a system that cannot be read at the moment. */
const PATIENCE_MS = 60_000;
/** How long a call that was done is kept, and with it the knowledge that it came. */
const KEPT_MS = 30 * DAY_MS;
const FORGET_EVERY_MS = 60_000;
const FORGOTTEN_AT_A_TIME = 1_000;
const MOST_FORGETTING = 50;

type SaidTold = Told & { readonly id: number; readonly receivedAt: number };

/** Works on the calls of a sector's system that were kept when they were answered. */
export async function runPush(context: WayContext, declaration: PushChanges, signal: AbortSignal): Promise<void> {
  const { database, sector, way, now, passes, recorder, lease, settings } = context;
  let forgottenAt = Number.NEGATIVE_INFINITY;

  async function pass(): Promise<void> {
    const startedAt = now();
    const seenAll = passes.begin();
    let failure: unknown;
    for (let after = 0, more = true; more && !signal.aborted; ) {
      const waiting = await readWaiting(database, { sector: sector.id, way, after, limit: BATCH });
      if (waiting.length === 0) break;
      after = waiting.at(-1)?.id ?? after;
      more = waiting.length === BATCH;
      const why = await context.inTurn(() => work(waiting));
      failure ??= why;
    }
    if (signal.aborted) return;
    if (failure !== undefined) throw failure;
    await recorder.record({ sector: sector.id, way, lease, sightings: [], standing: { currentUntil: startedAt } });
    seenAll();
    if (performance.now() - forgottenAt > FORGET_EVERY_MS) await forget();
  }

  /** @returns why some of the calls go on waiting; undefined when none does */
  async function work(waiting: readonly WaitingCallback[]): Promise<unknown> {
    const { sightings, done, failure } = await workOf(context, { declaration, waiting, signal });
    if (signal.aborted || done.length === 0) return failure;
    await recorder.record({
      sector: sector.id,
      way,
      lease,
      sightings,
      intermediate: declaration.capability.intermediate,
      alongside: (trx) => markDone(trx, database, { ids: done, at: now() }),
    });
    return failure;
  }

  async function forget(): Promise<void> {
    forgottenAt = performance.now();
    const options = { sector: sector.id, before: now() - KEPT_MS, limit: FORGOTTEN_AT_A_TIME };
    for (let times = 0; times < MOST_FORGETTING && !signal.aborted; times++) {
      if ((await forgetDone(database, options)) < FORGOTTEN_AT_A_TIME) return;
    }
  }

  await repeatPasses(context, signal, pass, Math.min(LOOK_EVERY_MS, settings.POLL_INTERVAL_MS));
}

interface PushWork {
  readonly sightings: readonly Sighting[];
  /** Ids of the calls that these are all of. */
  readonly done: readonly number[];
  /** Why some calls go on waiting. */
  readonly failure?: unknown;
}

async function workOf(
  context: WayContext,
  options: { declaration: PushChanges; waiting: readonly WaitingCallback[]; signal: AbortSignal },
): Promise<PushWork> {
  const { database, sector, now } = context;
  const read = options.waiting.map((call) => readCall(options.declaration, call));
  const faulty = read.filter((one) => one.kind === 'faulty');
  const told = read.flatMap((one) => (one.kind === 'told' ? [one.told] : []));
  const codes = [...new Set(told.map(({ code }) => code))];
  const marks = await readMarks(database, sector.id, codes);
  const isThere = (code: string) => marks.get(code)?.deleted === false;
  const isDeleted = (code: string) => !isThere(code) && (marks.get(code)?.version ?? 0) > 0;
  const looked = await look(context, { codes, marks, signal: options.signal });
  const asked = 'failure' in looked ? null : looked;
  const rows = new Map<string, { readonly read: ReadRow; readonly isNews: boolean }>([
    ...(asked?.there ?? []).map((row) => [row.code, { read: row, isNews: true }] as const),
    ...(asked?.same ?? []).map((row) => [row.code, { read: row, isNews: false }] as const),
  ]);
  const gone = new Set(asked?.gone);
  const since = asked === null ? [] : await toldMeanwhile(context, { ...options, codes: new Set(codes) });
  const byCode = Map.groupBy([...told, ...since], ({ code }) => code);
  const mayWait = 'failure' in looked && !(looked.failure instanceof HubError && isNeverAsked(looked.failure));
  const late = new Set<number>();
  const sightings: Sighting[] = [...faulty, ...(asked?.faulty ?? [])];
  for (const [code, own] of byCode) {
    // A merge over nothing would be half a dossier, and the whole one may be had in a moment.
    if (mayWait && !isThere(code) && own.some(({ receivedAt }) => now() - receivedAt < PATIENCE_MS)) {
      for (const { id } of own) late.add(id);
      continue;
    }
    // A call that was on its way for so long does not bring a dossier back.
    if (isDeleted(code) && gone.has(code)) continue;
    sightings.push(...inOrderOf(rows.get(code) ?? null, own));
  }
  const ids = [...options.waiting, ...since].map(({ id }) => id);
  const done = ids.filter((id) => !late.has(id));
  return { sightings, done, ...(late.size > 0 && 'failure' in looked && { failure: looked.failure }) };
}

/**
 * Further calls about the dossiers that were just read. A system calls before it writes the next state, so what stands
 * in a record was told of before; put after the record in a later turn, it would come back as the newest.
 */
async function toldMeanwhile(
  { database, sector, way }: WayContext,
  options: { declaration: PushChanges; waiting: readonly WaitingCallback[]; codes: ReadonlySet<string> },
): Promise<readonly SaidTold[]> {
  const since: SaidTold[] = [];
  let after = options.waiting.at(-1)?.id ?? 0;
  for (let turns = 0; turns < MOST_MEANWHILE; turns++) {
    const calls = await readWaiting(database, { sector: sector.id, way, after, limit: BATCH });
    for (const call of calls) {
      const read = readCall(options.declaration, call);
      if (read.kind === 'told' && options.codes.has(read.told.code)) since.push(read.told);
    }
    if (calls.length < BATCH) break;
    after = calls.at(-1)?.id ?? after;
  }
  return since;
}

type Looked = (LookedUp & { readonly same: readonly ReadRow[] }) | { readonly failure: unknown };

async function look(
  { reader }: WayContext,
  { codes, marks, signal }: { codes: readonly string[]; marks: ReadonlyMap<string, CapturedMark>; signal: AbortSignal },
): Promise<Looked> {
  const isKnown = (row: ReadRow): boolean => {
    const mark = marks.get(row.code);
    return mark !== undefined && !mark.deleted && mark.rowHash === row.rowHash;
  };
  try {
    return await lookUp(reader, codes, { signal, isKnown });
  } catch (failure) {
    return { failure };
  }
}

/** A system that only tells: waiting for it would be in vain. */
function isNeverAsked({ code, retryable }: HubError): boolean {
  return code === 'SOURCE_UNAVAILABLE' && !retryable;
}

function readCall(
  declaration: PushChanges,
  { id, route, body, receivedAt }: WaitingCallback,
): { readonly kind: 'told'; readonly told: SaidTold } | FaultySighting {
  const place = `${route}/${id}`;
  try {
    const declared = declaration.routes[route];
    if (declared === undefined) throw new FaultyValue('a route that is declared', 'one that no longer is');
    const { code, occurredAt, view } = declared.read(JSON.parse(body));
    // A system that does not say when calls when it happens.
    return { kind: 'told', told: { id, receivedAt, code, occurredAt: occurredAt ?? receivedAt, view, place } };
  } catch (error) {
    const reason = error instanceof FaultyValue ? error.message : 'the call cannot be read';
    return { kind: 'faulty', code: null, place, reason };
  }
}
