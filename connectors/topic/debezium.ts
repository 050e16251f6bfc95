import { FaultyValue } from '../../core/faulty-value.ts';
import type { Row } from '../../core/source.ts';
import { type ColumnKind, kindOf, readColumn, type SchemaField } from './column.ts';

/** One change event of Debezium's MySQL connector, taken apart. */
export type TableChange =
  /** A row as it is after the change, under its column names. */
  | { readonly kind: 'kept'; readonly row: Row; readonly key: unknown; readonly formerKey: unknown; at: number | null }
  | { readonly kind: 'deleted'; readonly key: unknown; readonly at: number | null }
  /** Says nothing new: a tombstone behind a delete. */
  | { readonly kind: 'nothing' };

export interface DebeziumOptions {
  /** Column that holds the dossier's code. */
  readonly key: string;
  /** What columns hold where the events do not bring their schema, or bring too little of it. */
  readonly columns: Readonly<Record<string, ColumnKind>>;
}

type Struct = Readonly<Record<string, unknown>>;

/**
 * Reads an event: `{ before, after, source, op, ts_ms }`, alone or as the payload beside its schema.
 *
 * @throws FaultyValue for what is no such event
 */
export function readDebezium(
  record: { readonly key: string | null; readonly value: string | null },
  { key, columns }: DebeziumOptions,
): TableChange {
  if (record.value === null || record.value === '') return { kind: 'nothing' };
  const { payload, schema } = unwrap(parse(record.value));
  if (payload === null) return { kind: 'nothing' };
  const { op, before, after, source } = payload;
  const at = op === 'r' ? null : timeOf(source, payload);
  const stated = structOf(record.key === null ? null : unwrap(parse(record.key)).payload);
  const image = structOf(op === 'd' ? before : after);
  const kinds = { ...kindsIn(schema, op === 'd' ? 'before' : 'after'), ...columns };
  const keyIn = (struct: Struct | null) => (struct === null ? undefined : readColumn(struct[key], kinds[key]));
  if (op === 'd') return { kind: 'deleted', key: keyIn(image) ?? keyIn(stated), at };
  if (op !== 'c' && op !== 'u' && op !== 'r') throw new FaultyValue('an event with op c, u, d or r', 'another one');
  if (image === null) throw new FaultyValue('the row after the change', 'nothing');
  const row: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(image)) {
    // As a plain member this name would become the row's prototype.
    if (column !== '__proto__') row[column] = readColumn(value, kinds[column]);
  }
  return { kind: 'kept', row, key: row[key] ?? keyIn(stated), formerKey: keyIn(structOf(before)), at };
}

/** Numbers that a double may have changed keep their digits as text. */
function keepDigits(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  const { source } = context ?? {};
  if (typeof value !== 'number' || source === undefined) return value;
  const digits = source
    .replace(/[eE].*$/, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '');
  return digits.length <= 15 ? value : source;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1]);
  } catch {
    throw new FaultyValue('JSON', 'something else');
  }
}

function unwrap(value: unknown): { readonly payload: Struct | null; readonly schema: unknown } {
  if (value === null) return { payload: null, schema: null };
  const whole = structOf(value);
  if (whole === null) throw new FaultyValue('an object', 'something else');
  if (!('payload' in whole && 'schema' in whole)) return { payload: whole, schema: null };
  return { payload: structOf(whole.payload), schema: whole.schema };
}

function structOf(value: unknown): Struct | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Struct) : null;
}

function timeOf(source: unknown, envelope: Struct): number | null {
  const stamps = [structOf(source)?.ts_ms, envelope.ts_ms];
  return stamps.find((one): one is number => typeof one === 'number' && Number.isSafeInteger(one) && one > 0) ?? null;
}

/** What the event's own schema says of the columns of an image. */
function kindsIn(schema: unknown, image: 'before' | 'after'): Record<string, ColumnKind | undefined> {
  const fields = (struct: unknown): readonly SchemaField[] => {
    const list = structOf(struct)?.fields;
    return Array.isArray(list) ? (list as readonly SchemaField[]) : [];
  };
  const columns = fields(fields(schema).find(({ field }) => field === image));
  return Object.fromEntries(columns.map((column) => [String(column.field), kindOf(column)]));
}
