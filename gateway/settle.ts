import { type FormattedError, formatGraphqlError } from './format-error.ts';
import type { OperationClock } from './operation-clock.ts';
import type { MakeContext, OperationContext, OperationRequest } from './operation-request.ts';

/** What a piece of work would let leave. */
export interface Leaving {
  /** Null where nothing of it would. */
  readonly data: Readonly<Record<string, unknown>> | null | undefined;
  readonly errors: readonly FormattedError[];
}

export type Worked<T> =
  | { readonly failed: false; readonly result: T; readonly hadContext: boolean }
  | {
      readonly failed: true;
      /** What was thrown. */
      readonly error: unknown;
      readonly errors: readonly FormattedError[];
      readonly hadContext: boolean;
    };

interface Work<T> {
  readonly contextFor: MakeContext;
  readonly request: Omit<OperationRequest, 'signal'>;
  readonly clock: OperationClock;
  /** The work itself; it makes its context at most once, when it is about to begin. */
  readonly work: (makeContext: () => Promise<OperationContext>) => Promise<T>;
  readonly leaving: (result: T) => Leaving;
  readonly errorsOf?: (error: unknown) => readonly FormattedError[];
}

/**
 * One deadline's worth of work with a context of its own. The context is told what would leave, once, and what it
 * throws then is all that leaves.
 */
export async function settledWork<T>(asked: Work<T>): Promise<Worked<T>> {
  const { contextFor, request, clock, work, leaving } = asked;
  const { errorsOf = (error) => [formatGraphqlError(error)] } = asked;
  let context: OperationContext | undefined;
  let isOver = false;

  async function makeContext(): Promise<OperationContext> {
    const made = await contextFor({ ...request, signal: clock.signal });
    // The answer, that it took too long, has left without it.
    if (isOver) throw new Error('The operation was answered while its context was being made');
    context = made;
    return made;
  }

  const overtime = clock.overtime.then((error) => {
    throw error;
  });
  const worked = await Promise.race([work(makeContext), overtime]).then(
    (result) => ({ failed: false, result, ...leaving(result) }) as const,
    (error: unknown) => ({ failed: true, error, data: null, errors: errorsOf(error) }) as const,
  );
  isOver = true;
  const hadContext = context !== undefined;
  try {
    const codes = [...new Set(worked.errors.map(({ outward }) => outward.extensions.code))];
    await context?.settle({ codes, hasData: worked.data != null, answered: isAnswered(worked) });
  } catch (error) {
    return { failed: true, error, errors: [formatGraphqlError(error)], hadContext };
  }
  return worked.failed
    ? { failed: true, error: worked.error, errors: worked.errors, hadContext }
    : { failed: false, result: worked.result, hadContext };
}

/** An empty answer is one too: nobody was found. */
function isAnswered({ data, errors }: Leaving): boolean {
  const refused = new Set(errors.map(({ outward }) => outward.path?.[0]));
  return Object.entries(data ?? {}).some(([name, value]) => value !== null || !refused.has(name));
}
