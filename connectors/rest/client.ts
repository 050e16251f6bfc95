import type { Caller } from '../../core/caller.ts';
import { HubError } from '../../core/errors.ts';
import { shapeOf } from '../../core/faulty-value.ts';
import type { HttpAnswer, HttpClient } from '../../drivers/http.ts';
import type { SettingValues } from '../setting-name.ts';
import type { TextEncodingName } from '../text/encodings.ts';
import { demandSuccess, readJson } from './answer.ts';
import type { Grant, RestAuth } from './auth.ts';
import { climbs, type RestRequest, writeRequest } from './request.ts';
import { keepTokens, type Tokens } from './tokens.ts';

export interface RestTalk {
  /**
   * How the system says that it failed with HTTP 200: its code for what went wrong, and whether it was only busy.
   * A code goes into messages; a text would not, since it may hold personal data.
   */
  readonly failure?: ((answer: unknown) => string | { readonly busy: string } | null | undefined) | undefined;
  /** Encoding of answers, where Content-Type does not say it or is wrong. */
  readonly encoding?: TextEncodingName | undefined;
  /** For systems that demand to be told who asks. Values that are not plain ASCII are percent-encoded. */
  readonly headersFrom?: ((caller: Caller) => Readonly<Record<string, string>>) | undefined;
}

interface AskOptions {
  readonly caller: Caller;
  readonly signal: AbortSignal;
  /** Statuses that mean: no such key. */
  readonly absent: readonly number[];
}

interface RestReply {
  /** The system has no such key; then there is no body. */
  readonly absent: boolean;
  readonly body?: unknown;
  /** What the system's clock showed, UTC milliseconds; null where it does not tell. */
  readonly date: number | null;
}

export interface RestClient {
  ask(request: RestRequest, options: AskOptions): Promise<RestReply>;
  check(probe: RestRequest | undefined, options: { caller: Caller; signal: AbortSignal }): Promise<void>;
}

export interface ClientParts {
  readonly auth: RestAuth | undefined;
  readonly settings: SettingValues;
  readonly talk: RestTalk;
}

/** Asks a system as the hub: signed in, signed in anew when the token has run out, and every failure told as one. */
export function openClient(http: HttpClient, { auth, settings, talk }: ClientParts): RestClient {
  const { failure, encoding, headersFrom } = talk;
  const grant = auth?.grant(settings);
  const tokens = grant === undefined ? undefined : openTokens(grant);

  function openTokens(granted: Grant): Tokens {
    if ('token' in granted) return { get: async () => granted.token };
    const { request, read } = granted.signIn;
    return keepTokens(async (signal) => {
      const answer = await http.request(writeRequest(request, signal));
      // A refused sign-in comes with 400 or 401, or with 200 and no token.
      if (answer.status !== 400 && answer.status !== 401) demandSuccess(answer);
      const token = answer.status < 300 ? read(readJson(answer, encoding)) : undefined;
      if (token === undefined) throw refusal('the system refused to sign the hub in');
      return token;
    });
  }

  /** One exchange. An answer that says the token is no longer good is told apart from all others. */
  async function exchange(request: RestRequest, options: AskOptions, token?: string): Promise<RestReply | 'expired'> {
    const { caller, signal, absent } = options;
    const headers = headersFrom === undefined ? request.headers : { ...headersFrom(caller), ...request.headers };
    const unsigned = headers === undefined ? request : { ...request, headers };
    const signed = token === undefined || auth === undefined ? unsigned : auth.place(unsigned, token);
    const answer: HttpAnswer = await http.request(writeRequest(signed, signal));
    const date = dateOf(answer.headers.date);
    if (absent.includes(answer.status)) return { absent: true, date };
    if (answer.status === 401 && tokens !== undefined) return 'expired';
    // A system that is told who asks refuses a person, not the hub: others are still answered.
    if (answer.status === 403 && headersFrom !== undefined) {
      throw new HubError('FORBIDDEN', 'the system does not answer this caller');
    }
    demandSuccess(answer);
    const body = readJson(answer, encoding);
    const expired = auth?.expired;
    return expired !== undefined && judged(body, expired) ? 'expired' : { absent: false, body, date };
  }

  async function ask(request: RestRequest, options: AskOptions): Promise<RestReply> {
    options.signal.throwIfAborted();
    if (climbs(request.path)) throw new HubError('BAD_USER_INPUT', 'what was asked for cannot be part of an address');
    const token = await tokens?.get(options.signal);
    let reply = await exchange(request, options, token);
    if (reply === 'expired' && tokens !== undefined) {
      const renewed = await tokens.get(options.signal, token);
      if (renewed !== token) reply = await exchange(request, options, renewed);
    }
    if (reply === 'expired') throw refusal('the system refuses the token it gave to the hub');
    if (!reply.absent && failure !== undefined) demandNoFailure(reply.body, failure);
    return reply;
  }

  return {
    ask,
    check: async (probe, { caller, signal }) => {
      if (probe !== undefined) {
        await ask(probe, { caller, signal, absent: [] });
        return;
      }
      await tokens?.get(signal);
      const answer = await http.request({ method: 'HEAD', path: '', signal });
      // Whatever the base URL says, somebody is there, unless it is a proxy that says that nobody is.
      if (answer.status >= 502 && answer.status <= 504) demandSuccess(answer);
    },
  };
}

function demandNoFailure(body: unknown, failure: NonNullable<RestTalk['failure']>): void {
  const failed = judged(body, failure);
  if (failed === undefined || failed === null) return;
  const busy = typeof failed === 'object';
  const code = shownCode(busy ? failed.busy : failed);
  if (busy) throw new HubError('SOURCE_UNAVAILABLE', `the system is busy (${code})`);
  // A refusal speaks of this question: it must not make the guard rest a system that answers others.
  throw new HubError('SOURCE_MALFORMED', `the system refused the question (${code})`);
}

/** Runs what a declaration says about an answer, which may be anything that JSON can be. */
export function judged<T>(body: unknown, judge: (body: unknown) => T): T {
  try {
    return judge(body);
  } catch {
    throw new HubError('SOURCE_MALFORMED', `expected an answer as declared, came ${shapeOf(body)}`);
  }
}

function dateOf(header: string | readonly string[] | undefined): number | null {
  const date = typeof header === 'string' ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? null : date;
}

function refusal(message: string): HubError {
  return new HubError('SOURCE_UNAVAILABLE', message, { retryable: false });
}

/** A code, also with its name before it, as in `ErrorCode E20`. Anything else might be a sentence about a person. */
function shownCode(code: string): string {
  const isCode = /^[\w.-]{1,32}$/.test(code) || /^\w{1,32} (?:[A-Z_]{1,32}|[\w.-]{0,31}\d)$/.test(code);
  return isCode && !/\d{8}/.test(code) ? code : 'its code is not shown';
}
