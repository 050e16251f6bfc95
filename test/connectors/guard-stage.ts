import { type GuardOptions, guardSource } from '../../connectors/guard.ts';
import type { Caller } from '../../core/caller.ts';
import { HubError } from '../../core/errors.ts';
import type { Answer, CallOptions, ReadRequest, Source } from '../../core/source.ts';

export const caller: Caller = { actor: 'guard', requestId: 'guard' };
export const request: ReadRequest = { entity: 'parcels', lookup: 'byNumber', keys: ['a', 'b'], fields: ['x'] };
export const rows: readonly Answer[] = [[{ x: 1 }], []];
export const unavailable = (options: { retryAfterMs?: number } = {}) =>
  new HubError('SOURCE_UNAVAILABLE', 'the system could not be reached', options);

export type Read = (call: number, options: CallOptions) => Promise<readonly Answer[]>;

/** A source that does as each call says, behind a guard. */
export function stage(
  read: Read,
  options: Partial<GuardOptions> & { check?: () => Promise<void>; search?: Source['search'] } = {},
) {
  const { check = async () => {}, search, ...rest } = options;
  const counted = { calls: 0, running: 0, mostRunning: 0, closed: 0 };
  const source: Source = {
    read: async (_, callOptions) => {
      counted.calls += 1;
      counted.running += 1;
      counted.mostRunning = Math.max(counted.mostRunning, counted.running);
      try {
        return await read(counted.calls, callOptions);
      } finally {
        counted.running -= 1;
      }
    },
    ...(search !== undefined && { search }),
    check,
    close: async () => {
      counted.closed += 1;
    },
  };
  const guarded = guardSource(source, {
    sector: 'land',
    timeoutMs: 1_000,
    concurrency: 4,
    retries: 2,
    random: () => 0.1,
    ...rest,
  });
  return { guarded, counted, ask: (signal = never()) => guarded.read(request, { caller, signal }) };
}

export const never = () => new AbortController().signal;
export const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
export const hanging = () => new Promise<never>(() => {});
