import type { EventEmitter } from 'node:events';
import ZongJi from '@vlasky/zongji';
import { HubError } from '../core/errors.ts';
import { mysqlConnection } from './mysql.ts';

/** A place in a server's binary log. */
export interface BinlogPlace {
  readonly file: string;
  readonly position: number;
}

export type BinlogEvent =
  | BinlogRowChange
  /** A statement that is logged as text: what it did to rows is not in the log. */
  | { readonly kind: 'statement'; readonly text: string; readonly place: BinlogPlace }
  /** A transaction ended: reading may begin anew from here. */
  | { readonly kind: 'end'; readonly place: BinlogPlace }
  /** The server says that it has nothing more, about once a second. */
  | { readonly kind: 'idle'; readonly place: BinlogPlace };

/** One row of a watched table; `before` is null for an insert, `after` for a delete. */
export interface BinlogRowChange {
  readonly kind: 'row';
  readonly table: string;
  readonly before: BinlogRow;
  readonly after: BinlogRow;
  /** UTC milliseconds. */
  readonly at: number;
  /** Of its transaction, where the server gives such numbers. */
  readonly gtid: string | null;
}

export type BinlogRow = Readonly<Record<string, unknown>> | null;

export interface BinlogReader {
  /**
   * Reads from the end of a transaction on, as the server sends; each list is what came since the last one. While
   * nobody asks for the next list, at most MOST_WAITING events wait here and the rest on the server.
   *
   * @throws BinlogGap where the log does not lead on from the place, HubError SOURCE_UNAVAILABLE for a lost connection
   */
  read(from: BinlogPlace, signal: AbortSignal): AsyncGenerator<readonly BinlogEvent[], void>;
}

/** The log does not lead on from a place: it was purged past it, made anew, or holds what cannot be decoded. */
export class BinlogGap extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'BinlogGap';
  }
}

/** Events read ahead of whoever handles them. */
const MOST_WAITING = 2_000;
const HEARTBEAT_MS = 1_000;
/** With a heartbeat a second, a connection silent for so long is dead, whatever the socket says. */
const SILENT_MS = 15_000;
/** The server's error for a log that cannot be read on: purged, cut, made anew. */
const CANNOT_READ_ON = 1236;
const BEGIN = /^BEGIN\b/i;
const END = /^(?:COMMIT|ROLLBACK)\b(?!\s+TO\b)/i;
const WITHIN = /^(?:SAVEPOINT|ROLLBACK\s+TO|RELEASE\s+SAVEPOINT)\b/i;

/**
 * The binary log of a MySQL or MariaDB server, row by row. The only importer of @vlasky/zongji, which decodes it. That
 * does not reconnect and has no end: whoever reads begins anew from the last place whose work is done.
 *
 * @param tables of the URL's own database
 */
export function openBinlog(url: string, tables: readonly string[]): BinlogReader {
  const connection = mysqlConnection(url);
  const { database = '' } = connection;
  return {
    async *read(from, signal) {
      signal.throwIfAborted();
      const zongji = new ZongJi(connection);
      const queue = openQueue(zongji);
      const abort = () => queue.fail(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      follow(zongji, queue, from);
      try {
        zongji.start({
          // Two readers of one number would throw each other out.
          serverId: 1_000_000 + Math.floor(Math.random() * 2_000_000_000),
          filename: from.file,
          position: from.position,
          includeEvents: ['tablemap', 'writerows', 'updaterows', 'deleterows', 'xid', 'query', 'rotate', 'heartbeat'],
          includeSchema: { [database]: [...tables] },
        });
        for (;;) yield await queue.next();
      } finally {
        signal.removeEventListener('abort', abort);
        queue.fail(new Error('closed'));
        zongji.stop();
      }
    },
  };
}

type Queue = ReturnType<typeof openQueue>;

/** What mysql2 offers to hold a connection back; zongji keeps its own in a member without a type. */
interface Pausable {
  pause(): void;
  resume(): void;
  query(sql: string, done: () => void): void;
  readonly stream: EventEmitter;
}

function openQueue(zongji: ZongJi) {
  let waiting: BinlogEvent[] = [];
  let failure: { readonly why: unknown } | null = null;
  let heardAt = performance.now();
  let paused = false;
  let wake: (() => void) | undefined;
  const watch = setInterval(() => {
    if (paused || performance.now() - heardAt < SILENT_MS) return;
    fail(new HubError('SOURCE_UNAVAILABLE', `the database sent nothing of its log for ${SILENT_MS} ms`));
  }, HEARTBEAT_MS);
  function fail(why: unknown): void {
    clearInterval(watch);
    failure ??= { why };
    wake?.();
  }
  return {
    fail,
    push(event: BinlogEvent): void {
      heardAt = performance.now();
      waiting.push(event);
      // Asked for at each event beyond the limit: zongji itself resumes after it has looked up a table's columns.
      if (waiting.length >= MOST_WAITING) {
        paused = true;
        streamOf(zongji)?.pause();
      }
      wake?.();
    },
    async next(): Promise<readonly BinlogEvent[]> {
      if (paused) {
        paused = false;
        heardAt = performance.now();
        const full = waiting;
        waiting = [];
        streamOf(zongji)?.resume();
        return full;
      }
      if (waiting.length === 0 && failure === null) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
      // What was read before a failure is whole; the failure comes with the next call.
      if (waiting.length === 0 && failure !== null) throw failure.why;
      const events = waiting;
      waiting = [];
      return events;
    },
  };
}

function streamOf(zongji: ZongJi): Pausable | null {
  return (zongji as unknown as { connection: Pausable | null }).connection;
}

function follow(zongji: ZongJi, queue: Queue, from: BinlogPlace): void {
  let { file } = from;
  const emitter = zongji as unknown as EventEmitter;
  emitter.on('ready', () => {
    const period = HEARTBEAT_MS * 1_000_000;
    const stream = streamOf(zongji);
    // A dump that the server ends politely, as when its session is killed, is no error to zongji.
    stream?.stream.once('close', () => queue.fail(lost()));
    // The first name is MariaDB's and older MySQL's, the second the newer's; a server ignores the one it does not know.
    stream?.query(`set @master_heartbeat_period = ${period}, @source_heartbeat_period = ${period}`, () => {});
  });
  emitter.on('error', (error: unknown) => queue.fail(told(error)));
  emitter.on('binlog', (event: AnyEvent) => {
    const place = { file, position: event.nextPosition };
    switch (event.getTypeName()) {
      case 'Rotate':
        file = event.binlogName;
        break;
      case 'Heartbeat':
        queue.push({
          kind: 'idle',
          place: { file: event.binlogName, position: Number(event.position ?? place.position) },
        });
        break;
      case 'Xid':
        queue.push({ kind: 'end', place });
        break;
      case 'Query': {
        const text = event.query.replace(/^(?:\s|\/\*(?!!)[\s\S]*?\*\/|--[^\n]*\n|#[^\n]*\n)+/, '');
        if (END.test(text)) queue.push({ kind: 'end', place });
        else if (!BEGIN.test(text) && !WITHIN.test(text)) queue.push({ kind: 'statement', text, place });
        break;
      }
      case 'WriteRows':
      case 'UpdateRows':
      case 'DeleteRows':
        pushRows(event, queue);
        break;
      default:
    }
  });
}

interface AnyEvent {
  readonly gtid?: string;
  readonly nextPosition: number;
  readonly position?: number | string;
  readonly timestamp: number;
  readonly binlogName: string;
  readonly query: string;
  readonly tableId: number;
  readonly tableMap: Readonly<Record<number, { readonly tableName: string }>>;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  getTypeName(): string;
}

function pushRows(event: AnyEvent, queue: Queue): void {
  const table = event.tableMap[event.tableId]?.tableName ?? '';
  const type = event.getTypeName();
  for (const row of event.rows) {
    const { before, after } =
      type === 'UpdateRows'
        ? (row as { before: BinlogRow; after: BinlogRow })
        : { before: type === 'DeleteRows' ? row : null, after: type === 'WriteRows' ? row : null };
    queue.push({ kind: 'row', table, before, after, at: event.timestamp, gtid: event.gtid ?? null });
  }
}

/** What the server or the decoder says holds addresses, SQL or values, so it stays in the cause. */
function told(error: unknown): Error {
  const { errno, code, fatal } = error as { errno?: number; code?: string; fatal?: boolean };
  if (errno === CANNOT_READ_ON) return new BinlogGap('the server cannot send its log from this place', error);
  if (code === undefined && errno === undefined && fatal === undefined) {
    return new BinlogGap('the log holds something that cannot be decoded', error);
  }
  return lost(error);
}

function lost(cause?: unknown): HubError {
  return new HubError('SOURCE_UNAVAILABLE', 'the connection that follows the database’s log was lost', { cause });
}
