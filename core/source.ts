import type { Caller } from './caller.ts';
import type { ListChanges } from './changes.ts';

/**
 * The port behind which every sector system stands. An adapter (connectors/*.ts) speaks one protocol and nothing else:
 * it knows how to ask and how to take an answer apart, not what the answer means.
 */
export interface Source {
  /** Called by the resolvers' loaders, many times a request. Answers are as many as keys and in their order. */
  read(request: ReadRequest, options: CallOptions): Promise<readonly Answer[]>;
  /** Called for searches that only the system itself can do. Absent where the system cannot. */
  search?(request: SearchRequest, options: CallOptions): Promise<SearchAnswer>;
  /** Called by capture. Absent where the system cannot list what changed. */
  listChanges?: ListChanges | undefined;
  /** Called by health checks: resolves when the system answers, rejects with a HubError when not. Changes nothing. */
  check(options: CallOptions): Promise<void>;
  /** Called once at shutdown; calling it again does nothing. */
  close(): Promise<void>;
}

/** One key of a lookup: one text, or several in the order the lookup declares. */
export type Key = string | readonly string[];

/** What a source returns for a record: values as the protocol gave them, under the source's own field names. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * The answer for one key. Rows (none: asked, and there is nothing), `null` (the system says it has no such key), or an
 * Error for this key alone. When the whole call failed the promise rejects, and the failure counts for every key.
 */
export type Answer = readonly Row[] | null | Error;

export interface ReadRequest {
  readonly entity: string;
  readonly lookup: string;
  /** At most as many as the lookup's batchSize; distinct. */
  readonly keys: readonly Key[];
  /** The source's own names of the fields wanted; a row holds these, and may hold more. */
  readonly fields: readonly string[];
}

export interface SearchRequest {
  readonly entity: string;
  readonly criteria: Readonly<Record<string, string>>;
  readonly fields: readonly string[];
  /** Most rows wanted. */
  readonly limit: number;
}

export interface SearchAnswer {
  readonly rows: readonly Row[];
  /** True when the system holds matches beyond the limit. */
  readonly more: boolean;
}

export interface CallOptions {
  readonly caller: Caller;
  /** Aborts when the caller is gone or the deadline has passed; an adapter passes it to the bottom. */
  readonly signal: AbortSignal;
  /** Nobody waits at a counter: the system may take ten times as long. */
  readonly unhurried?: boolean | undefined;
}

/** What a system can do, as data. `sectors` shows it; the engine asks for a capability, never for a name. */
export interface Capabilities {
  /** lookup → most keys one call takes. */
  readonly batchSizes: Readonly<Record<string, number>>;
  readonly search: boolean;
  readonly protocol: string;
}

/** "Any" number of keys still has a limit, or one statement could hold a million. */
export const ANY_BATCH_SIZE = 1000;

/** A source under guard, which knows how its system fares. */
export interface WatchedSource extends Source {
  health(): SourceHealth;
}

export interface SourceHealth {
  readonly status: 'UP' | 'DEGRADED' | 'DOWN' | 'UNKNOWN';
  /** When the system last answered, UTC milliseconds. */
  readonly lastSeenAt: number | null;
  /** How long its last answer took, milliseconds. */
  readonly latencyMs: number | null;
}
