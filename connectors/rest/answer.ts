import { HubError } from '../../core/errors.ts';
import { FaultyValue, shapeOf } from '../../core/faulty-value.ts';
import type { HttpAnswer } from '../../drivers/http.ts';
import { decodeBytes } from '../text/decode.ts';
import type { TextEncodingName } from '../text/encodings.ts';

/** Names that Content-Type gives to encodings; whatever else is named there is a fault, not a guess. */
const CHARSETS: Readonly<Record<string, TextEncodingName>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  'utf-16': 'utf-16le',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
  'windows-1258': 'cp1258',
  cp1258: 'cp1258',
  'iso-8859-1': 'latin1',
  latin1: 'latin1',
};

/** Longest wait a system may ask for, in milliseconds; more is a mistake of its clock. */
const MOST_RETRY_AFTER_MS = 86_400_000;

/** @throws HubError for every status but success */
export function demandSuccess({ status, headers }: HttpAnswer): void {
  if (status >= 200 && status < 300) return;
  const retryAfterMs = retryAfter(headers['retry-after']);
  if (status === 408 || status === 504) {
    throw new HubError('SOURCE_TIMEOUT', `the system gave up on its answer (status ${status})`, { retryAfterMs });
  }
  if (status === 401 || status === 403) {
    throw new HubError('SOURCE_UNAVAILABLE', `the system refused the hub (status ${status})`, { retryable: false });
  }
  if (status === 429 || status >= 500) {
    throw new HubError('SOURCE_UNAVAILABLE', `the system failed (status ${status})`, { retryAfterMs });
  }
  // A redirect is not followed: it would carry the question and the credentials to a place nobody declared.
  const what = status < 400 ? 'a redirect' : 'a refusal of the question';
  throw new HubError('SOURCE_MALFORMED', `expected an answer, came ${what} (status ${status})`);
}

/**
 * Reads an answer's JSON. Numbers that a float cannot hold come as the text that stood there.
 *
 * The parser's own message is never passed on, not even as the cause: it quotes the answer, which is personal data.
 *
 * @param encoding overrides what Content-Type says; without both it is UTF-8
 * @throws HubError SOURCE_MALFORMED, saying what came without a value of it
 */
export function readJson({ headers, bytes }: HttpAnswer, encoding?: TextEncodingName): unknown {
  const text = textOf(bytes, encoding ?? charsetOf(headers['content-type']));
  const start = text.search(/\S/);
  if (start < 0) throw new HubError('SOURCE_MALFORMED', 'expected JSON, came an empty answer');
  if (text[start] === '<') {
    throw new HubError('SOURCE_MALFORMED', `expected JSON, came a page of HTML or XML (${bytes.length} bytes)`);
  }
  try {
    return hasLongNumber(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch (error) {
    const why = error instanceof RangeError ? 'is nested too deeply' : 'breaks off or is no JSON';
    throw new HubError('SOURCE_MALFORMED', `expected JSON, came what ${why} (${bytes.length} bytes)`);
  }
}

/** Says which part of an answer is not what its declaration expects. */
export function malformed(expected: string, came: unknown, field: string): HubError {
  const shape = came instanceof FaultyValue ? came.message : `expected ${expected}, came ${shapeOf(came)}`;
  return new HubError('SOURCE_MALFORMED', field === '' ? shape : `${field}: ${shape}`, { field });
}

/** @returns milliseconds to wait, from seconds or an HTTP date; undefined for what is neither, or longer than a day */
export function retryAfter(header: string | readonly string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined;
  const delayMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return delayMs >= 0 && delayMs <= MOST_RETRY_AFTER_MS ? delayMs : undefined;
}

function charsetOf(contentType: string | readonly string[] | undefined): TextEncodingName {
  const named = typeof contentType === 'string' ? /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1] : undefined;
  if (named === undefined) return 'utf-8';
  const name = named.toLowerCase();
  const encoding = Object.hasOwn(CHARSETS, name) ? CHARSETS[name] : undefined;
  if (encoding === undefined) throw new HubError('SOURCE_MALFORMED', 'the answer names an encoding nobody knows');
  return encoding;
}

function textOf(bytes: Uint8Array, encoding: TextEncodingName): string {
  try {
    return decodeBytes(bytes, encoding);
  } catch (error) {
    if (error instanceof FaultyValue) throw new HubError('SOURCE_MALFORMED', error.message);
    throw error;
  }
}

/** A float holds any number of fifteen digits; from here on it may not. */
const LONG = 16;

/**
 * Whether digits and points stand in a row so long that a number might lose some. A run of sixteen covers a place whose
 * index is a multiple of sixteen, so one character in sixteen is looked at: 1 µs for 7 kB, where a pattern took 38 µs,
 * as much as parsing. Texts count too: then the careful parse, seven times as slow, changes nothing.
 */
export function hasLongNumber(text: string): boolean {
  for (let index = LONG - 1; index < text.length; index += LONG) {
    if (!isDigitOrPoint(text, index)) continue;
    let start = index;
    let end = index + 1;
    while (end - start < LONG && isDigitOrPoint(text, start - 1)) start -= 1;
    while (end - start < LONG && isDigitOrPoint(text, end)) end += 1;
    if (end - start >= LONG) return true;
  }
  return false;
}

function isDigitOrPoint(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return (code >= 48 && code <= 57) || code === 46;
}

function keepDigits(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined || source.length < LONG) return value;
  return Number.isSafeInteger(value) && String(value) === source ? value : source;
}
