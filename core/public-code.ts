/** For messages of faults. */
export const PUBLIC_CODE = 'a code of at most 100 characters with fewer than nine digits in a row';

const MOST_CHARACTERS = 100;

/**
 * Whether a text can be a code of a status, a procedure or an agency, which are shown as the system states them to whoever may
 * see how a dossier stands. A personal number that slipped into the wrong column is none.
 */
export function isPublicCode(text: string): boolean {
  return text.length <= MOST_CHARACTERS && !/\d{9}/.test(text);
}
