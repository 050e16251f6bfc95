import { HubError } from '../core/errors.ts';

/** A failure in words that may be logged: what databases and networks say holds hosts, statements and values. */
export function describeFailure(error: unknown): { readonly code: string; readonly reason: string } {
  if (error instanceof HubError) return { code: error.code, reason: error.message };
  if (!(error instanceof Error)) return { code: 'INTERNAL', reason: 'unknown' };
  const { code } = error as NodeJS.ErrnoException;
  return { code: 'INTERNAL', reason: typeof code === 'string' ? `${error.name} ${code}` : error.name };
}

/** What kind of error it is, and no more: a stranger's message may hold an address or a payload. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
