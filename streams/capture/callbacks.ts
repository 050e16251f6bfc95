import { hash, timingSafeEqual } from 'node:crypto';
import type { CallbackDelta, PushChanges } from '../../core/changes.ts';
import { isDossierCode } from '../../core/event.ts';
import { FaultyValue, shapeOf } from '../../core/faulty-value.ts';
import type { OpenSector } from '../../core/open-sector.ts';
import { publicFault } from '../../core/public-code.ts';
import type { Database } from '../../drivers/database.ts';
import { countWaiting, keepCallback } from '../../store/callbacks.ts';
import { quarantine } from '../../store/quarantine.ts';
import { inTransaction } from '../../store/transaction.ts';
import { describeFailure } from '../failure.ts';
import { canonicalJson, hashOf } from './canonical.ts';

/** Takes the calls of sectors' systems: checked, read and kept before they are answered. Others work on what is kept. */
export interface CallbackDesk {
  /** Never rejects. @returns null where no sector of this name is called by its system */
  accept(call: CallbackCall): Promise<CallbackAnswer | null>;
  /** What is answered to a call whose body could not even be taken; null as above. */
  refuse(sector: string, message: string): unknown;
}

export interface CallbackCall {
  readonly sector: string;
  readonly route: string;
  /** Parsed JSON. */
  readonly body: unknown;
}

export interface CallbackAnswer {
  /** Of HTTP. */
  readonly status: number;
  /** In the protocol of the sector's system. */
  readonly body: unknown;
}

export interface CallbackDeskOptions {
  readonly sectors: readonly OpenSector[];
  readonly database: Database;
  /** UTC milliseconds. */
  readonly now: () => number;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
  /** Told after a call was kept. */
  readonly onKept?: ((sector: string) => void) | undefined;
  /** Most calls of one sector that may wait. Standard: 100,000. */
  readonly mostWaiting?: number | undefined;
}

interface Push {
  readonly sector: string;
  readonly way: string;
  readonly declaration: PushChanges;
  /** Null while nobody has set the secret: then no call can bring it. */
  readonly secret: Buffer | null;
}

const MOST_WAITING = 100_000;
/** How long a count of those that wait is good for, in milliseconds. */
const COUNTED_FOR_MS = 1_000;
/** Longest wait for the store, in milliseconds: whoever calls has a limit of its own. */
const KEEPING_MS = 10_000;
/** Clocks differ; one that is further ahead would keep everything that follows from being the latest. */
const MOST_AHEAD_MS = 86_400_000;
/** A warning of one kind is told once in this time, since anybody may call as often as they like. */
const WARN_EVERY_MS = 60_000;

export function createCallbackDesk(options: CallbackDeskOptions): CallbackDesk {
  const { database, now, onKept, mostWaiting = MOST_WAITING } = options;
  const bySector = Map.groupBy(options.sectors.flatMap(pushesOf), ({ sector }) => sector);
  const waiting = new Map<string, { count: number; at: number }>();
  const warn = rarely(options.warn);

  /** Calls of this process are added to the last count; those of others show with the next. */
  async function isFull(sector: string): Promise<boolean> {
    let known = waiting.get(sector);
    if (known === undefined || performance.now() - known.at > COUNTED_FOR_MS) {
      known = { count: await countWaiting(database, sector, mostWaiting), at: performance.now() };
      waiting.set(sector, known);
    }
    if (known.count >= mostWaiting) return true;
    known.count += 1;
    return false;
  }

  async function keep({ sector, way }: Push, route: string, body: object): Promise<'kept' | 'full'> {
    if (await isFull(sector)) return 'full';
    await keepCallback(database, {
      ...{ sector, way, route },
      digest: hashOf([route, body]),
      body: canonicalJson(body),
      at: now(),
    });
    return 'kept';
  }

  async function noteFaulty({ sector, way }: Push, route: string, reason: string): Promise<void> {
    // One row for all faulty calls of a route: they have no name that could be trusted.
    const records = [{ place: `callbacks/${route}`, code: null, reason }];
    await inTransaction(database, (trx) => quarantine(trx, database, { sector, way, records, at: now() }));
  }

  async function accept({ sector, route, body: whole }: CallbackCall): Promise<CallbackAnswer | null> {
    const pushes = bySector.get(sector);
    const [first] = pushes ?? [];
    if (pushes === undefined || first === undefined) return null;
    const push = pushes.find(({ declaration }) => Object.hasOwn(declaration.routes, route));
    if (push === undefined) return refused(first, 404, 'There is no such call here.');
    const { secret, body } = withoutSecret(whole, push.declaration.secret.member);
    if (!isSecret(push, secret)) {
      warn('a call without the right secret was refused', { sector, way: push.way, route });
      return refused(push, 403, 'The call is refused.');
    }
    const fault = faultOf(push, route, body, now());
    if (fault !== null) {
      await within(KEEPING_MS, noteFaulty(push, route, fault)).catch(() => {});
      return refused(push, 400, `The call cannot be read: ${fault}`);
    }
    try {
      if ((await within(KEEPING_MS, keep(push, route, body))) === 'full') {
        warn('too many calls of a system wait; more are refused', { sector, way: push.way, most: mostWaiting });
        return refused(push, 503, 'Too many calls wait. Call again later.');
      }
    } catch (error) {
      warn('calls of a system cannot be kept', { sector, way: push.way, ...describeFailure(error) });
      return refused(push, 503, 'The call cannot be kept now. Call again later.');
    }
    onKept?.(sector);
    return { status: 200, body: push.declaration.answer('accepted', '') };
  }

  return {
    accept,
    refuse: (sector, message) => bySector.get(sector)?.[0]?.declaration.answer('refused', message) ?? null,
  };
}

function pushesOf({ id, declaration, settings }: OpenSector): readonly Push[] {
  return Object.entries(declaration.dossiers?.changes ?? {}).flatMap(([way, changes]): readonly Push[] => {
    if (changes.way !== 'push') return [];
    const secret = settings?.[changes.secret.setting];
    const isSet = typeof secret === 'string' && secret !== '';
    return [{ sector: id, way, declaration: changes, secret: isSet ? digestOf(secret) : null }];
  });
}

function refused({ declaration }: Push, status: number, message: string): CallbackAnswer {
  return { status, body: declaration.answer('refused', message) };
}

function withoutSecret(whole: unknown, member: string): { secret: unknown; body: Record<string, unknown> } {
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return { secret: undefined, body: {} };
  const { [member]: secret, ...body } = whole as Record<string, unknown>;
  return { secret, body };
}

function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/** Digests are of one length, and are compared in a time that says nothing of where they differ. */
function isSecret(push: Push, given: unknown): boolean {
  const digest = digestOf(typeof given === 'string' ? given : '');
  const isEqual = timingSafeEqual(digest, push.secret ?? digestOf('\0'));
  return isEqual && push.secret !== null;
}

/** @returns what is wrong with a body, without a value of it; null when it can be worked on later */
function faultOf({ declaration }: Push, route: string, body: Record<string, unknown>, now: number): string | null {
  try {
    const delta = declaration.routes[route]?.read(body) as CallbackDelta;
    if (!isDossierCode(delta.code)) {
      throw new FaultyValue('a dossier’s code of up to 64 characters without blank or colon', shapeOf(delta.code));
    }
    for (const [field, value] of Object.entries(delta.view)) {
      const fault = publicFault(field, value);
      if (fault !== null) throw fault;
    }
    const at = Math.max(delta.occurredAt ?? 0, delta.view.statusAt ?? 0);
    if (at > now + MOST_AHEAD_MS) throw new FaultyValue('a time that has come', 'one more than a day ahead');
    // Deeper than can be written down again.
    canonicalJson(body);
    return null;
  } catch (error) {
    return error instanceof FaultyValue ? error.message : 'its contents are not what was agreed';
  }
}

function rarely(warn: CallbackDeskOptions['warn']): CallbackDeskOptions['warn'] {
  const toldAt = new Map<string, number>();
  return (message, details) => {
    const key = `${message} ${details?.sector}`;
    if (performance.now() - (toldAt.get(key) ?? Number.NEGATIVE_INFINITY) < WARN_EVERY_MS) return;
    toldAt.set(key, performance.now());
    warn(message, details);
  };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it took too long')), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
