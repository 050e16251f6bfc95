import { FaultyValue, shapeOf } from './faulty-value.ts';
import { daysInMonth } from './partial-date.ts';

/**
 * Instants are UTC milliseconds inside the house and RFC 3339 with +07:00 outside. Vietnam has kept +07:00 without
 * summer time since 1975; before, offsets varied by place and year, and no source here states times of day that old. So
 * +07:00 is used throughout and arithmetic suffices: this runs for every time of every row.
 */
export const SOURCE_ZONES = ['Asia/Ho_Chi_Minh', 'UTC'] as const;
export type SourceZone = (typeof SOURCE_ZONES)[number];

/** How a source writes times. A text without a time of day is midnight in the zone. */
export const INSTANT_FORMATS = ['dd/MM/yyyy HH:mm:ss', 'yyyyMMddHHmmss', 'yyyy-MM-dd HH:mm:ss', 'rfc3339'] as const;
export type InstantFormat = (typeof INSTANT_FORMATS)[number];

export interface ParseInstantOptions {
  readonly format: InstantFormat;
  /** Of a text that names no zone itself; standard Asia/Ho_Chi_Minh. */
  readonly zone?: SourceZone | undefined;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
export const VIETNAM_OFFSET_MS = 7 * HOUR_MS;
const EARLIEST_MS = Date.UTC(1000, 0, 1);
const LATEST_MS = Date.UTC(10_000, 0, 1) - 1;

const TIME = '(?:(\\d{2}):(\\d{2})(?::(\\d{2})(?:\\.(\\d{1,9}))?)?)';
/** Groups: the three parts of the date in the format's order, hour, minute, second, fraction, offset. */
const PATTERNS: Readonly<Record<InstantFormat, RegExp>> = {
  'dd/MM/yyyy HH:mm:ss': new RegExp(`^(\\d{1,2})/(\\d{1,2})/(\\d{4})(?: +${TIME})?$`),
  yyyyMMddHHmmss: /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?$/,
  'yyyy-MM-dd HH:mm:ss': new RegExp(`^(\\d{4})-(\\d{2})-(\\d{2})(?: ${TIME})?$`),
  rfc3339: new RegExp(`^(\\d{4})-(\\d{2})-(\\d{2})(?:[Tt ]${TIME}([Zz]|[+-]\\d{2}:\\d{2})?)?$`),
};

/**
 * Reads a time of a source.
 *
 * Seconds may be missing ("08:30") except in yyyyMMddHHmmss; fractions are cut to milliseconds, never rounded into the
 * next second; `rfc3339` may lack its offset, as .NET services write it, and then takes the zone.
 *
 * @returns UTC milliseconds
 * @throws FaultyValue for another format or a time that does not exist (31/02, 24:00, a leap second); empty text too,
 * as only the caller knows whether nothing may be said
 */
export function parseInstant(text: string, options: ParseInstantOptions): number {
  const { format, zone = 'Asia/Ho_Chi_Minh' } = options;
  const parts = PATTERNS[format].exec(text.trim());
  if (parts === null) throw new FaultyValue(`a time as ${format}`, shapeOf(text));
  const dayFirst = format === 'dd/MM/yyyy HH:mm:ss';
  const year = Number(parts[dayFirst ? 3 : 1]);
  const month = Number(parts[2]);
  const day = Number(parts[dayFirst ? 1 : 3]);
  const hour = Number(parts[4] ?? 0);
  const minute = Number(parts[5] ?? 0);
  const second = Number(parts[6] ?? 0);
  const isDay = year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  if (!isDay || hour > 23 || minute > 59 || second > 59) throw new FaultyValue('a time that exists', shapeOf(text));
  const milliseconds = parts[7] === undefined ? 0 : Number(parts[7].slice(0, 3).padEnd(3, '0'));
  const offset = parts[8] === undefined ? (zone === 'UTC' ? 0 : VIETNAM_OFFSET_MS) : offsetOf(parts[8], text);
  return Date.UTC(year, month - 1, day, hour, minute, second, milliseconds) - offset;
}

/** `2026-10-05T08:30:00+07:00`; milliseconds only where there are any. @param ms UTC milliseconds */
export function formatInstant(ms: number): string {
  const local = localOf(ms);
  const ofDay = local - Math.floor(local / DAY_MS) * DAY_MS;
  const fraction = ofDay % SECOND_MS;
  const tail = fraction === 0 ? '+07:00' : `.${String(fraction).padStart(3, '0')}+07:00`;
  const clock = `${twoDigits(ofDay / HOUR_MS)}:${twoDigits((ofDay / MINUTE_MS) % 60)}:${twoDigits((ofDay / SECOND_MS) % 60)}`;
  return `${dateOfLocal(local)}T${clock}${tail}`;
}

/** `20261005083000`, the portal's form, in Vietnamese time; milliseconds are cut. @param ms UTC milliseconds */
export function formatCompactInstant(ms: number): string {
  return formatInstant(ms).slice(0, 19).replace(/[-:T]/g, '');
}

/** `05/10/2026 08:30:00`, as officers read it, in Vietnamese time. @param ms UTC milliseconds */
export function formatVietnameseInstant(ms: number): string {
  const text = formatInstant(ms);
  return `${text.slice(8, 10)}/${text.slice(5, 7)}/${text.slice(0, 4)} ${text.slice(11, 19)}`;
}

/** The date in Vietnam at an instant, `yyyy-MM-dd`: deadlines compare dates. @param ms UTC milliseconds */
export function vietnamDate(ms: number): string {
  return dateOfLocal(localOf(ms));
}

/** The instant at which a date begins in Vietnam. @param date `yyyy-MM-dd` */
export function startOfVietnamDate(date: string): number {
  return parseInstant(date, { format: 'yyyy-MM-dd HH:mm:ss' });
}

// Rows that come together mostly share their days, so the last date made is kept.
let lastDay = Number.NaN;
let lastDate = '';

function dateOfLocal(local: number): string {
  const day = Math.floor(local / DAY_MS);
  if (day !== lastDay) {
    lastDate = new Date(day * DAY_MS).toISOString().slice(0, 10);
    lastDay = day;
  }
  return lastDate;
}

function localOf(ms: number): number {
  const local = ms + VIETNAM_OFFSET_MS;
  if (!Number.isInteger(ms) || local < EARLIEST_MS || local > LATEST_MS) {
    throw new FaultyValue('whole UTC milliseconds between the years 1000 and 9999', shapeOf(ms));
  }
  return local;
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));

function twoDigits(value: number): string {
  return TWO_DIGITS[Math.floor(value)] ?? '00';
}

function offsetOf(written: string, text: string): number {
  if (written === 'Z' || written === 'z') return 0;
  const hours = Number(written.slice(1, 3));
  const minutes = Number(written.slice(4, 6));
  if (hours > 23 || minutes > 59) throw new FaultyValue('an offset that exists', shapeOf(text));
  return (written.startsWith('-') ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS);
}
