import { FaultyValue } from '../../core/faulty-value.ts';
import { toNfc } from './nfc.ts';

/**
 * VNI-Windows: a letter is a base followed by a character that shows a mark, or one character for the few letters with
 * a place of their own. No sequence is longer than two, and no character is both a mark and a letter of its own, so one
 * look ahead is the longest match.
 */

/** Lower case throughout; the case of the base is the case of the letter, whatever the mark's. */
const SINGLE: Readonly<Record<string, string>> = {
  ñ: 'đ',
  ô: 'ơ',
  ö: 'ư',
  ì: 'ì',
  í: 'í',
  æ: 'ỉ',
  ó: 'ĩ',
  ò: 'ị',
  î: 'ỵ',
};

const TONES = { ø: '\u0300', ù: '\u0301', û: '\u0309', õ: '\u0303', ï: '\u0323' };
const CIRCUMFLEX = {
  â: '\u0302',
  à: '\u0302\u0300',
  á: '\u0302\u0301',
  å: '\u0302\u0309',
  ã: '\u0302\u0303',
  ä: '\u0302\u0323',
};
const BREVE = {
  ê: '\u0306',
  è: '\u0306\u0300',
  é: '\u0306\u0301',
  ú: '\u0306\u0309',
  ü: '\u0306\u0303',
  ë: '\u0306\u0323',
};

/** Base as VNI writes it → the marks that may follow it. */
const MARKS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  a: { ...TONES, ...CIRCUMFLEX, ...BREVE },
  e: { ...TONES, ...CIRCUMFLEX },
  o: { ...TONES, ...CIRCUMFLEX },
  u: TONES,
  ô: TONES,
  ö: TONES,
  // ỵ is a character of its own, but converters are known to write it as a pair as well.
  y: TONES,
};

/** One or two characters of VNI, as {@link keyOf} numbers them, → the letter. */
const LETTERS = new Map<number, string>();
for (const [written, letter] of Object.entries(SINGLE)) addBothCases(written, '', letter);
for (const [base, marks] of Object.entries(MARKS)) {
  for (const [mark, combining] of Object.entries(marks)) {
    addBothCases(base, mark, ((SINGLE[base] ?? base) + combining).normalize('NFC'));
  }
}

function addBothCases(base: string, mark: string, letter: string): void {
  for (const shown of [mark, mark.toUpperCase()]) {
    LETTERS.set(keyOf(base.charCodeAt(0), shown.charCodeAt(0)), letter);
    LETTERS.set(keyOf(base.toUpperCase().charCodeAt(0), shown.charCodeAt(0)), letter.toUpperCase());
  }
}

/** A number, since joining two characters to one text for every letter would be most of the work. */
function keyOf(base: number, mark: number): number {
  return base * 0x10000 + (mark || 0);
}

/** Every mark, and every letter with a place of its own, lies between À and ü. */
const FIRST_MARK = 0xc0;
const LAST_MARK = 0xff;
/** Half of a character beyond the basic plane counts too: VNI has none of them. */
const LETTER_OR_MARK = /[\p{L}\p{M}\p{Cs}]/u;

/**
 * VNI text, each character one of Windows-1252, to Unicode. Punctuation and symbols stay.
 *
 * @throws FaultyValue where a letter cannot occur in VNI: a mark without its vowel, or text that is Unicode already.
 * Guessing there would turn one person's name into another's.
 */
export function decodeVni(text: string): string {
  let decoded = '';
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const next = text.charCodeAt(index + 1);
    const pair = next < FIRST_MARK || next > LAST_MARK ? undefined : LETTERS.get(keyOf(code, next));
    if (pair !== undefined) {
      decoded += pair;
      index++;
      continue;
    }
    const character = text.charAt(index);
    const single = code < FIRST_MARK ? undefined : LETTERS.get(keyOf(code, 0));
    if (single === undefined && code > 0x7f && LETTER_OR_MARK.test(character)) {
      throw new FaultyValue(
        'text in VNI',
        `a letter at position ${index + 1} of ${text.length} that VNI does not have`,
      );
    }
    decoded += single ?? character;
  }
  return toNfc(decoded);
}
