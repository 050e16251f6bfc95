import { createRequire } from 'node:module';

/**
 * graphql-jit calls these helpers from every compiled operation. As delivered they let an exception thrown while a
 * value is completed (a getter, an iterator, a type resolver) escape into a promise nobody awaits, which ends the
 * process and leaves the operation waiting for ever; they put the error of a rejected list item at the wrong index; and
 * they tell one propagated null as many errors as there were fields below it. They are replaced here, once, by ones
 * that turn whatever goes wrong into an error of the field it belongs to. test/gateway/conformance*.ts holds them to
 * graphql-js.
 */
interface JitRuntime {
  callResolver: (context: JitContext, call: () => unknown, succeed: Complete, fail: Complete) => void;
  handleResolverResult: HandleValue;
  handleListItemResult: HandleValue;
  finalizeResult: (context: JitContext) => Promise<unknown> | undefined;
  isPromise: (value: unknown) => value is PromiseLike<unknown>;
}

interface JitContext {
  promiseCounter: number;
  resolve?: (context: JitContext) => void;
  trimmer: Trimmer;
}

type Complete = (value: unknown) => void;
type HandleValue = (context: JitContext, value: unknown, succeed: Complete, fail: Complete) => void;
type Trimmer = (data: unknown, errors: readonly TrimmedError[]) => { data: unknown; errors: readonly TrimmedError[] };
type TrimmedError = { readonly path?: readonly (string | number)[] };

/** Makes the replacement. Doing it again changes nothing. Throws when graphql-jit no longer has the shape known here. */
export function containRuntime(): void {
  const { jitRuntime } = createRequire(import.meta.url)('graphql-jit/dist/runtime.js') as { jitRuntime: JitRuntime };
  for (const name of ['callResolver', 'handleResolverResult', 'handleListItemResult', 'finalizeResult'] as const) {
    if (typeof jitRuntime[name] !== 'function') throw new Error(`graphql-jit has no ${name} to contain any more`);
  }
  Object.assign(jitRuntime, contained);
}

const contained: Omit<JitRuntime, 'isPromise'> = {
  callResolver(context, call, succeed) {
    let value: unknown;
    try {
      value = call();
    } catch (thrown) {
      value = asError(thrown);
    }
    handle(context, value, succeed);
  },
  handleResolverResult: handle,
  handleListItemResult: handle,
  finalizeResult(context) {
    const { trimmer } = context;
    context.trimmer = (data, errors) => trimOnce(trimmer, data, errors);
    if (context.promiseCounter === 0) return undefined;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    context.resolve = resolve;
    return promise;
  },
};

function handle(context: JitContext, value: unknown, succeed: Complete): void {
  if (!isThenable(value)) {
    complete(value, succeed);
    return;
  }
  context.promiseCounter += 1;
  const settle = (settled: unknown): void => {
    complete(settled, succeed);
    context.promiseCounter -= 1;
    if (context.promiseCounter === 0) context.resolve?.(context);
  };
  // A foreign thenable may call back at once or twice; a promise around it does neither.
  const promise = value instanceof Promise ? value : Promise.resolve(value);
  promise.then(settle, (reason: unknown) => settle(asError(reason)));
}

/** Compiled code takes an Error given as a value for that field's or item's error, at the right path. */
function complete(value: unknown, succeed: Complete): void {
  try {
    succeed(value);
  } catch (thrown) {
    succeed(asError(thrown));
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('A value that is no Error was thrown.', { cause: thrown });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Propagates one null after the other and leaves out errors below what an earlier one has already made null. */
function trimOnce(trimmer: Trimmer, data: unknown, errors: readonly TrimmedError[]): ReturnType<Trimmer> {
  let trimmed = data;
  const told: TrimmedError[] = [];
  for (const error of errors) {
    if (liesBelowNull(trimmed, error.path ?? [])) continue;
    const step = trimmer(trimmed, [error]);
    trimmed = step.data;
    told.push(...step.errors);
  }
  return { data: trimmed, errors: told };
}

function liesBelowNull(data: unknown, path: readonly (string | number)[]): boolean {
  let current = data;
  for (const key of path) {
    if (current === null || current === undefined) return true;
    current = (current as Readonly<Record<string | number, unknown>>)[key];
  }
  return false;
}
