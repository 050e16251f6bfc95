/** The province's clock: +07:00, and office hours as one line of working minutes. */

export const MINUTE = 60_000;
export const DAY = 86_400_000;
const OFFSET = 7 * 60 * MINUTE;

/** Office hours in minutes after midnight: 7:00–11:30 and 13:30–17:00, eight hours a day. */
const MORNING = { from: 7 * 60, to: 11 * 60 + 30 };
const AFTERNOON = { from: 13 * 60 + 30, to: 17 * 60 };
const MORNING_MINUTES = MORNING.to - MORNING.from;
export const DAY_MINUTES = MORNING_MINUTES + AFTERNOON.to - AFTERNOON.from;

export interface LocalTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

export function localTime(at: number): LocalTime {
  return utcTime(at + OFFSET);
}

export function utcTime(at: number): LocalTime {
  const date = new Date(at);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/** Days since 1970 on the province's calendar. */
export function localDay(at: number): number {
  return Math.floor((at + OFFSET) / DAY);
}

export function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** YYYY-MM-DD of a day number. */
export function isoDate(day: number): string {
  const { year, month, day: dayOfMonth } = utcTime(day * DAY);
  return `${year}-${two(month)}-${two(dayOfMonth)}`;
}

/** Day number of YYYY-MM-DD. */
export function dayNumber(date: string): number {
  return Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1, Number(date.slice(8, 10))) / DAY;
}

export interface OfficeHours {
  /** Working minutes since the calendar's first day; a time outside office hours counts as the next opening. */
  minutesAt(at: number): number;
  /** The instant a working minute begins; a whole number of days ends at closing time, not at the next opening. */
  instantOf(minutes: number): number;
  isWorkday(day: number): boolean;
}

/** `from` and `to` are day numbers; times outside them are clamped. */
export function officeHours(from: number, to: number, specialDays: ReadonlyMap<string, string>): OfficeHours {
  const workdays: number[] = [];
  /** For each day: how many workdays lie before it. */
  const before = new Int32Array(to - from + 2);
  for (let day = from; day <= to; day++) {
    before[day - from] = workdays.length;
    if (works(day)) workdays.push(day);
  }
  before[to - from + 1] = workdays.length;

  function works(day: number): boolean {
    const special = specialDays.get(isoDate(day));
    if (special !== undefined) return special === 'working';
    const weekday = (day + 4) % 7; // 1 January 1970 was a Thursday.
    return weekday !== 0 && weekday !== 6;
  }

  return {
    isWorkday: (day) => day >= from && day <= to && works(day),
    minutesAt(at) {
      const day = Math.min(Math.max(localDay(at), from), to);
      const minute = Math.floor((at + OFFSET - day * DAY) / MINUTE);
      const base = (before[day - from] as number) * DAY_MINUTES;
      if (!works(day)) return base;
      if (minute < MORNING.from) return base;
      if (minute < MORNING.to) return base + minute - MORNING.from;
      if (minute < AFTERNOON.from) return base + MORNING_MINUTES;
      return base + Math.min(MORNING_MINUTES + minute - AFTERNOON.from, DAY_MINUTES);
    },
    instantOf(minutes) {
      const whole = Math.max(0, Math.ceil(minutes / DAY_MINUTES) - 1);
      const day = workdays[Math.min(whole, workdays.length - 1)] as number;
      const rest = minutes - whole * DAY_MINUTES;
      const minute = rest <= MORNING_MINUTES ? MORNING.from + rest : AFTERNOON.from + rest - MORNING_MINUTES;
      return day * DAY - OFFSET + minute * MINUTE;
    },
  };
}
