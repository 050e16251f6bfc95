import { foldName } from '../../core/names.ts';
import { NUMBER_ROW } from '../../core/personal-number.ts';

/** Most characters of a message that are passed on. */
const MOST_CHARACTERS = 300;
/** Most characters of a message that are read at all; a longer value cannot be quoted in it. */
const MOST_READ = 3_000;
/** Shorter values, such as a status, are no secret and would riddle the text with holes. */
const LEAST_VALUE = 3;
const HOLE = '…';
/** Addresses of pages and people. Each is tried once in a word, which keeps a long word from taking time. */
const ADDRESS = /(?<!\w)\w+:\/\/\S+|(?<!\S)\S+@\S+/gu;
const DAY = String.raw`(?:(?:19|20)\d\d[-./](?:0[1-9]|1[0-2])[-./](?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|[12]\d|3[01])[-./](?:0[1-9]|1[0-2])[-./](?:19|20)\d\d)`;
const TIME = String.raw`(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,7})?)?(?:Z|[+-]\d\d:?\d\d)?`;
const ENDS = String.raw`(?![\p{L}\p{Nd}_]|[.:\p{Pd}][\p{L}\p{Nd}])`;
/** A day alone may be the beginning of a longer row of digits. */
const ENDS_DIGITS = String.raw`(?![\s.\p{Pd}\p{Cf}]*\p{Nd})`;
const DATE = String.raw`(?<![\p{L}\p{Nd}_])(?:${DAY}[T ]${TIME}${ENDS}|(?:${TIME} )?${DAY}${ENDS}${ENDS_DIGITS})`;
/**
 * Rows of digits that may be anybody's number, with what is stuck to them, and addresses of machines. A date stands, in
 * the only group: it tells what is wrong, and has as many digits as a number.
 */
const SUSPICIOUS = new RegExp(
  String.raw`(${DATE})|${NUMBER_ROW.source}(?:[\w:-]|\.(?=\w))*|(?<![\w-])[\w-]+(?:\.[\w-]+)+(?::\d+)?\b|\d{6,}`,
  'gu',
);
/** Apostrophes belong to a word only within it, as in H’Hen: around it they are quotation marks. */
const WORD = /[[\p{L}\p{M}\p{N}]--[ʼʻ]]+(?:['‘’ʼʻ`´′][[\p{L}\p{M}\p{N}]--[ʼʻ]]+)*/gv;
const APOSTROPHE = /['‘’ʼʻ`´′]/u;
/** What stands between the words of a name: also where each word is quoted by itself. */
const GAP = /^[ ._-]*$|^['’ʼ"”] ?['‘ʼ"“]$/u;
const HOLES = /…(?:(?:[ ._-]*|['’ʼ"”] ?['‘ʼ"“])…)+/g;
/** A capital at the beginning, or capitals alone. Side by side such words are a name; messages are written otherwise. */
const CAPITALISED = /^\p{Lu}{1,2}[\p{Ll}\p{M}]*$|^[\p{Lu}\p{M}]+$/u;
const VOWEL = /[aeiouy]/;
/** Abbreviations with a vowel; in those without (TTHC, CCCD, CSDL) nobody would see a name. */
const ABBREVIATIONS: ReadonlySet<string> = new Set(['ubnd', 'hdnd', 'id', 'api', 'json', 'null', 'url', 'email']);

/**
 * What may be shown of a refusal's text. Portals quote what they were sent, and a reason is read and logged by people
 * who may not see the dossier: every value that was sent becomes a hole, in whatever case and with or without its
 * diacritics, and so does whatever looks like an address, a number, or the name of somebody else. A name in small letters, or of
 * one word, looks like no name.
 */
export function sayable(message: string, sent: unknown): string {
  const plain = plainly(message.slice(0, MOST_READ));
  const withHoles = withoutNames(withoutAddresses(withoutValues(plain, valuesIn(sent))));
  return [...withHoles].slice(0, MOST_CHARACTERS).join('');
}

/** The texts in what was sent that the message could quote, each once. */
function valuesIn(sent: unknown, found: Set<string> = new Set()): ReadonlySet<string> {
  if (typeof sent === 'string') {
    const value = sent.length > MOST_READ ? '' : plainly(sent);
    if (value.length >= LEAST_VALUE) found.add(value);
  } else if (typeof sent === 'object' && sent !== null) {
    for (const member of Object.values(sent)) valuesIn(member, found);
  }
  return found;
}

function plainly(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim();
}

/** Words are compared without case and diacritics, since portals keep names in a spelling of their own. */
function withoutValues(text: string, values: ReadonlySet<string>): string {
  const words = wordsIn(text);
  const folded = ` ${words.map((word) => word.folded).join(' ')} `;
  const isHole = words.map(() => false);
  for (const value of values) {
    const wanted = wordsIn(value).map((word) => word.folded);
    // Most values are not in it at all, which this tells at once.
    if (wanted.length === 0 || !folded.includes(` ${wanted.join(' ')} `)) continue;
    for (let at = 0; at + wanted.length <= words.length; at++) {
      if (wanted.every((one, place) => words[at + place]?.folded === one)) isHole.fill(true, at, at + wanted.length);
    }
  }
  return withHolesAt(
    text,
    words.filter((_, place) => isHole[place]),
  );
}

function withoutAddresses(text: string): string {
  return text.replace(ADDRESS, HOLE).replace(SUSPICIOUS, (_, date?: string) => date ?? HOLE);
}

function withoutNames(text: string): string {
  const words = wordsIn(text);
  const isBeside = (left: Word | undefined, right: Word | undefined): boolean =>
    left !== undefined &&
    right !== undefined &&
    looksLikeName(left) &&
    looksLikeName(right) &&
    GAP.test(text.slice(left.to, right.from));
  return withHolesAt(
    text,
    words.filter((word, place) => isBeside(words[place - 1], word) || isBeside(word, words[place + 1])),
  );
}

interface Word {
  readonly text: string;
  /** As {@link foldName} does it. */
  readonly folded: string;
  readonly from: number;
  readonly to: number;
}

function wordsIn(text: string): readonly Word[] {
  return [...text.matchAll(WORD)].map(({ 0: word, index }) => ({
    ...{ text: word, folded: foldName(word) },
    ...{ from: index, to: index + word.length },
  }));
}

/** Also where only a part of it does: a quotation mark may be stuck to another word. */
function looksLikeName({ text }: Word): boolean {
  return text.split(APOSTROPHE).some((part) => {
    const folded = foldName(part);
    return CAPITALISED.test(part) && (part.length === 1 || VOWEL.test(folded)) && !ABBREVIATIONS.has(folded);
  });
}

/** Words that become holes; what stands side by side becomes one. */
function withHolesAt(text: string, words: readonly Word[]): string {
  let told = '';
  let end = 0;
  for (const { from, to } of words) {
    told += text.slice(end, from) + HOLE;
    end = to;
  }
  return (told + text.slice(end)).replace(HOLES, HOLE);
}
