import type { Caller } from '../../core/caller.ts';
import type { Field } from '../../core/declaration.ts';
import { FaultyValue } from '../../core/faulty-value.ts';
import { ANY_BATCH_SIZE, type Answer, type Key, type Row } from '../../core/source.ts';
import { canonicalKey } from '../deal.ts';
import type { SettingValues } from '../setting-name.ts';
import { compileXml, type XmlScope, type XmlTree } from '../xml/xml.ts';

/** How a service is asked for one kind of record. Paths are those of connectors/xml/shape.ts. */
export interface SoapEntity {
  /** GraphQL type the records become. */
  readonly type: string;
  readonly identity: readonly string[];
  /** Their `from` are paths within a record's element. */
  readonly fields: Readonly<Record<string, Field>>;
  readonly lookups: Readonly<Record<string, SoapLookup>>;
  /** Paths every record has. Where one is absent the service has changed, and the field is malformed, not empty. */
  readonly always?: readonly string[] | undefined;
}

export interface SoapLookup {
  /** Most keys in one call. */
  readonly batchSize: number;
  /** Most rows the service gives for one key. */
  readonly limitPerKey?: number | undefined;
  /** Without a WSDL also the name of the element that asks. */
  readonly operation: string;
  /** Standard: what the WSDL says, or none. */
  readonly soapAction?: string | undefined;
  /** What stands inside the element that asks. */
  readonly body: (keys: readonly Key[], caller: Caller, settings: SettingValues) => XmlTree;
  /** Path of the records' element from the body. Its parent has to be there: an answer without it is another answer. */
  readonly rows: string;
  /**
   * Where a record says which of the keys it answers: paths, or a function of a row that holds `needs` too. May be left
   * out where one key is asked at a time: then all records are that key's.
   */
  readonly keys?: readonly string[] | ((row: Row) => readonly Key[]) | undefined;
  readonly needs?: readonly string[] | undefined;
  /** Brings the asked and the stated form of a key together. Standard: they are the same text. */
  readonly normaliseKey?: ((key: string) => string) | undefined;
  /** What it means when no record came, such as by a code beside them. Standard: asked, and there is nothing. */
  readonly whenEmpty?: Judgement<Answer> | undefined;
  /** A fault that is an answer, such as one that says that there is no such person; undefined leaves it a failure. */
  readonly whenFault?: Judgement<Answer | undefined> | undefined;
}

/** Judges by what stands at `needs`: paths from the body, or from the fault element. */
export interface Judgement<T> {
  readonly needs: readonly string[];
  readonly answer: (found: Row) => T;
}

/**
 * Checks one entity while the declaration is made.
 *
 * @throws Error that says what is wrong
 */
export function checkEntity({ type, fields, lookups, always = [] }: SoapEntity, scope: XmlScope): void {
  const paths = (place: string, list: readonly string[]) => {
    try {
      compileXml(list, scope);
    } catch (cause) {
      throw new Error(`${type}, ${place}: ${cause instanceof Error ? cause.message : 'a path cannot be'}`, { cause });
    }
  };
  paths('fields', [...Object.values(fields).flatMap(({ from }) => from), ...always]);
  for (const [name, lookup] of Object.entries(lookups)) {
    const { batchSize, rows, keys, needs = [], whenEmpty, whenFault } = lookup;
    if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > ANY_BATCH_SIZE) {
      throw new Error(`${type}, lookup ${name}: batchSize has to be a whole number from 1 to ${ANY_BATCH_SIZE}`);
    }
    if (batchSize > 1 && (keys === undefined || keys.length === 0)) {
      throw new Error(`${type}, lookup ${name}: keys has to say where a record states which key it answers`);
    }
    paths(`lookup ${name}`, [recordsPath(rows), ...(typeof keys === 'function' ? [] : (keys ?? [])), ...needs]);
    paths(`lookup ${name}, whenEmpty`, whenEmpty?.needs ?? []);
    paths(`lookup ${name}, whenFault`, whenFault?.needs ?? []);
  }
}

export function recordsPath(rows: string): string {
  return rows.endsWith('[]') ? rows : `${rows}[]`;
}

/** Path of the element that holds the records; undefined where that is the body itself. */
export function parentPath(rows: string): string | undefined {
  const slash = rows.lastIndexOf('/');
  return slash < 0 ? undefined : rows.slice(0, slash).replaceAll('[]', '');
}

/** Paths that are read to tell whose a record is. */
export function keyPaths({ keys, needs = [] }: SoapLookup): readonly string[] {
  return typeof keys === 'function' ? needs : (keys ?? []);
}

/** Compiles how a record names its keys; null where all records are the one key's. */
export function compileKeys({ keys, normaliseKey }: SoapLookup): ((row: Row) => readonly string[]) | null {
  if (keys === undefined) return null;
  if (typeof keys === 'function') return (row) => keys(row).map((key) => canonicalKey(key, normaliseKey));
  return (row) => {
    const stated: string[] = [];
    for (const path of keys) {
      for (const value of [row[path]].flat()) {
        if (typeof value === 'string' && value !== '') stated.push(canonicalKey(value, normaliseKey));
      }
    }
    if (stated.length === 0) throw new FaultyValue(`a key at ${keys.join(' or ')}`, 'nothing');
    return stated;
  };
}
