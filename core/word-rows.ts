import { foldName, spellingOf } from './names.ts';

/** A word of a text, as it is written and as names are compared. */
export interface Word {
  readonly text: string;
  readonly folded: string;
  /** The same wherever the tone is placed; made when first needed. */
  spelling: string | null;
}

/** Letters, digits and what may stand between those of one word: marks, apostrophes, invisible characters. */
const WORD = /[\p{L}\p{N}\p{Mn}'‘’`´′\p{Cf}]+/gu;
/** Who has as many words of a row has it. Bounds what a text of the same word over and over costs. */
const MOST_WORDS = 12;

/** The words a row of words goes on with, in a tree: a text then costs its own words, however many rows there are. */
interface Place {
  readonly next: Map<string, Place>;
  /** How the word that leads here is written. */
  readonly written: Set<string>;
  /** The same wherever tones are placed; made when first needed. */
  spellings: ReadonlySet<string> | null;
  isEnd: boolean;
}

export function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  for (const word of text.match(WORD) ?? []) {
    const folded = foldName(word);
    if (folded !== '') words.push({ text: word, folded, spelling: null });
  }
  return words;
}

/**
 * Tells of a text whether any of the rows of words stands in it, side by side and in order. A word without diacritics, in the row or in
 * the text, is every word that is the same without them; two that have diacritics must have the same ("đăng ký" is not "Đặng Kỳ"),
 * wherever the tone is placed.
 */
export function createRowFinder(rows: Iterable<readonly Word[]>): (text: string) => boolean {
  const root = createPlace();
  for (const row of rows) if (row.length > 0) add(root, row);
  return (text) => {
    if (root.next.size === 0) return false;
    const words = wordsOf(text);
    return words.some((_, from) => startsAt(words, from, root));
  };
}

function add(root: Place, row: readonly Word[]): void {
  let place = root;
  for (const { text, folded } of row.slice(0, MOST_WORDS)) {
    let next = place.next.get(folded);
    if (next === undefined) {
      next = createPlace();
      place.next.set(folded, next);
    }
    next.written.add(text);
    place = next;
  }
  place.isEnd = true;
}

function startsAt(words: readonly Word[], from: number, root: Place): boolean {
  let place = root;
  for (let at = from; at < words.length; at++) {
    const word = words[at] as Word;
    const next = place.next.get(word.folded);
    if (next === undefined || !isWritten(next, word)) return false;
    if (next.isEnd) return true;
    place = next;
  }
  return false;
}

function isWritten(place: Place, word: Word): boolean {
  const { text, folded } = word;
  if (text === folded || place.written.has(text)) return true;
  word.spelling ??= spellingOf(text);
  if (word.spelling === folded) return true;
  place.spellings ??= new Set([...place.written].map(spellingOf));
  return place.spellings.has(word.spelling) || place.spellings.has(folded);
}

function createPlace(): Place {
  return { next: new Map(), written: new Set(), spellings: null, isEnd: false };
}
