/**
 * Names of people as counters search and order them. A name is never changed here: folding makes keys to compare by.
 */

/**
 * What a name is the same without: the straight, curly, modifier-letter and backquote apostrophes that systems write in
 * "H'Hen Niê", and invisible characters that came along when the name was copied from a page.
 */
const LEFT_OUT = /['‘’ʼʻ`´′\p{Cf}]/gu;
const BETWEEN_WORDS = /[\s\p{Pd}]+/u;
const MARKS = /\p{Mn}+/gu;
/** Tone marks, of which a syllable has at most one; the marks of ă, â, ơ belong to the letter and stay in place. */
const TONES = /[\u0300\u0301\u0303\u0309\u0323]/g;
/** Code point → its folded text; '' for what folding leaves out. Vietnamese and its punctuation lie below U+2100. */
const FOLDED: readonly string[] = Array.from({ length: 0x2100 }, (_, point) => foldSlowly(String.fromCodePoint(point)));

/**
 * The key by which two spellings of a name are the same: lower case, without diacritics (đ → d) and apostrophes, one
 * space between words. `foldName('H’Hen  NIÊ') === 'hhen nie'`; NFD, NFC and both tone placements (hoà, hòa) agree.
 */
export function foldName(text: string): string {
  let folded = '';
  let gap = false;
  for (let index = 0; index < text.length; index++) {
    const point = text.codePointAt(index) ?? 0;
    if (point > 0xffff) index++;
    const letter = FOLDED[point] ?? foldSlowly(String.fromCodePoint(point));
    if (letter === ' ') gap = folded !== '';
    else if (letter !== '') {
      folded += gap ? ` ${letter}` : letter;
      gap = false;
    }
  }
  return folded;
}

/** The key by which two words are the same that are written with the same diacritics, wherever the tone is placed ("hòa", "Hoà"). */
export function spellingOf(word: string): string {
  const { text, tone } = accentedOf(word.replace(LEFT_OUT, ''));
  return text + tone;
}

/** Whether a name answers a query; for many names make the matcher once with {@link nameMatcher}. */
export function matchesName(query: string, name: string): boolean {
  return nameMatcher(query)(name);
}

/**
 * Searches as a counter does. Every word of the query must occur in the name, as a whole word and in the query's order,
 * though not side by side ("nguyễn anh" finds "Nguyễn Văn Anh"); the last one may be the beginning of a word, as people
 * search while they type. A word typed with diacritics must have them in the name too, wherever the tone is placed
 * ("hòa" finds "Hoà", not "Hoa"); a word without matches any. An unfinished last word need not have its tone yet
 * ("nguyê" finds "Nguyễn"). A query without words finds nothing.
 */
export function nameMatcher(query: string): (name: string) => boolean {
  const wanted = wordsOf(query).map((word): Wanted => {
    const folded = foldName(word);
    const accented = accentedOf(word);
    const plain = accented.text === folded && accented.tone === '';
    return { folded, accented: plain ? null : accented };
  });
  const isPlain = wanted.every(({ accented }) => accented === null);

  return (name) => {
    if (wanted.length === 0) return false;
    // What does not match without diacritics cannot match with them, and nearly every name ends here.
    const folded = foldName(name).split(' ');
    if (!occurInOrder(wanted, folded, (want, word, prefix) => matchesText(want.folded, word, prefix))) return false;
    return isPlain || occurInOrder(wanted, wordsOf(name), matchesWord);
  };
}

/** The leftmost match leaves most words for the rest, so there is no need to try another. */
function occurInOrder(
  wanted: readonly Wanted[],
  words: readonly string[],
  matches: (want: Wanted, word: string, prefix: boolean) => boolean,
): boolean {
  let next = 0;
  for (const word of words) {
    const want = wanted[next];
    if (want === undefined) break;
    if (matches(want, word, next === wanted.length - 1)) next++;
  }
  return next === wanted.length;
}

function matchesWord(want: Wanted, word: string, prefix: boolean): boolean {
  if (want.accented === null) return matchesText(want.folded, foldName(word), prefix);
  return matchesAccented(want.accented, accentedOf(word), prefix);
}

/**
 * Order of a Vietnamese register: by given name (the last word), then family name and middle names from the left, each
 * in the order of the Vietnamese alphabet and tones. Names that differ only in spelling keep one fixed order.
 * Names written given name first, as Ê Đê ones are, go by their last word too, as registers do.
 */
export function compareNames(left: string, right: string): number {
  const a = wordsOf(left);
  const b = wordsOf(right);
  return (
    vietnamese.compare(a.at(-1) ?? '', b.at(-1) ?? '') ||
    vietnamese.compare(a.join(' '), b.join(' ')) ||
    (left < right ? -1 : left > right ? 1 : 0)
  );
}

const vietnamese = new Intl.Collator('vi');

/** A word of a query: as its folded text, and with its diacritics where it was typed with any. */
interface Wanted {
  readonly folded: string;
  readonly accented: Accented | null;
}

interface Accented {
  /** Lower-case NFC letters without the tone, and without apostrophes. */
  readonly text: string;
  /** The tone marks, wherever they stood. */
  readonly tone: string;
}

function accentedOf(word: string): Accented {
  const apart = word.toLowerCase().normalize('NFD');
  const tone = (apart.match(TONES) ?? []).join('');
  return { text: apart.replace(TONES, '').normalize('NFC'), tone };
}

function matchesAccented(want: Accented, word: Accented, prefix: boolean): boolean {
  if (!matchesText(want.text, word.text, prefix)) return false;
  return want.tone === word.tone || (want.tone === '' && want.text.length < word.text.length);
}

function matchesText(want: string, word: string, prefix: boolean): boolean {
  return prefix ? word.startsWith(want) : word === want;
}

/** Words as separated by spaces and dashes, without apostrophes, in NFC. */
function wordsOf(text: string): string[] {
  return text
    .normalize('NFC')
    .replace(LEFT_OUT, '')
    .split(BETWEEN_WORDS)
    .filter((word) => word !== '');
}

function foldSlowly(character: string): string {
  const kept = character.replace(LEFT_OUT, '');
  if (BETWEEN_WORDS.test(kept)) return ' ';
  return kept.toLowerCase().normalize('NFD').replace(MARKS, '').replaceAll('đ', 'd');
}
