import type { GraphQLResolveInfo } from 'graphql';
import type { Caller } from '../core/caller.ts';
import { HubError } from '../core/errors.ts';
import type { Mapped } from '../core/mapping.ts';
import type { Entity } from '../core/open-sector.ts';
import type { Key } from '../core/source.ts';
import type { OperationAccess } from './access.ts';
import { createIndexLoaders, type IndexLoaders } from './index-loaders.ts';
import { createLoader, type Loader } from './loader.ts';
import { type Plan, planOf } from './plan.ts';
import type { Registry } from './registry.ts';

/**
 * One operation of one caller: its loaders, its budget of calls, its deadline. It is GraphQL's context value. Nothing
 * in it outlives the operation or is seen by another, since two callers may be allowed to see different things.
 */
export interface Operation {
  readonly registry: Registry;
  readonly caller: Caller;
  /** What its caller may see, and what they were shown. */
  readonly access: OperationAccess;
  readonly signal: AbortSignal;
  /** Called by every root field before it asks anything. */
  begin(info: GraphQLResolveInfo): void;
  readonly plan: Plan;
  /**
   * The records an entity has under a key; null where the system says it has no such key. Asked once for a key in an
   * operation, together with all the other keys asked for in the same moment.
   *
   * @throws HubError when the system failed, or BUDGET_EXCEEDED
   */
  records(entity: Entity, by: string, key: Key): Promise<readonly Mapped[] | null>;
  /** Reads what the hub knows of dossiers, of which no system has to be asked. */
  readonly index: IndexLoaders;
  /** Numbers remembered to be the same person's as this one. */
  pairedNumbers(number: string): Promise<readonly string[]>;
  /** Takes from a budget of its own, one unit unless said otherwise; false when it does not hold so many. */
  spend(purpose: string, most: number, amount?: number): boolean;
  /**
   * Counts records that go into the answer: a question may lead in circles (parcel, holder, parcel …) and double its
   * answer at every turn without a single further call.
   *
   * @throws HubError BUDGET_EXCEEDED
   */
  admit(records: number): void;
  /** Anything that is to be worked out once in an operation. */
  once<T>(key: string, make: () => T): T;
}

export interface OperationRequest {
  readonly caller: Caller;
  readonly access: OperationAccess;
  readonly signal: AbortSignal;
}

type RecordLoader = Loader<Key, readonly Mapped[] | null>;

export function createOperation(registry: Registry, request: OperationRequest): Operation {
  const { caller, access, signal } = request;
  const loaders = new Map<Entity, Map<string, RecordLoader>>();
  const kept = new Map<string, unknown>();
  const pairedNumbers = createLoader((numbers: readonly string[]) => registry.numberPairs.of(numbers), {
    maxBatchSize: 500,
  });
  const spent = new Map<string, number>();
  let plan: Plan | undefined;
  let admitted = 0;

  const operation: Operation = {
    registry,
    caller,
    access,
    signal,
    begin(info) {
      plan ??= planOf(info, registry.sectors, access.refused);
    },
    get plan() {
      if (plan === undefined) throw new Error('A field was resolved before the operation began');
      return plan;
    },
    records(entity, by, key) {
      let lookups = loaders.get(entity);
      if (lookups === undefined) {
        lookups = new Map();
        loaders.set(entity, lookups);
      }
      let loader = lookups.get(by);
      if (loader === undefined) {
        loader = createRecordLoader(operation, entity, by);
        lookups.set(by, loader);
      }
      return loader(key);
    },
    index: createIndexLoaders(registry, access),
    pairedNumbers,
    spend(purpose, most, amount = 1) {
      const after = (spent.get(purpose) ?? 0) + amount;
      if (after > most) return false;
      spent.set(purpose, after);
      return true;
    },
    admit(records) {
      const { recordsPerOperation } = registry.limits;
      admitted += records;
      if (admitted <= recordsPerOperation) return;
      throw new HubError(
        'BUDGET_EXCEEDED',
        `the answer would hold more than the ${recordsPerOperation} records that one operation may bring; ask for fewer`,
      );
    },
    once<T>(key: string, make: () => T): T {
      if (!kept.has(key)) kept.set(key, make());
      return kept.get(key) as T;
    },
  };
  return operation;
}

function createRecordLoader(operation: Operation, entity: Entity, by: string): RecordLoader {
  const lookup = entity.declaration.lookups[by];
  if (lookup === undefined) throw new Error(`${entity.sector}.${entity.name} declares no lookup ${by}`);
  const { batchSize } = lookup;
  const load = async (keys: readonly Key[]) => {
    if (keys.length <= batchSize) return readBatch(operation, { entity, by, keys });
    // All calls of one wave are waited for together: if each let its own keys go on, the next wave would fall apart
    // into as many half-filled calls.
    const batches = Array.from({ length: Math.ceil(keys.length / batchSize) }, (_, place) =>
      readBatch(operation, { entity, by, keys: keys.slice(place * batchSize, (place + 1) * batchSize) }),
    );
    return (await Promise.all(batches)).flat();
  };
  return createLoader(load, { keyOf: (key) => (typeof key === 'string' ? key : key.join('\u0000')) });
}

async function readBatch(
  operation: Operation,
  ask: { entity: Entity; by: string; keys: readonly Key[] },
): Promise<readonly (readonly Mapped[] | null | Error)[]> {
  const { entity, by, keys } = ask;
  const { callsPerOperation } = operation.registry.limits;
  if (!operation.spend('calls', callsPerOperation)) {
    const message = `${entity.sector}: this would take more than the ${callsPerOperation} calls to sector systems that one operation may make; ask for fewer records or fields`;
    const error = new HubError('BUDGET_EXCEEDED', message, { sector: entity.sector });
    return keys.map(() => error);
  }
  const mapper = operation.plan.mapperOf(entity, by);
  operation.access.asked(entity.sector);
  try {
    const answers = await entity.source.read(
      { entity: entity.name, lookup: by, keys, fields: mapper.from },
      { caller: operation.caller, signal: operation.signal },
    );
    return answers.map((answer) => {
      if (answer === null) return null;
      return answer instanceof Error ? sourceError(answer, entity.sector) : answer.map(mapper.map);
    });
  } catch (error) {
    const failure = sourceError(error, entity.sector);
    return keys.map(() => failure);
  }
}

/** A stranger's error is kept as the cause and shown as "unavailable": its message may say anything. */
export function sourceError(error: unknown, sector: string): HubError {
  if (error instanceof HubError) return error.inSector(sector);
  return new HubError('SOURCE_UNAVAILABLE', `${sector}: its system could not be read`, { sector, cause: error });
}
