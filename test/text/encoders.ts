/**
 * Encoders written for the tests from the encodings' published charts, by code value and not from the decoders' tables,
 * so that an error in one is not repeated in the other.
 */

/** The 67 letters beyond ASCII in lower case, vowel by vowel; within a vowel: plain, grave, hook, tilde, acute, dot. */
const ROWS = [
  'aàảãáạ',
  'ăằẳẵắặ',
  'âầẩẫấậ',
  'eèẻẽéẹ',
  'êềểễếệ',
  'iìỉĩíị',
  'oòỏõóọ',
  'ôồổỗốộ',
  'ơờởỡớợ',
  'uùủũúụ',
  'ưừửữứự',
  'yỳỷỹýỵ',
] as const;

const lower = ['đ', ...ROWS.flatMap((row) => [...row])].filter((letter) => letter > '\u007f');
/** All 134. */
export const VIETNAMESE_LETTERS: readonly string[] = [...lower, ...lower.map((letter) => letter.toUpperCase())];

/** Lower-case bytes row by row; 0 where the byte is ASCII. */
const TCVN3_ROWS = [
  [0, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9],
  [0xa8, 0xbb, 0xbc, 0xbd, 0xbe, 0xc6],
  [0xa9, 0xc7, 0xc8, 0xc9, 0xca, 0xcb],
  [0, 0xcc, 0xce, 0xcf, 0xd0, 0xd1],
  [0xaa, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6],
  [0, 0xd7, 0xd8, 0xdc, 0xdd, 0xde],
  [0, 0xdf, 0xe1, 0xe2, 0xe3, 0xe4],
  [0xab, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9],
  [0xac, 0xea, 0xeb, 0xec, 0xed, 0xee],
  [0, 0xef, 0xf1, 0xf2, 0xf3, 0xf4],
  [0xad, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9],
  [0, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe],
] as const;
const TCVN3_CAPITALS = { Ă: 0xa1, Â: 0xa2, Ê: 0xa3, Ô: 0xa4, Ơ: 0xa5, Ư: 0xa6, Đ: 0xa7, đ: 0xae } as const;
const TCVN3 = new Map<string, number>(Object.entries(TCVN3_CAPITALS));
ROWS.forEach((row, y) => {
  [...row].forEach((letter, x) => {
    const byte = TCVN3_ROWS[y]?.[x] ?? 0;
    if (byte !== 0) TCVN3.set(letter, byte);
  });
});
/** Combining grave, hook, tilde, acute, dot, as the standard has them: the only way to write most capitals. */
const TCVN3_COMBINING = [0, 0xb0, 0xb1, 0xb2, 0xb3, 0xb4] as const;

const CP1258 = new Map<string, number>(
  Object.entries({
    ...{ â: 0xe2, ă: 0xe3, ê: 0xea, ô: 0xf4, ơ: 0xf5, ư: 0xfd, đ: 0xf0 },
    ...{ Â: 0xc2, Ă: 0xc3, Ê: 0xca, Ô: 0xd4, Ơ: 0xd5, Ư: 0xdd, Đ: 0xd0 },
  }),
);
const CP1258_COMBINING = [0, 0xcc, 0xd2, 0xde, 0xec, 0xf2] as const;

const VNI_BASES = ['a', 'a', 'a', 'e', 'e', 'i', 'o', 'o', 'ô', 'u', 'ö', 'y'] as const;
const VNI_TONES = ['', 'ø', 'û', 'õ', 'ù', 'ï'] as const;
const VNI_CIRCUMFLEX = ['â', 'à', 'å', 'ã', 'á', 'ä'] as const;
const VNI_BREVE = ['ê', 'è', 'ú', 'ü', 'é', 'ë'] as const;
const VNI_I = ['i', 'ì', 'æ', 'ó', 'í', 'ò'] as const;
const VNI_MARKS = [
  VNI_TONES,
  VNI_BREVE,
  VNI_CIRCUMFLEX,
  VNI_TONES,
  VNI_CIRCUMFLEX,
  undefined,
  VNI_TONES,
  VNI_CIRCUMFLEX,
  VNI_TONES,
  VNI_TONES,
  VNI_TONES,
  VNI_TONES,
] as const;

const VIQR_BASES = ['a', 'a(', 'a^', 'e', 'e^', 'i', 'o', 'o^', 'o+', 'u', 'u+', 'y'] as const;
const VIQR_TONES = ['', '`', '?', '~', "'", '.'] as const;

function placeOf(letter: string): { y: number; x: number } | null {
  const y = ROWS.findIndex((row) => row.includes(letter.toLowerCase()));
  return y < 0 ? null : { y, x: (ROWS[y] ?? '').indexOf(letter.toLowerCase()) };
}

function plainOf(letter: string, place: { y: number }): string {
  const plain = (ROWS[place.y] ?? '').charAt(0);
  return letter === letter.toLowerCase() ? plain : plain.toUpperCase();
}

function bytes(text: string, letters: ReadonlyMap<string, number>, tones: readonly number[]): Uint8Array {
  const code = (letter: string) => letters.get(letter) ?? letter.charCodeAt(0);
  const out = [...text].flatMap((letter) => {
    const place = placeOf(letter);
    if (letters.has(letter) || place === null || place.x === 0) return [code(letter)];
    return [code(plainOf(letter, place)), tones[place.x] ?? 0];
  });
  return Uint8Array.from(out);
}

function letters(text: string, encode: (place: { y: number; x: number }) => string, stroke: string): string {
  const one = (letter: string) => {
    const place = placeOf(letter);
    if (letter.toLowerCase() === 'đ') return stroke;
    return place === null ? letter.toLowerCase() : encode(place);
  };
  return [...text]
    .map((letter) => (letter === letter.toLowerCase() ? one(letter) : one(letter).toUpperCase()))
    .join('');
}

export const encode = {
  tcvn3: (text: string) => bytes(text, TCVN3, TCVN3_COMBINING),
  cp1258: (text: string) => bytes(text, CP1258, CP1258_COMBINING),
  vni: (text: string) =>
    letters(
      text,
      ({ y, x }) => (y === 5 ? (VNI_I[x] ?? '') : y === 11 && x === 5 ? 'î' : VNI_BASES[y] + (VNI_MARKS[y]?.[x] ?? '')),
      'ñ',
    ),
  viqr: (text: string) => letters(text, ({ y, x }) => `${VIQR_BASES[y]}${VIQR_TONES[x]}`, 'dd'),
} as const;

/** Text whose every character is one byte. */
export function asLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
