import { foldName } from '../core/names.ts';

/** Length of the column `word`. */
const LONGEST_WORD = 32;

/**
 * Words by which dossiers are found, of a name, of a code, or of what somebody typed: folded as names are (no
 * diacritics, small letters), apart at blanks and dashes, cut where the index cuts them. `H56.14-240823-0001` gives
 * h56.14, 240823 and 0001.
 */
export function indexWords(text: string): readonly string[] {
  const words = foldName(text.toWellFormed())
    .split(' ')
    .map((word) => word.slice(0, LONGEST_WORD));
  return [...new Set(words.filter((word) => word !== ''))];
}
