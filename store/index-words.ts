import { foldName } from '../core/names.ts';
import { NUMBER_ROW } from '../core/personal-number.ts';

/** Length of the column `word`. */
const LONGEST_WORD = 32;
/** Before a word of nine digits or more. No typed word has a blank in it. */
const NUMBER = 'no ';
const NUMBER_ROWS = new RegExp(NUMBER_ROW, 'gu');

/**
 * Words by which dossiers are found, of a name, of a code, or of what somebody typed: folded as names are (no
 * diacritics, small letters), apart at blanks and dashes, cut where the index cuts them. `H56.14-240823-0001` gives
 * h56.14, 240823 and 0001. A word of nine digits or more may be somebody's number: it is told apart from all others, so that its
 * beginning, which may be that of a code, does not find it.
 */
export function indexWords(text: string): readonly string[] {
  const words = foldName(text.toWellFormed())
    .split(' ')
    .map((word) => (/^\p{Nd}{9,}$/u.test(word) ? NUMBER + word : word).slice(0, LONGEST_WORD));
  return [...new Set(words.filter((word) => word !== ''))];
}

/** The words of a name, in which a number that somebody typed into it is one word, whatever stood within it or beside it. */
export function nameWords(name: string): readonly string[] {
  return indexWords(name.replaceAll(NUMBER_ROWS, (row) => ` ${row.replaceAll(/\P{Nd}/gu, '')} `));
}

/** Whether a word that {@link indexWords} gave may be somebody's number. */
export function isNumberWord(word: string): boolean {
  return word.startsWith(NUMBER);
}
