import type { LogRecord } from '../../core/event.ts';

/** Most records of one write. */
export const MOST_RECORDS = 500;
/** Most bytes of one record, and of one write: below the megabyte that a Kafka broker takes by default. */
export const MOST_BYTES = 900_000;
/** Characters of a key, as the embedded log's table holds them. */
const LONGEST_KEY = 128;

/**
 * Splits records into writes of bounded size, in their order.
 *
 * @throws Error for a record that no log takes; before anything was written
 */
export function requestsOf(records: readonly LogRecord[]): readonly (readonly LogRecord[])[] {
  const requests: LogRecord[][] = [];
  let request: LogRecord[] = [];
  let bytes = 0;
  for (const [index, record] of records.entries()) {
    const size = recordBytes(record);
    if (size > MOST_BYTES) throw new Error(`Record ${index} has ${size} bytes; a log takes up to ${MOST_BYTES}`);
    if (record.key === '' || record.key.length > LONGEST_KEY) {
      throw new Error(`Record ${index} has a key of ${record.key.length} characters; expected 1 to ${LONGEST_KEY}`);
    }
    if (request.length === MOST_RECORDS || bytes + size > MOST_BYTES) {
      requests.push(request);
      request = [];
      bytes = 0;
    }
    request.push(record);
    bytes += size;
  }
  if (request.length > 0) requests.push(request);
  return requests;
}

/** As a log counts them: key, headers and value. */
export function recordBytes({ key, headers, value }: LogRecord): number {
  let bytes = Buffer.byteLength(key) + Buffer.byteLength(value);
  for (const [name, text] of Object.entries(headers)) bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  return bytes;
}
