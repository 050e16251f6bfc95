import type { ChangeBatch, ChangeFeed, Observation } from '../../core/changes.ts';
import type { Row } from '../../core/source.ts';

/** What is true of a carrier or known of it: dossier code → revision. */
export type Known = ReadonlyMap<string, string>;

export interface Reader {
  /** What a whole record says, where the way hands records over; null for one the declaration would refuse. */
  readonly rowOf: (row: Row) => { readonly code: string; readonly revision: string } | null;
  /** How these dossiers are now, read by code. */
  readonly read: (codes: readonly string[]) => Promise<Known>;
}

/** Stands for the capture engine: applies what a feed hands over and keeps its position together with it. */
export interface Follower {
  readonly known: Known;
  readonly position: string | null;
  readonly faulty: readonly Extract<Observation, { kind: 'faulty' }>[];
  /** Every batch that was handed over, those that failed included. */
  readonly batches: number;
  /** Most observations in one batch. */
  readonly largest: number;
  /** Observations of each dossier, as they came: a revision, `touched` or `gone`. */
  readonly history: ReadonlyMap<string, readonly string[]>;
  /** Follows until the signal aborts. `around` runs before a batch is applied, and may throw in its place. */
  follow(feed: ChangeFeed, signal: AbortSignal, around?: (batch: ChangeBatch) => Promise<void> | void): Promise<void>;
  /** Resolves when the feed says that it has caught up as of a time after this call. Rejects after `ms`. */
  caughtUp(ms?: number): Promise<void>;
  /** Goes on from here as if nothing after it had been kept. */
  rewind(position: string | null): void;
}

export function createFollower({ rowOf, read }: Reader): Follower {
  const known = new Map<string, string>();
  const history = new Map<string, string[]>();
  const faulty: Extract<Observation, { kind: 'faulty' }>[] = [];
  /** What to call, and since when it waits. */
  const waiting = new Map<() => void, number>();
  let position: string | null = null;
  let batches = 0;
  let largest = 0;

  async function apply({ observations }: ChangeBatch): Promise<void> {
    const note = (code: string, what: string) => {
      const list = history.get(code);
      if (list === undefined) history.set(code, [what]);
      else list.push(what);
    };
    const touched = observations.flatMap((one) => (one.kind === 'touched' ? [one.code] : []));
    const now: Known = touched.length === 0 ? new Map() : await read(touched);
    for (const one of observations) {
      if (one.kind === 'faulty') faulty.push(one);
      else if (one.kind === 'row') {
        const record = rowOf(one.row);
        if (record === null) continue;
        known.set(record.code, record.revision);
        note(record.code, record.revision);
      } else if (one.kind === 'touched') {
        const revision = now.get(one.code);
        if (revision === undefined) known.delete(one.code);
        else known.set(one.code, revision);
        note(one.code, 'touched');
      } else if (one.kind === 'gone') {
        known.delete(one.code);
        note(one.code, 'gone');
      } else for (const code of known.keys()) if (!one.codes.has(code)) known.delete(code);
    }
  }

  return {
    known,
    faulty,
    history,
    get position() {
      return position;
    },
    get batches() {
      return batches;
    },
    get largest() {
      return largest;
    },
    async follow(feed, signal, around) {
      await feed.run(
        position,
        async (batch) => {
          batches += 1;
          largest = Math.max(largest, batch.observations.length);
          await around?.(batch);
          await apply(batch);
          position = batch.position;
          if (!batch.caughtUp) return;
          for (const [tell, since] of [...waiting]) {
            if ((batch.asOf ?? Number.NEGATIVE_INFINITY) < since) continue;
            waiting.delete(tell);
            tell();
          }
        },
        signal,
      );
    },
    caughtUp(ms = 45_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(tell);
          reject(new Error(`not caught up within ${ms} ms`));
        }, ms);
        const tell = () => {
          clearTimeout(timer);
          resolve();
        };
        waiting.set(tell, Date.now());
      });
    },
    rewind(to) {
      position = to;
    },
  };
}

/** Follows a feed until it has caught up, and closes it. */
export async function followToNow(follower: Follower, feed: ChangeFeed): Promise<void> {
  const stop = new AbortController();
  const run = follower.follow(feed, stop.signal);
  await Promise.race([follower.caughtUp(), run]);
  stop.abort();
  await run;
  await feed.close();
}

/** What is wrong with what is known, as codes. */
export function compare(truth: Known, known: Known): { lost: string[]; stale: string[]; ghosts: string[] } {
  const lost = [...truth.keys()].filter((code) => !known.has(code));
  const stale = [...truth].filter(([code, revision]) => known.has(code) && known.get(code) !== revision);
  const ghosts = [...known.keys()].filter((code) => !truth.has(code));
  return { lost, stale: stale.map(([code]) => code), ghosts };
}
