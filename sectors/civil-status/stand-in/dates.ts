/** How this system writes dates and times. The province has no summer time: UTC+7 all year. */

const offsetMs = 7 * 3_600_000;
const pad = (value: number): string => String(value).padStart(2, '0');

/** '1958-07-12' → '12/07/1958', '1958-07' → '07/1958', '1958' → '1958', undefined → ''. */
export function writtenDate(date: string | undefined): string {
  return date === undefined ? '' : date.split('-').reverse().join('/');
}

/** Milliseconds → 'dd/MM/yyyy HH:mm:ss' of the clock on the wall, undefined → ''. */
export function writtenTime(at: number | undefined): string {
  if (at === undefined) return '';
  const local = new Date(at + offsetMs);
  const time = `${pad(local.getUTCHours())}:${pad(local.getUTCMinutes())}:${pad(local.getUTCSeconds())}`;
  return `${writtenDay(at)} ${time}`;
}

/** Milliseconds → 'dd/MM/yyyy' of the clock on the wall. */
export function writtenDay(at: number): string {
  const local = new Date(at + offsetMs);
  return `${pad(local.getUTCDate())}/${pad(local.getUTCMonth() + 1)}/${local.getUTCFullYear()}`;
}
