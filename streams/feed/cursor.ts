import { HubError } from '../../core/errors.ts';
import type { FeedCursor, FeedEvent, FeedFilter } from '../feed.ts';
import type { EventReader } from './read-events.ts';
import type { Ring } from './ring.ts';

/** What cursors of one process share. */
export interface CursorFloor {
  readonly ring: Ring;
  readonly reader: EventReader;
  /** Resolves when the ring follows the table. */
  readonly following: () => Promise<void>;
  /** Calls once when there is something new, or nothing more will come. */
  onNews(call: () => void): void;
  /** Lets one page be read at a time: a thousand who come back at once must not take the store for themselves. */
  inTurn<T>(read: () => Promise<T>): Promise<T>;
  readonly isClosed: () => boolean;
}

export interface CursorStart {
  readonly filter: FeedFilter;
  /** Events up to and with this one are not told. */
  readonly seq: number;
  /** Of the event at that place, where the subscriber named it: of others they hear nothing. */
  readonly id: string | null;
  readonly onClose: () => void;
}

/** Each of many who catch up holds one page. */
const PAGE = 100;

/** One subscriber's place in the feed. Holds no queue: it reads on when its subscriber asks for more. */
export function createCursor(floor: CursorFloor, { filter, seq, id, onClose }: CursorStart): FeedCursor {
  const { ring, reader } = floor;
  const { matches, code } = filter;
  let position = seq;
  let given = id;
  let page: FeedEvent[] = [];
  let live = false;
  let closed = false;
  let wake: () => void = () => {};

  const news = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
      floor.onNews(resolve);
    });

  /** @returns the next event that is wanted, of those at hand */
  function nextAtHand(): FeedEvent | undefined {
    for (;;) {
      const event = page.length > 0 ? page.shift() : position >= ring.goneThrough ? ring.after(position) : undefined;
      if (event === undefined) return undefined;
      position = Math.max(position, event.seq);
      if (!event.replayed && matches(event)) return event;
    }
  }

  async function readPage(): Promise<void> {
    const through = ring.goneThrough;
    const events = await floor.inTurn(async () => (closed ? [] : reader.after(position, PAGE, code)));
    page = events.filter((event) => event.seq > position && !event.replayed && matches(event));
    // What is passed over here is not read again; what is in the page moves the place when it is taken.
    if (page.length === 0) position = Math.max(position, events.at(-1)?.seq ?? 0);
    if (events.length < PAGE && page.length === 0) position = Math.max(position, through);
  }

  return {
    async next() {
      await floor.following();
      for (;;) {
        if (closed || floor.isClosed()) return null;
        const event = nextAtHand();
        if (event !== undefined) {
          given = event.id;
          return event;
        }
        if (position >= ring.goneThrough) {
          live = true;
          await news();
        } else if (live) {
          throw tooSlow(given);
        } else {
          await readPage().catch((error: unknown) => {
            throw unreadable(error, given);
          });
        }
      }
    },
    close() {
      if (closed) return;
      closed = true;
      page = [];
      wake();
      onClose();
    },
  };
}

function tooSlow(after: string | null): HubError {
  return new HubError('SUBSCRIBER_TOO_SLOW', `More came than was read in time; ${goingOn(after)}`, { after });
}

function unreadable(cause: unknown, after: string | null): HubError {
  return new HubError('STORE_UNAVAILABLE', `The hub’s store did not answer; ${goingOn(after)}`, { after, cause });
}

/** Who has been told nothing yet has no event to go on after. */
function goingOn(after: string | null): string {
  return after === null ? 'subscribe again and read anew.' : 'subscribe again with `after` to go on where this ended.';
}
