import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  noJitterGenerator,
} from 'cockatiel';
import type { ListChangesAnswer, ListChangesRequest } from '../core/changes.ts';
import { HubError } from '../core/errors.ts';
import { integerSetting, type SettingsSpec, type SettingsValues } from '../core/setting.ts';
import type {
  Answer,
  CallOptions,
  ReadRequest,
  SearchAnswer,
  SearchRequest,
  Source,
  WatchedSource,
} from '../core/source.ts';
import { Abandoned, Call, openWatch } from './guard/call.ts';
import { type HealthRecord, openHealth } from './guard/health.ts';

export interface GuardOptions {
  /** Folder of the sector, put into every error. */
  readonly sector: string;
  /** Longest time from asking to the answer, waiting and repetitions included, in milliseconds. */
  readonly timeoutMs: number;
  /** Most calls at a time. */
  readonly concurrency: number;
  /** Most calls that wait for their turn; further ones are refused at once. Standard: 128 for each at a time. */
  readonly queueSize?: number | undefined;
  /** Most repetitions of a read or search that failed. */
  readonly retries: number;
  readonly breaker?: BreakerOptions | undefined;
  /** Clock of `lastSeenAt`, UTC milliseconds. */
  readonly now?: (() => number) | undefined;
  /** From 0 to 1: spreads the pauses between repetitions. */
  readonly random?: (() => number) | undefined;
}

interface BreakerOptions {
  /** Failures in a row after which the system is rested. Standard: 5. */
  readonly failures?: number | undefined;
  /** First rest in milliseconds; doubled each time up to `mostRestMs`. Standard: 1000 and 30000. */
  readonly restMs?: number | undefined;
  readonly mostRestMs?: number | undefined;
}

/** Read for each sector, as SECTOR_<FOLDER>_TIMEOUT_MS and so on. */
export const guardSettings = {
  TIMEOUT_MS: integerSetting({
    description:
      'Longest time one question to the system may take, waiting and repetitions included; capture, at which nobody waits, may take ten times as long',
    unit: 'milliseconds',
    standard: 3000,
    least: 1,
    most: 120_000,
  }),
  CONCURRENCY: integerSetting({
    description: 'Most questions the system is asked at the same time',
    unit: 'calls',
    standard: 8,
    least: 1,
    most: 256,
  }),
  RETRIES: integerSetting({
    description: 'Most repetitions of a question that failed in a way that may pass',
    unit: 'calls',
    standard: 2,
    least: 0,
    most: 2,
  }),
} as const satisfies SettingsSpec;

export function guardOptions(sector: string, settings: SettingsValues<typeof guardSettings>): GuardOptions {
  return {
    sector,
    timeoutMs: settings.TIMEOUT_MS,
    concurrency: settings.CONCURRENCY,
    retries: settings.RETRIES,
  };
}

/** How many times as long a question may take at which nobody waits. */
const PATIENCE = 10;
/** Pauses before repetitions are drawn from 0 to this many milliseconds, doubled each time. */
const PAUSE_MS = 100;

/**
 * Puts limits around a source: at most `concurrency` calls, the rest wait in line; what failed is repeated; a system
 * that keeps failing is rested; and everything together ends at the deadline. Every error that comes out is a HubError
 * that names the sector.
 *
 * Deadline and repetition are our own. A repetition has to know how much time its call has left and to stop waiting
 * when the call ends, which a policy shared by all calls cannot; and the library's timeout costs 10 µs a call.
 */
export function guardSource(source: Source, options: GuardOptions): WatchedSource {
  const { sector, timeoutMs, concurrency, retries, queueSize = concurrency * 128 } = options;
  const { now = Date.now, random = Math.random } = options;
  const { failures = 5, restMs = 1000, mostRestMs = 30_000 } = options.breaker ?? {};
  const places = bulkhead(concurrency, queueSize);
  const breaker = circuitBreaker(handleWhen(isOutage), {
    breaker: new ConsecutiveBreaker(failures),
    halfOpenAfter: new ExponentialBackoff({ initialDelay: restMs, maxDelay: mostRestMs, generator: noJitterGenerator }),
  });
  const hurried = { timeoutMs, watch: openWatch(timeoutMs) };
  const unhurried = { timeoutMs: timeoutMs * PATIENCE, watch: openWatch(timeoutMs * PATIENCE) };
  const health = openHealth(now);
  let closed: Promise<void> | undefined;

  function begin<T>({ caller, signal, ...options }: CallOptions, work: (call: Call) => Promise<T>): Promise<T> {
    if (signal.aborted) return Promise.reject(new Abandoned(signal.reason).inSector(sector));
    const { watch, timeoutMs: ownTimeoutMs } = options.unhurried === true ? unhurried : hurried;
    return new Promise((resolve, reject) => {
      const settle = (error: HubError) => reject(error.inSector(sector));
      const call = new Call(caller, signal, { timeoutMs: ownTimeoutMs, settle });
      watch.add(call, signal);
      work(call).then(
        (value) => {
          watch.remove(call, signal);
          resolve(value);
        },
        (error) => {
          watch.remove(call, signal);
          settle(outward(error));
        },
      );
    });
  }

  async function repeat<T>(call: Call, ask: (options: CallOptions) => Promise<T>): Promise<T> {
    for (let made = 1; ; made++) {
      // A call that is over must not become the one by which the breaker decides.
      call.demandWaiting();
      try {
        return await breaker.execute(() => {
          call.deciding = breaker.state === CircuitState.HalfOpen;
          return attempt(call, ask, health);
        });
      } catch (error) {
        call.deciding = false;
        if (made > retries || !mayPass(error)) throw error;
        const pauseMs = (error.retryAfterMs ?? 0) + random() * PAUSE_MS * 2 ** (made - 1);
        if (pauseMs >= call.remainingMs()) throw error;
        await call.pause(pauseMs);
      }
    }
  }

  function guarded<T>(ask: (options: CallOptions) => Promise<T>, options: CallOptions): Promise<T> {
    return begin(options, (call) => places.execute(() => repeat(call, ask)));
  }

  const search = source.search?.bind(source);
  const listChanges = source.listChanges?.bind(source);
  return {
    read: (request, options) =>
      guarded(async (inner) => checked(await source.read(request, inner), request, { sector, health }), options),
    ...(search !== undefined && {
      search: (request: SearchRequest, options: CallOptions): Promise<SearchAnswer> =>
        guarded((inner) => search(request, inner), options),
    }),
    ...(listChanges !== undefined && {
      listChanges: (request: ListChangesRequest, options: CallOptions): Promise<ListChangesAnswer> =>
        guarded((inner) => listChanges(request, inner), options),
    }),
    // Neither waits in line nor is held back by the breaker: it is how one learns that a system is back.
    check: (options) => begin(options, (call) => attempt(call, (inner) => source.check(inner), health, true)),
    close: () => (closed ??= source.close()),
    health: () => health.read(breaker.state !== CircuitState.Closed),
  };
}

async function attempt<T>(
  call: Call,
  ask: (options: CallOptions) => Promise<T>,
  health: HealthRecord,
  certain = false,
): Promise<T> {
  const startedAt = performance.now();
  try {
    const value = await call.run(() => ask(call.options));
    health.answered(startedAt);
    return value;
  } catch (error) {
    const told = outward(error);
    if (told.code === 'SOURCE_MALFORMED') health.malformed();
    else if (isOutage(told)) health.failed(certain);
    throw told;
  }
}

/**
 * Whether asking again may help. A breaker that opened meanwhile is no HubError: the system is to be left alone. A call
 * whose caller left ends in the pause that would come next.
 */
function mayPass(error: unknown): error is HubError {
  return error instanceof HubError && error.retryable;
}

/** Whether the system could not be had. Nonsense from it, our own refusals and callers that left are no outage. */
function isOutage(error: unknown): boolean {
  if (error instanceof Abandoned) return false;
  return !(error instanceof HubError) || error.code === 'SOURCE_UNAVAILABLE' || error.code === 'SOURCE_TIMEOUT';
}

function outward(error: unknown): HubError {
  if (error instanceof HubError) return error;
  if (error instanceof BrokenCircuitError) {
    return new HubError('SOURCE_UNAVAILABLE', 'the system is being rested after failures', { cause: error });
  }
  if (error instanceof BulkheadRejectedError) {
    return new HubError('SOURCE_UNAVAILABLE', 'too many calls wait for the system already', { cause: error });
  }
  return new HubError('SOURCE_UNAVAILABLE', 'the system could not be asked', { cause: error });
}

/** As many answers as keys; errors of single keys name the sector; every key failing alike is the system failing. */
function checked(
  answers: readonly Answer[],
  request: ReadRequest,
  context: { sector: string; health: HealthRecord },
): readonly Answer[] {
  const { length } = request.keys;
  if (!Array.isArray(answers) || answers.length !== length) {
    const came = Array.isArray(answers) ? String(answers.length) : typeof answers;
    throw new HubError('SOURCE_MALFORMED', `expected ${length} answers of ${request.entity}, came ${came}`);
  }
  if (!answers.some((answer) => answer instanceof Error)) return answers;
  const named = answers.map((answer) => (answer instanceof Error ? outward(answer).inSector(context.sector) : answer));
  const [first] = answers;
  if (first instanceof Error && answers.every((answer) => answer instanceof Error && isOutage(answer))) {
    throw outward(first);
  }
  if (named.some((answer) => answer instanceof HubError && answer.code === 'SOURCE_MALFORMED'))
    context.health.malformed();
  return named;
}
