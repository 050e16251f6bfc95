import { readJson, retryAfter } from '../../connectors/rest/answer.ts';
import { HubError } from '../../core/errors.ts';
import type { HttpAnswer } from '../../drivers/http.ts';

/** What one answer of the portal says. */
export type Verdict =
  | { readonly kind: 'done'; readonly body: Readonly<Record<string, unknown>> }
  /** The portal does not know who asks: nothing was taken. */
  | { readonly kind: 'signed-out' }
  /** `message` is the portal's own text and may quote what was sent. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'unsent' | 'unknown'; readonly reason: string; readonly retryAfterMs: number | null };

/**
 * The portal's error codes. Success was seen in the field; the others are assumed, and every code that is not listed
 * speaks of the data. A code moved from one set to another is all it takes when a portal means something else by it.
 */
const SIGNED_OUT: ReadonlySet<string> = new Set(['01', '02']);
/** The portal's own failures: whether it took what was sent is not known. */
const OWN_FAILURES: ReadonlySet<string> = new Set(['-1', '99']);
/** What a code looks like. Anything else under `error_code` might be a sentence, and says nothing for certain. */
const CODE = /^-?[A-Za-z0-9_.]{1,16}$/;

/** Judges by status and code alone; the text of a message never decides. */
export function judge(answer: HttpAnswer): Verdict {
  const { status, headers } = answer;
  const retryAfterMs = retryAfter(headers['retry-after']) ?? null;
  if (status === 429) return { kind: 'unsent', reason: 'the portal asks to wait (status 429)', retryAfterMs };
  if (status === 401 || status === 403) return { kind: 'signed-out' };
  if (status >= 500) return { kind: 'unknown', reason: `the portal failed (status ${status})`, retryAfterMs };
  const unknown = (reason: string): Verdict => ({
    kind: 'unknown',
    reason: `${reason} (status ${status})`,
    retryAfterMs,
  });
  // A redirect is not followed: it would carry the dossier to a place nobody declared.
  if (status < 200 || (status >= 300 && status < 400)) return unknown('expected an answer, came a redirect');
  try {
    return judgeBody(readJson(answer, 'utf-8'), status < 300, unknown);
  } catch (error) {
    if (error instanceof HubError) return unknown(error.message);
    throw error;
  }
}

function judgeBody(body: unknown, succeeded: boolean, unknown: (reason: string) => Verdict): Verdict {
  if (!isObject(body)) return unknown('expected an object with error_code, came something else');
  const { error_code: given, message } = body;
  if (given === '00' || given === 0) {
    return succeeded ? { kind: 'done', body } : unknown('the error_code says success and the status does not');
  }
  const code = typeof given === 'string' || Number.isSafeInteger(given) ? String(given) : '';
  // "0" and "000" are neither success as it was seen nor a fault anybody could name.
  if (!CODE.test(code) || /^0+$/.test(code)) return unknown('expected an error_code, came something else');
  if (SIGNED_OUT.has(code)) return { kind: 'signed-out' };
  if (OWN_FAILURES.has(code)) return unknown(`the portal failed (code ${code})`);
  return { kind: 'refused', code, message: typeof message === 'string' ? message : '' };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
