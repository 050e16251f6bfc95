import { FaultyValue, shapeOf } from '../../core/faulty-value.ts';

/**
 * What a column holds where JSON alone does not tell. Times are written as the database shows them: `yyyy-MM-dd`,
 * `yyyy-MM-dd HH:mm:ss`; a DATETIME comes as if it were UTC, so its text is that of the table.
 */
export type ColumnKind =
  | 'date-days'
  | 'datetime-ms'
  | 'datetime-us'
  | 'time-us'
  | { readonly decimalScale: number }
  | 'decimal-struct';

/** A field of a Kafka Connect schema. */
export interface SchemaField {
  readonly field?: unknown;
  readonly name?: unknown;
  readonly parameters?: { readonly scale?: unknown } | undefined;
}

/** Kafka Connect's and Debezium's semantic types. ZonedTimestamp is RFC 3339 text already. */
const KINDS: Readonly<Record<string, ColumnKind>> = {
  'io.debezium.time.Date': 'date-days',
  'io.debezium.time.Timestamp': 'datetime-ms',
  'io.debezium.time.MicroTimestamp': 'datetime-us',
  'io.debezium.time.MicroTime': 'time-us',
  'org.apache.kafka.connect.data.Date': 'date-days',
  'org.apache.kafka.connect.data.Timestamp': 'datetime-ms',
  'io.debezium.data.VariableScaleDecimal': 'decimal-struct',
};

export function kindOf({ name, parameters }: SchemaField): ColumnKind | undefined {
  if (name === 'org.apache.kafka.connect.data.Decimal') return { decimalScale: Number(parameters?.scale ?? 0) };
  return typeof name === 'string' ? KINDS[name] : undefined;
}

/** A value as the database shows it. What it cannot be stands in its place as a FaultyValue, which costs that field only. */
export function readColumn(value: unknown, kind: ColumnKind | undefined): unknown {
  if (value === null || value === undefined || kind === undefined) return value;
  try {
    if (typeof kind === 'object') return decimalText(bytesOf(value), kind.decimalScale);
    if (kind === 'decimal-struct') {
      const { scale, value: digits } = value as { readonly scale?: unknown; readonly value?: unknown };
      return decimalText(bytesOf(digits), Number(scale));
    }
    // Kafka Connect may be told to write times as text; then they are as they should be.
    if (typeof value === 'string' && !/^-?\d+$/.test(value)) return value;
    return timeText(BigInt(wholeOf(value)), kind);
  } catch (error) {
    return error instanceof FaultyValue ? error : new FaultyValue('a value of its declared kind', shapeOf(value));
  }
}

function wholeOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new FaultyValue('a whole number', shapeOf(value));
  return String(value);
}

function timeText(value: bigint, kind: 'date-days' | 'datetime-ms' | 'datetime-us' | 'time-us'): string {
  const perSecond = kind === 'datetime-ms' ? 1_000n : 1_000_000n;
  const seconds = kind === 'date-days' ? value * 86_400n : floorDivide(value, perSecond);
  const text = new Date(Number(seconds) * 1_000).toISOString();
  if (kind === 'date-days') return text.slice(0, 10);
  const fraction = value - seconds * perSecond;
  const digits = fraction === 0n ? '' : `.${String(fraction).padStart(perSecond === 1_000n ? 3 : 6, '0')}`;
  return `${kind === 'time-us' ? '' : `${text.slice(0, 10)} `}${text.slice(11, 19)}${digits}`;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

/** Two's complement, most significant byte first. */
function bytesOf(value: unknown): Buffer {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]+=*$/.test(value)) {
    throw new FaultyValue('the bytes of a decimal in base64; see decimal.handling.mode', shapeOf(value));
  }
  return Buffer.from(value, 'base64');
}

function decimalText(bytes: Buffer, scale: number): string {
  if (!Number.isInteger(scale) || scale < 0 || scale > 60)
    throw new FaultyValue('a scale from 0 to 60', shapeOf(scale));
  const unscaled = BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-scale)}`;
}
