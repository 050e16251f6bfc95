import { FaultyValue } from '../../core/faulty-value.ts';
import { isAsciiText } from './nfc.ts';

/**
 * VIQR (RFC 1456): ASCII in which a vowel is followed by `^`, `(` or `+` for â, ă, ơ and then by a tone, and `dd` is đ.
 * A backslash keeps the character after it from being read as a mark. The states \V, \M and \L of the RFC's mail streams
 * do not occur in columns and are not read.
 */
const COMBINING: Readonly<Record<string, string>> = {
  '^': '\u0302',
  '(': '\u0306',
  '+': '\u031b',
  '*': '\u031b',
  '`': '\u0300',
  "'": '\u0301',
  '?': '\u0309',
  '~': '\u0303',
  '.': '\u0323',
};

/**
 * An escaped character, or đ, or a vowel with shape and tone, the longest first. A mark after anything but a vowel, or
 * after a vowel that has its tone, is punctuation: "Hoa`." ends in a full stop.
 */
const PIECES = [
  /\\[\\^(+*`'?~.dD]/,
  /[dD][dD]/,
  /[aA](?:[\^(][`'?~.]?|[`'?~.])/,
  /[eE](?:\^[`'?~.]?|[`'?~.])/,
  /[oO](?:[\^+*][`'?~.]?|[`'?~.])/,
  /[uU](?:[+*][`'?~.]?|[`'?~.])/,
  /[iIyY][`'?~.]/,
];
const PIECE = new RegExp(PIECES.map((piece) => piece.source).join('|'), 'g');

/**
 * VIQR text to Unicode. As the standard has it, a full stop or question mark right after a vowel is its tone unless
 * escaped; so text that was not written as VIQR must not be declared as such.
 *
 * @throws FaultyValue for text beyond ASCII, which cannot be VIQR
 */
export function decodeViqr(text: string): string {
  if (!isAsciiText(text)) throw new FaultyValue('text in VIQR, which is ASCII', 'text beyond ASCII');
  return text.replace(PIECE, letterOf);
}

/** Pieces met so far; there are a few hundred at most. */
const LETTERS = new Map<string, string>();

function letterOf(piece: string): string {
  let letter = LETTERS.get(piece);
  if (letter === undefined) {
    letter = compose(piece);
    LETTERS.set(piece, letter);
  }
  return letter;
}

function compose(piece: string): string {
  const first = piece.charAt(0);
  if (first === '\\') return piece.slice(1);
  if (first === 'd') return 'đ';
  if (first === 'D') return 'Đ';
  let letter = first;
  for (const mark of piece.slice(1)) letter += COMBINING[mark] ?? '';
  return letter.normalize('NFC');
}
