import { HubError } from '../core/errors.ts';
import { refusal } from './format-error.ts';

/**
 * URLs are written into the logs of proxies and the histories of browsers, so a GET may carry no value that could be
 * personal: no variables, no quoted text and no long number, anywhere.
 *
 * @param search the URL's query string
 * @returns the refusal, or null when the GET may pass
 */
export function refuseValuesInUrl(search: string): ReturnType<typeof refusal> | null {
  const parameters = new URLSearchParams(search);
  const variables = parameters.getAll('variables');
  const values = [...parameters].flat();
  const carries = variables.some(isGiven) || values.some(holdsValue);
  if (!carries) return null;
  return refusal(
    'BAD_REQUEST',
    'A GET may carry no variables, no quoted text and no number of six digits or more, because URLs are logged on ' +
      'their way. Send the operation as POST.',
  );
}

/** An id of 64 digits and letters reads like a value, and would be told so: which way it is taken is what is wrong with it. */
export function refuseDocumentIdInUrl(search: string): HubError | null {
  if (!new URLSearchParams(search).has('documentId')) return null;
  return new HubError(
    'OPERATION_NOT_REGISTERED',
    'By GET no registered operation is taken: POST a JSON object with `documentId`.',
  );
}

function isGiven(variables: string): boolean {
  // Trimmed first: blanks on both sides of what may be absent would be divided up in every way there is.
  const bare = variables.trim();
  return bare !== '' && bare !== 'null' && !/^\{\s*\}$/.test(bare);
}

function holdsValue(text: string): boolean {
  return text.includes('"') || /\d{6}/.test(text);
}
