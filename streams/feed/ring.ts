import type { FeedEvent } from '../feed.ts';

/** The newest events of the feed, in order, bounded in number and bytes: what subscribers who keep up read from. */
export interface Ring {
  push(event: FeedEvent): void;
  /** Forgets everything; what came up to and with `through` counts as gone. */
  clear(through: number): void;
  /** The first event after a place; undefined where there is none yet. */
  after(seq: number): FeedEvent | undefined;
  /** Seq of the newest event of all. */
  readonly head: number;
  /** Seq of the newest event that is held no more: who stands before it cannot go on from here. */
  readonly goneThrough: number;
}

export function createRing({ most, mostBytes }: { most: number; mostBytes: number }): Ring {
  let events: FeedEvent[] = [];
  /** Events before this place are gone; they are cut off now and then, not one by one. */
  let first = 0;
  let bytes = 0;
  let head = 0;
  let goneThrough = 0;

  function dropOldest(): void {
    const oldest = events[first] as FeedEvent;
    first += 1;
    bytes -= bytesOf(oldest);
    goneThrough = oldest.seq;
    if (first < 1_000 || first * 2 < events.length) return;
    events = events.slice(first);
    first = 0;
  }

  return {
    get head() {
      return head;
    },
    get goneThrough() {
      return goneThrough;
    },
    push(event) {
      events.push(event);
      bytes += bytesOf(event);
      head = event.seq;
      while (events.length - first > most || (bytes > mostBytes && events.length - first > 1)) dropOldest();
    },
    clear(through) {
      events = [];
      first = 0;
      bytes = 0;
      head = through;
      goneThrough = through;
    },
    after(seq) {
      let low = first;
      let high = events.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((events[middle] as FeedEvent).seq <= seq) low = middle + 1;
        else high = middle;
      }
      return events[low];
    },
  };
}

/** Roughly: letters as two bytes, and what the objects themselves take. */
function bytesOf({ id, code, applicantName, applicantNumbers }: FeedEvent): number {
  const letters = 2 * id.length + code.length + (applicantName?.length ?? 0);
  return 400 + 2 * (letters + applicantNumbers.reduce((sum, number) => sum + number.length + 16, 0));
}
