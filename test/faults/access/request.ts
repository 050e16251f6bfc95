import { type Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** One request, as exactly as a client can tell how it ended. */
export interface Exchange {
  /** When it was sent and when it ended, UTC milliseconds. */
  readonly at: number;
  readonly until: number;
  /** Finer than the two above, milliseconds. */
  readonly tookMs: number;
  /**
   * `answered`: the whole answer came. `refused`: nobody listened, so nothing was sent. `broken`: it was sent, and the
   * connection ended or the time was over before the answer was whole.
   */
  readonly ended: 'answered' | 'refused' | 'broken';
  /** Of a request that was not answered: the code of what happened, and whether its connection had served others. */
  readonly why: string;
  /** 0 where no answer began. */
  readonly status: number;
  readonly requestId: string;
  /** As much as came. */
  readonly text: string;
}

export interface Sending {
  readonly address: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** As JSON, unless it is a text or bytes. */
  readonly body?: unknown;
  /** A new connection for this request where there is none. */
  readonly agent?: Agent | undefined;
  /** For an address of https. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string } | undefined;
  readonly mostMs?: number;
}

const MOST_MS = 20_000;
const MOST_BYTES = 16 * 1024 * 1024;

/** Sends once, whatever happens. Never rejects. */
export function send(sending: Sending): Promise<Exchange> {
  const { address, path = '/graphql', method = 'POST', headers = {}, body, agent, tls, mostMs = MOST_MS } = sending;
  const bytes = Buffer.isBuffer(body) || typeof body === 'string' ? Buffer.from(body) : Buffer.from(json(body));
  const hasBody = method !== 'GET';
  const length = hasBody ? { 'content-length': String(bytes.length) } : {};
  const type = hasBody ? { 'content-type': 'application/json' } : {};
  const options: RequestOptions = {
    method,
    // Not a name of every header twice: whoever states one means it.
    headers: { ...length, ...type, ...headers },
    ...(agent === undefined ? { agent: false as const } : { agent }),
    ...tls,
  };
  const at = Date.now();
  const startedAt = performance.now();
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  let answer: IncomingMessage | undefined;
  const parts: Buffer[] = [];
  let size = 0;
  let why = '';
  const end = (ended: Exchange['ended']): void => {
    clearTimeout(timer);
    resolve({
      ...{ at, until: Date.now(), tookMs: performance.now() - startedAt, ended, why },
      status: answer?.statusCode ?? 0,
      requestId: String(answer?.headers['x-request-id'] ?? ''),
      text: Buffer.concat(parts).toString(),
    });
  };
  const sent = (address.startsWith('https:') ? httpsRequest : httpRequest)(address + path, options, (response) => {
    answer = response;
    response.on('data', (part: Buffer) => {
      size += part.length;
      if (size > MOST_BYTES) sent.destroy();
      else parts.push(part);
    });
    // Node tells by this whether all came that the head had announced.
    response.on('end', () => end(response.complete ? 'answered' : 'broken'));
    response.on('error', () => end('broken'));
  });
  const timer = setTimeout(() => sent.destroy(new Error('Nothing came in time')), mostMs);
  sent.on('error', (error: NodeJS.ErrnoException) => {
    why = [error.code ?? error.message, sent.reusedSocket ? 'reused' : 'own'].join(' ');
    end(error.code === 'ECONNREFUSED' ? 'refused' : 'broken');
  });
  sent.on('close', () => end('broken'));
  sent.end(hasBody ? bytes : undefined);
  return promise;
}

function json(body: unknown): string {
  return JSON.stringify(body ?? null);
}

/** What a GraphQL answer holds; null for what is none. */
export interface Answer {
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions?: { readonly code?: string; readonly sector?: string };
  }[];
}

export function answerIn({ ended, text }: Pick<Exchange, 'ended' | 'text'>): Answer | null {
  if (ended !== 'answered') return null;
  try {
    const { data = null, errors = [] } = JSON.parse(text) as Partial<Answer>;
    return { data, errors };
  } catch {
    return null;
  }
}

/** Fields of the root that hold anything but nulls and empty lists. */
export function servedIn(data: unknown): number {
  return data === null || data === undefined
    ? 0
    : Object.values(data as object).filter((value) => !isEmpty(value)).length;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && (value === null || Object.values(value).every((one) => isEmpty(one)));
}
