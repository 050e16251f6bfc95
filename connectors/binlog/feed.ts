import type { ChangeBatch, ChangeFeed, FeedContext } from '../../core/changes.ts';
import { HubError } from '../../core/errors.ts';
import { BinlogGap, type BinlogPlace, type BinlogReader, openBinlog } from '../../drivers/binlog.ts';
import { openDatabase } from '../../drivers/database.ts';
import type { BinlogOptions } from '../binlog.ts';
import { handOverKeys } from '../key-snapshot.ts';
import { nameOf, textOf } from '../setting-name.ts';
import { createObserver } from './observe.ts';
import { type BinlogPosition, reaches, readPosition, writePosition } from './place.ts';
import { type BinlogServer, binlogServer } from './server.ts';

/** Dossiers handed over at once. */
const BATCH = 500;

/** While nothing happens, how often it is said that nothing is waiting. */
const SAY_MS = 1_000;
/** How long ago it may be that the log ended where reading has come to. */
const RECENT_MS = 2_000;

type Handle = (batch: ChangeBatch) => Promise<void>;

/** Connects to nothing until it runs. */
export function openBinlogFeed(context: FeedContext, options: BinlogOptions): ChangeFeed {
  const { tables, onPurged = 'snapshot' } = options;
  const [main] = tables;
  const url = textOf(context.settings, nameOf(options.database));
  const reader: BinlogReader = openBinlog(
    url,
    tables.map(({ table }) => table),
  );
  const database = openDatabase(url, { connections: 2 });
  const server: BinlogServer = binlogServer(database, tables);
  const closing = new AbortController();
  // A statement about a watched table that is logged as text, such as TRUNCATE, does not say which rows it met.
  const naming = new RegExp(
    `(?:^|[^\\p{L}\\p{N}_$])(?:${tables.map(({ table }) => escaped(table)).join('|')})(?![\\p{L}\\p{N}_$])`,
    'iu',
  );
  const changes = (text: string) => (CHANGING.test(text) && naming.test(text)) || /^XA\s+COMMIT\b/i.test(text);

  /** Lists everything; what changes meanwhile is behind the place, which is noted first. */
  async function snapshot(from: BinlogPosition | null, handle: Handle, signal: AbortSignal): Promise<BinlogPlace> {
    const { place, after } = from ?? { place: await server.end(signal), after: null };
    // What is logged before the place has to be in the tables: the log is not read from before it.
    await server.settled(null, signal);
    const position = (last: string | null) => writePosition({ place, after: last });
    await handOverKeys({ database, table: main, after, position, place: position(null) }, handle, signal);
    return place;
  }

  /** @returns why it ended, and whether that was where it began */
  async function follow(
    from: BinlogPlace,
    unique: boolean,
    handle: Handle,
    signal: AbortSignal,
  ): Promise<{ readonly why: string; readonly cause?: unknown; readonly stands: boolean }> {
    const observer = createObserver(tables, from, unique);
    const current = currentness(server, signal);
    let handed = from;
    /** Whether the last batch said that nothing was waiting, and when it was handed over. */
    let isCurrent = false;
    let saidAt = Number.NEGATIVE_INFINITY;
    const handOver = async (asOf: number | null): Promise<void> => {
      const { place } = observer;
      const caughtUp = asOf !== null;
      const position = writePosition({ place, after: null });
      if (observer.size > 0) await server.settled(observer.gtid, signal);
      await handle({ observations: observer.drain(), position, caughtUp, ...(caughtUp && { asOf }) });
      isCurrent = caughtUp;
      saidAt = performance.now();
      handed = place;
      signal.throwIfAborted();
    };
    try {
      const asOf = await current(from);
      if (asOf !== null) await handOver(asOf);
      for await (const events of reader.read(from, signal)) {
        for (const event of events) {
          if (event.kind === 'statement' && changes(event.text)) {
            if (observer.size > 0) await handOver(null);
            return { why: 'a statement is logged without the rows it changed', stands: false };
          }
          observer.take(event);
          // A transaction may hold more than fits: then the place stays before it until it is done.
          if (observer.size >= BATCH) await handOver(null);
        }
        // What others do to other tables moves the place too, but is not worth a batch each time.
        const isDue = performance.now() - saidAt >= SAY_MS;
        if (observer.size > 0 || !isCurrent || isDue) {
          const asOf = await current(observer.place);
          if (observer.size > 0 || asOf !== null || isDue) await handOver(asOf);
        }
      }
      throw new HubError('SOURCE_UNAVAILABLE', 'the database’s log ended');
    } catch (error) {
      if (!(error instanceof BinlogGap)) throw error;
      if (onPurged === 'stop') throw cannotGoOn(error.message, error.cause);
      return { why: error.message, cause: error.cause, stands: handed === from };
    }
  }

  return {
    async run(position, handle, stop) {
      const signal = AbortSignal.any([stop, closing.signal]);
      try {
        const { unique, cascades } = await server.check(signal);
        if (cascades.length > 0) {
          context.warn('changes that reach these tables by a cascade of a foreign key are not in the log', {
            cascades,
          });
        }
        let at = position === null ? null : readPosition(position);
        for (;;) {
          const place = at === null || at.after !== null ? await snapshot(at, handle, signal) : at.place;
          const { why, cause, stands } = await follow(place, unique, handle, signal);
          // A gap right behind a listing would lead to the next listing for ever.
          if (stands && place !== at?.place) throw cannotGoOn(why, cause);
          context.warn(`${why}; everything is listed anew`, { place: writePosition({ place, after: null }) });
          at = null;
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    async close() {
      closing.abort();
      await database.close();
    },
  };
}

/** Statements that change rows or what their columns mean, when the log holds them as text. */
const CHANGING = /^(?:INSERT|UPDATE|DELETE|REPLACE|LOAD|TRUNCATE|DROP|ALTER|RENAME|CREATE|WITH|CALL)\b/i;

/**
 * Tells whether a place is where the log ends, and as of when. On a busy server the end runs ahead while it is asked
 * for, so it is enough to have come where it was a moment ago.
 */
function currentness(server: BinlogServer, signal: AbortSignal): (place: BinlogPlace) => Promise<number | null> {
  let earlier: { readonly end: BinlogPlace; readonly asOf: number } | null = null;
  return async (place) => {
    const now = { asOf: Date.now(), end: await server.end(signal) };
    if (reaches(place, now.end)) return now.asOf;
    const before = earlier;
    if (before !== null && reaches(place, before.end) && now.asOf - before.asOf <= RECENT_MS) {
      earlier = now;
      return before.asOf;
    }
    if (before === null || now.asOf - before.asOf > RECENT_MS) earlier = now;
    return null;
  };
}

function cannotGoOn(why: string, cause: unknown): HubError {
  return new HubError('SOURCE_UNAVAILABLE', `the log does not lead on: ${why}`, { cause, retryable: false });
}

function escaped(name: string): string {
  return name.replaceAll('$', '\\$');
}
