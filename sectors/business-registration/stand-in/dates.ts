/** How this system writes dates and times: two generations of it wrote the same columns in two ways. */

const offsetMs = 7 * 3_600_000;

export type DateStyle = 'slashed' | 'stamped';

/** '1958-07-12' → '12/07/1958' or '1958-07-12T00:00:00'; '1958-07' → '07/1958'; '1958' → '1958'. */
export function writtenDate(date: string, style: DateStyle): string {
  if (style === 'stamped' && date.length === 'yyyy-MM-dd'.length) return `${date}T00:00:00`;
  return date.split('-').reverse().join('/');
}

/** The clock on the wall (UTC+7): 'dd/MM/yyyy HH:mm', which drops the seconds, or 'yyyy-MM-ddTHH:mm:ss'. */
export function writtenTime(at: number | undefined, style: DateStyle): string | null {
  if (at === undefined) return null;
  const stamp = localStamp(at);
  return style === 'stamped' ? stamp : `${writtenDate(stamp.slice(0, 10), 'slashed')} ${stamp.slice(11, 16)}`;
}

/** Milliseconds → 'yyyy-MM-dd' of the clock on the wall. */
export function localDay(at: number): string {
  return localStamp(at).slice(0, 10);
}

function localStamp(at: number): string {
  return new Date(at + offsetMs).toISOString().slice(0, 19);
}
