import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { type Compilable, createCompilableCheck } from './compilable.ts';
import { type CompiledOperation, createCompiler, originOf } from './compile.ts';
import { type FormattedError, formatGraphqlError, placeOf } from './format-error.ts';
import type { OperationContext } from './operation-request.ts';
import { plainFieldResolver } from './plain-field-resolver.ts';
import { specialize } from './specialize.ts';
import { schemaWithoutAbandonedPromises } from './unabandoned.ts';

export interface Operation {
  readonly source: string;
  /** Parsed and validated. The same text gives the same document as long as it is remembered. */
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** As they came. */
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  /** Called once, when the variables are in order and the operation is about to run. */
  readonly makeContext: () => Promise<OperationContext>;
}

/** The schema as it is served, and a copy whose fields refuse what the context refuses. */
export interface Schemas {
  readonly plain: GraphQLSchema;
  /** Null where nothing is ever refused. */
  readonly guarded: GraphQLSchema | null;
}

export interface Outcome {
  readonly data: Record<string, unknown> | null;
  readonly errors: readonly FormattedError[];
  readonly compiled: boolean;
}

/** What is known of an operation that came before; null versions could not be compiled. */
interface Acquaintance {
  times: number;
  compilable: Compilable | null | undefined;
  readonly versions: Map<string, CompiledOperation | null>;
}

const COMPILED_FROM_TIMES = 2;
/** Of the operations kept compiled, those that something is refused of have this part. */
const GUARDED_PART = 10;

/**
 * Runs operations: the first time with graphql-js, compiled from the second time on where that is safe. Both ways give
 * the same answers.
 *
 * @param compiledOperations most operations kept compiled; 0 compiles none
 * @returns a function that gives null where graphql-js refuses the variables: whoever asked has to tell that error
 */
export function createExecutor(
  { plain, guarded }: Schemas,
  { compiledOperations }: { compiledOperations: number },
): (asked: Operation) => Promise<Outcome | null> {
  const guardedOperations = Math.ceil(compiledOperations / GUARDED_PART);
  const runPlain = createRunner(plain, compiledOperations);
  const runGuarded = guarded === null ? null : createRunner(guarded, guardedOperations);

  return async (asked) => {
    const { coerced } = getVariableValues(plain, asked.operation.variableDefinitions ?? [], asked.variables ?? {});
    if (coerced === undefined) return null;
    const context = await asked.makeContext();
    const run = context.guarded ? runGuarded : runPlain;
    if (run === null) throw new Error('Something is refused, and there is no guarded schema to run on');
    return run(asked, coerced, context.value);
  };
}

type Run = (asked: Operation, coerced: Readonly<Record<string, unknown>>, contextValue: unknown) => Promise<Outcome>;

function createRunner(schema: GraphQLSchema, compiledOperations: number): Run {
  const known =
    compiledOperations > 0
      ? new LRUCache<OperationDefinitionNode, Acquaintance>({ max: compiledOperations })
      : undefined;
  const check = createCompilableCheck(schema);
  const compile = createCompiler(schema);
  const interpreted = schemaWithoutAbandonedPromises(schema);

  function compiledFor(asked: Operation, coerced: Readonly<Record<string, unknown>>): CompiledOperation | null {
    if (known === undefined) return null;
    const acquaintance = meet(known, asked.operation);
    if (acquaintance.times < COMPILED_FROM_TIMES) return null;
    if (acquaintance.compilable === undefined) acquaintance.compilable = check(asked.document, asked.operation);
    const { compilable, versions } = acquaintance;
    if (compilable === null || compilable.neverNull.some((name) => isMissing(coerced[name]))) return null;
    const version = compilable.conditions.map((name) => (coerced[name] === true ? '1' : '0')).join('');
    const existing = versions.get(version);
    if (existing !== undefined) return existing;
    const made = compileVersion(compile, asked, coerced);
    versions.set(version, made);
    return made;
  }

  return async (asked, coerced, contextValue) => {
    const compiled = compiledFor(asked, coerced);
    if (compiled === null) return interpret(interpreted, asked, contextValue);
    return outcomeOfCompiled(await compiled(contextValue, coerced));
  };
}

function meet(
  known: LRUCache<OperationDefinitionNode, Acquaintance>,
  operation: OperationDefinitionNode,
): Acquaintance {
  const met = known.get(operation);
  if (met !== undefined) {
    met.times += 1;
    return met;
  }
  const first: Acquaintance = { times: 1, compilable: undefined, versions: new Map() };
  known.set(operation, first);
  return first;
}

/** graphql-jit writes notes into the document it compiles, so it gets a copy that nobody else reads. */
function compileVersion(
  compile: ReturnType<typeof createCompiler>,
  { source, operation }: Operation,
  coerced: Readonly<Record<string, unknown>>,
): CompiledOperation | null {
  const document = specialize(parse(source), coerced);
  const copy = getOperationAST(document, operation.name?.value);
  return copy ? compile(document, copy) : null;
}

async function interpret(schema: GraphQLSchema, asked: Operation, contextValue: unknown): Promise<Outcome> {
  const { document, operation, variables } = asked;
  const { data = null, errors = [] } = await execute({
    schema,
    document,
    contextValue,
    operationName: operation.name?.value,
    variableValues: variables,
    fieldResolver: plainFieldResolver,
  });
  return { data, errors: errors.map((error) => formatGraphqlError(error)), compiled: false };
}

function outcomeOfCompiled({ data = null, errors = [] }: ExecutionResult): Outcome {
  const formatted = errors.map((error) => {
    const origin = originOf(error) ?? error;
    // As in graphql-js, an error that already knows its place in the answer or in the document keeps it.
    const own = placeOf(origin);
    return formatGraphqlError(origin, own.path === undefined ? { ...placeOf(error), ...own } : own);
  });
  return { data, errors: formatted, compiled: true };
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}
