import type { Caller } from '../../core/caller.ts';
import type { ChangePosition } from '../../core/changes.ts';
import type { Field } from '../../core/declaration.ts';
import { FaultyValue } from '../../core/faulty-value.ts';
import type { Key, Row } from '../../core/source.ts';
import type { SettingValues } from '../setting-name.ts';
import { malformed } from './answer.ts';
import { compilePath, listOf, type PathReader } from './paths.ts';
import type { RestRequest } from './request.ts';

/** How a system is asked for one kind of record. Paths are those of connectors/rest/paths.ts. */
export interface RestEntity {
  /** GraphQL type the records become. */
  readonly type: string;
  readonly identity: readonly string[];
  /** Their `from` are paths within a record; the empty path is the whole record. */
  readonly fields: Readonly<Record<string, Field>>;
  readonly lookups: Readonly<Record<string, RestLookup>>;
  readonly search?: RestSearch | undefined;
  /** How the system lists what changed. The hub then asks again and again. */
  readonly changes?: RestChanges | undefined;
  /** Paths that every record has. Where one is absent the system has changed, and the field is malformed, not empty. */
  readonly always?: readonly string[] | undefined;
}

export interface RestLookup {
  /** Most keys in one call. */
  readonly batchSize: number;
  /** Most rows the system gives for one key. */
  readonly limitPerKey?: number | undefined;
  /** How many texts make a key. Standard: 1, and then keys are texts and not lists. */
  readonly keyParts?: number | undefined;
  readonly request: (keys: readonly Key[], caller: Caller, settings: SettingValues) => RestRequest;
  /** Path of the records: a list of them, a single one, or null for none. */
  readonly rows: string;
  /**
   * Where a record says which of the keys it answers: paths, whose values may be lists, or a function. A record that
   * says nothing cannot be handed to anyone, and keys that got no other are malformed instead of empty.
   */
  readonly keys: readonly string[] | ((row: Readonly<Record<string, unknown>>) => readonly Key[]);
  /** Brings the asked and the stated form of a key together, such as upper case. Standard: they are the same text. */
  readonly normaliseKey?: ((key: string) => string) | undefined;
  /** Statuses by which the system says that it has no such key. Only where one key is asked at a time. */
  readonly absent?: readonly number[] | undefined;
  /** Said by who has made sure that the keys in the address are nobody's personal numbers. */
  readonly keyInUrl?: 'not personal' | undefined;
}

export interface RestSearch {
  readonly request: (
    criteria: Readonly<Record<string, string>>,
    limit: number,
    caller: Caller,
    settings: SettingValues,
  ) => RestRequest;
  readonly rows: string;
  /** Whether the answer says that there are more. Without it one row more than wanted is asked for. */
  readonly more?: ((answer: unknown) => boolean) | undefined;
  /** Most rows the system gives at once. */
  readonly most?: number | undefined;
}

export interface RestChanges {
  /** @param after only what comes after this place, by (time, code); null: from the beginning */
  readonly request: (
    after: ChangePosition | null,
    limit: number,
    caller: Caller,
    settings: SettingValues,
  ) => RestRequest;
  readonly rows: string;
  /** Whether the answer says that there are more. Without it as many rows as were asked for mean that there may be. */
  readonly more?: ((answer: unknown) => boolean) | undefined;
  /** Most rows the system gives at once. */
  readonly most?: number | undefined;
  /** Where in that order a record stands. */
  readonly place: Field<ChangePosition>;
}

/** Reads records of one kind. Compiled once for each choice of fields. */
export type RowReader = (record: Readonly<Record<string, unknown>>) => Row;

export function compileRow(fields: readonly string[], always: readonly string[]): RowReader {
  const plan = fields.map((path): [string, PathReader, boolean] => [path, compilePath(path), always.includes(path)]);
  return (record) => {
    const row: Record<string, unknown> = {};
    for (const [path, read, demanded] of plan) {
      const value = read(record);
      row[path] = demanded && value === undefined ? new FaultyValue(`a value at ${path}`, 'nothing') : value;
    }
    return row;
  };
}

/** @throws HubError SOURCE_MALFORMED where no records can stand there */
export function recordsAt(answer: unknown, path: string, read: PathReader): readonly unknown[] {
  // Null where the records stand says that there are none; null instead of the whole answer says nothing.
  const value = answer === null && path !== '' ? undefined : read(answer);
  const records = value instanceof FaultyValue ? undefined : listOf(value);
  if (records === undefined) throw malformed('a list of records, a record or null', value, path);
  return records;
}

export type Keyed = (record: Readonly<Record<string, unknown>>) => readonly string[];

/** Compiles how a record names its keys. The function throws FaultyValue for a record that does not. */
export function compileKeys({ keys, normaliseKey }: RestLookup): Keyed {
  if (typeof keys === 'function') return (record) => keys(record).map((key) => canonical(key, normaliseKey));
  const readers = keys.map(compilePath);
  return (record) => {
    const stated: string[] = [];
    for (const read of readers) {
      const value = read(record);
      if (value instanceof FaultyValue) throw value;
      for (const one of listOf(value) ?? []) {
        if (typeof one === 'string' && one !== '') stated.push(canonical(one, normaliseKey));
        else if (typeof one === 'number') stated.push(canonical(String(one), normaliseKey));
      }
    }
    if (stated.length === 0) throw new FaultyValue(`a key at ${keys.join(' or ')}`, 'nothing');
    return stated;
  };
}

/** One text for a key, the same for all keys that are the same. */
export function canonical(key: Key, normaliseKey?: (key: string) => string): string {
  const normalise = normaliseKey ?? ((text: string) => text);
  return typeof key === 'string' ? normalise(key) : JSON.stringify(key.map(normalise));
}
