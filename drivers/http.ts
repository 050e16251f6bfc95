import { errors, Pool } from 'undici';
import { HubError } from '../core/errors.ts';

/**
 * HTTP to one system: a pool of kept-alive connections with a limit on everything. It follows no redirect (a system
 * that moved is told, not chased), decompresses nothing (a small answer could unfold without bound) and knows nothing
 * about what an answer means: the status is the caller's to judge. The only importer of undici.
 */
export interface HttpClient {
  /**
   * Rejects with HubError SOURCE_UNAVAILABLE when nobody could be reached or the connection broke, SOURCE_TIMEOUT when
   * the far side fell silent, SOURCE_MALFORMED when what came is not HTTP or is larger than allowed, and with the
   * signal's own reason when it was aborted. Any status resolves.
   */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** Breaks off what still runs; calling it again does nothing. */
  close(): Promise<void>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Joined to the base URL's own path; empty for the base URL itself. Keys in it are encoded by who puts them in. */
  readonly path: string;
  /** Joined to the base URL's own query; a list repeats its name. */
  readonly query?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  /** The only deadline of the whole answer: the client's own limits count silence, and a drip is not silent. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly bytes: Uint8Array;
}

export interface HttpOptions {
  readonly baseUrl: string;
  /** Largest answer, in bytes. */
  readonly maxBytes: number;
  /** Most connections open at once; further requests wait for one. */
  readonly connections: number;
  /** Longest silence before and within an answer, in milliseconds. */
  readonly silenceMs?: number | undefined;
  /** Longest wait for a connection, in milliseconds. */
  readonly connectMs?: number | undefined;
}

/** Connects to nothing until the first request. */
export function openHttp(options: HttpOptions): HttpClient {
  const { maxBytes, connections, silenceMs = 60_000, connectMs = 5_000 } = options;
  const base = new URL(options.baseUrl);
  const pool = new Pool(base.origin, {
    connections,
    maxResponseSize: maxBytes,
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    connectTimeout: connectMs,
    // The size limit is only kept over HTTP/1.1.
    allowH2: false,
  });
  let closing: Promise<void> | undefined;

  return {
    async request({ method, path, query, headers, body, signal }) {
      signal.throwIfAborted();
      try {
        const answer = await pool.request({
          method,
          path: targetOf(base, path, query),
          headers: { ...headers },
          body: body ?? null,
          signal,
        });
        const bytes = await answer.body.bytes();
        const encoding = answer.headers['content-encoding'];
        if (encoding !== undefined && encoding !== 'identity' && bytes.length > 0) {
          throw new HubError('SOURCE_MALFORMED', 'the answer is compressed, which was not asked for');
        }
        return { status: answer.statusCode, headers: answer.headers, bytes };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw failureOf(error, maxBytes);
      }
    },
    close() {
      closing ??= pool.destroy();
      return closing;
    },
  };
}

function targetOf(base: URL, path: string, query: HttpRequest['query']): string {
  const target = path === '' ? base.pathname : base.pathname.replace(/\/$/, '') + path;
  const search = new URLSearchParams(base.search);
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const one of typeof value === 'string' ? [value] : value) search.append(name, one);
  }
  if (search.size === 0) return target;
  return `${target}${target.includes('?') ? '&' : '?'}${search}`;
}

/** What the system was asked to do when a connection failed to come about; a code such as EHOSTUNREACH may also end one. */
const CONNECTING: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo']);

/**
 * Whether a request that was rejected certainly sent nothing, because no connection came about. False where that is
 * not certain, such as a kept-alive connection that broke.
 */
export function neverConnected(error: unknown): boolean {
  const cause = error instanceof HubError ? error.cause : error;
  if (cause instanceof errors.ConnectTimeoutError) return true;
  // A name with several addresses: each was tried.
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(neverConnected);
  return cause instanceof Error && 'syscall' in cause && CONNECTING.has(cause.syscall);
}

/** Undici's messages name hosts and ports: they go into the cause, which stays in the log. */
function failureOf(cause: unknown, maxBytes: number): unknown {
  if (cause instanceof HubError || cause instanceof errors.InvalidArgumentError) return cause;
  if (cause instanceof errors.ResponseExceededMaxSizeError) {
    return new HubError('SOURCE_MALFORMED', `the answer is larger than ${maxBytes} bytes`, { cause });
  }
  if (cause instanceof errors.HTTPParserError || cause instanceof errors.HeadersOverflowError) {
    return new HubError('SOURCE_MALFORMED', 'what answered does not speak HTTP', { cause });
  }
  if (cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError) {
    return new HubError('SOURCE_TIMEOUT', 'the system fell silent', { cause });
  }
  return new HubError('SOURCE_UNAVAILABLE', 'the system could not be reached', { cause });
}
