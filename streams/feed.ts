import type { DossierStatusNumber } from '../core/dossier.ts';
import { HubError } from '../core/errors.ts';
import { type ChangeKind, parseEventId } from '../core/event.ts';
import type { Database } from '../drivers/database.ts';
import { describeFailure } from './failure.ts';
import { type CursorFloor, createCursor } from './feed/cursor.ts';
import { createEventReader } from './feed/read-events.ts';
import { createRing } from './feed/ring.ts';

/**
 * Events of all dossiers in the order in which projection committed them, for subscribers of this process. Table
 * `dossier_event` is the feed; one tail follows it for everybody, and rests while nobody listens. So every process on
 * one database tells every event, whichever process wrote it.
 */
export interface Feed {
  /** Seq of the newest event seen here; 0 before anybody listened. */
  head(): number;
  /** Something was committed: look now instead of at the next turn. */
  wake(): void;
  /**
   * A subscriber's place.
   *
   * @param from after this event, or from now on
   * @throws HubError BAD_USER_INPUT for an `afterId` that is no event of this feed, and in the same words for one that the
   * subscriber does not see; STORE_UNAVAILABLE
   */
  open(from: { readonly afterId: string | null }, filter: FeedFilter): Promise<FeedCursor>;
  /** Ends every cursor. May be called twice. */
  close(): Promise<void>;
}

export interface FeedFilter {
  /** What the subscriber chose, of what they see. */
  readonly matches: (event: FeedEvent) => boolean;
  /** Whether the subscriber may hear of an event: they go on after no other. */
  readonly sees: (event: FeedEvent) => boolean;
  /** Where only events of one dossier can match: catching up then reads no others. */
  readonly code?: string | undefined;
}

export interface FeedCursor {
  /**
   * The next event that matches, when there is one; null after `close`. One call at a time.
   *
   * @throws HubError SUBSCRIBER_TOO_SLOW when so much came between two calls that it is held no more
   */
  next(): Promise<FeedEvent | null>;
  close(): void;
}

export interface FeedEvent {
  /** Also the token to resume from. */
  readonly id: string;
  readonly seq: number;
  readonly sector: string;
  readonly code: string;
  readonly version: number;
  readonly change: ChangeKind;
  /** UTC milliseconds. */
  readonly occurredAt: number;
  /** UTC milliseconds. */
  readonly recordedAt: number;
  /** One of the ten, as this sector states it. */
  readonly statusNumber: DossierStatusNumber | null;
  /** A replay put it into the history: it is no news. */
  readonly replayed: boolean;
  /** Of the dossier: whom and what subscribers choose by. */
  readonly agencyCode: string | null;
  readonly applicantName: string | null;
  /** Digits only where they are personal numbers. */
  readonly applicantNumbers: readonly string[];
}

export interface FeedOptions {
  readonly database: Database;
  /** How often the table is looked at when nobody says that there is something, milliseconds. */
  readonly pollMs?: number | undefined;
  /** Most events kept for subscribers who lag. */
  readonly ring?: number | undefined;
  readonly ringBytes?: number | undefined;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

const PAGE = 500;
/** Read when the tail starts: after a restart most subscribers resume from within these. */
const WARM_EVENTS = 1_000;
const LONGEST_PAUSE_MS = 5_000;

export function createFeed(options: FeedOptions): Feed {
  const { database, warn, pollMs = 200, ring: most = 10_000, ringBytes: mostBytes = 16 * 1_048_576 } = options;
  const ring = createRing({ most, mostBytes });
  const reader = createEventReader(database);
  let waiting: (() => void)[] = [];
  let listeners = 0;
  let tail: Promise<void> | undefined;
  let following = Promise.withResolvers<void>();
  let woken = false;
  let endPause: () => void = () => {};
  let closed = false;
  let lastTurn: Promise<unknown> = Promise.resolve();

  const floor: CursorFloor = {
    ring,
    reader,
    following: () => following.promise,
    onNews: (call) => void waiting.push(call),
    isClosed: () => closed,
    inTurn(read) {
      const turn = lastTurn.then(read);
      lastTurn = turn.catch(() => {});
      return turn;
    },
  };

  function tellAll(): void {
    const told = waiting;
    waiting = [];
    for (const call of told) call();
  }

  async function pause(milliseconds: number): Promise<void> {
    if (woken || closed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    endPause = resolve;
    await promise;
    clearTimeout(timer);
  }

  /** Takes up where the ring ends, unless too much came while nobody listened. */
  async function begin(): Promise<void> {
    const newest = await reader.newest();
    const from = Math.max(0, newest - WARM_EVENTS);
    if (ring.head < from || ring.head > newest) ring.clear(from);
  }

  async function readOn(): Promise<boolean> {
    const events = await reader.after(ring.head, PAGE);
    for (const event of events) ring.push(event);
    if (events.length > 0) tellAll();
    return events.length === PAGE;
  }

  async function follow(): Promise<void> {
    let begun = false;
    let failures = 0;
    while (!closed && listeners > 0) {
      woken = false;
      try {
        if (!begun) await begin();
        begun = true;
        const more = await readOn();
        if (failures > 0) warn('the feed of events can be read again');
        failures = 0;
        if (!more) {
          following.resolve();
          await pause(pollMs);
        }
      } catch (cause) {
        failures += 1;
        if (failures === 1) warn('the feed of events cannot be read', describeFailure(cause));
        // Whoever wakes it knows of a commit, not of a store that answers again.
        woken = false;
        await pause(Math.min(LONGEST_PAUSE_MS, pollMs * 2 ** failures));
      }
    }
    // Nothing may be awaited from here on: who listens now starts the next tail.
    tail = undefined;
    if (!closed) following = Promise.withResolvers();
  }

  function leave(): void {
    listeners -= 1;
    if (listeners === 0) endPause();
  }

  return {
    head: () => ring.head,
    wake() {
      woken = true;
      endPause();
    },
    async open({ afterId }, filter) {
      if (closed) throw new HubError('STORE_UNAVAILABLE', 'The hub is stopping.');
      const seq = await startOf(afterId, filter);
      listeners += 1;
      tail ??= follow();
      return createCursor(floor, { filter, seq, id: afterId, onClose: leave });
    },
    async close() {
      closed = true;
      endPause();
      following.resolve();
      tellAll();
      await tail;
    },
  };

  async function startOf(afterId: string | null, { sees }: FeedFilter): Promise<number> {
    if (afterId !== null && parseEventId(afterId) === null) {
      throw new HubError('BAD_USER_INPUT', 'after: expected the id of an event as `DossierChanged.id` gave it');
    }
    const seq = await (afterId === null ? reader.newest() : placeOf(afterId, sees)).catch((cause: unknown) => {
      throw new HubError('STORE_UNAVAILABLE', 'The hub’s store did not answer.', { cause });
    });
    if (seq !== null) return seq;
    throw new HubError(
      'BAD_USER_INPUT',
      'after: the hub knows no such event that you may see; subscribe without it and read anew',
    );
  }

  /** An event that was told may be of a dossier that has gone elsewhere since: who saw it then goes on after it. */
  async function placeOf(id: string, sees: FeedFilter['sees']): Promise<number | null> {
    const event = await reader.one(id);
    if (event === null) return null;
    if (sees(event)) return event.seq;
    const before = await reader.asOf(event);
    return before.some(sees) ? event.seq : null;
  }
}
