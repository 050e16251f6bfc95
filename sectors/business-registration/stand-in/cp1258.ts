/** Windows-1258, the Vietnamese code page of old spreadsheets: letters keep their shape, tones follow as a byte of their own. */

/** 0x80 … 0xFF; '\0' where the page has nothing. */
const upperHalf =
  '€\0‚ƒ„…†‡ˆ‰\0‹Œ\0\0\0' +
  '\0‘’“”•–—˜™\0›œ\0\0Ÿ' +
  '\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯' +
  '°±²³´µ¶·¸¹º»¼½¾¿' +
  'ÀÁÂĂÄÅÆÇÈÉÊË\u0300ÍÎÏ' +
  'ĐÑ\u0309ÓÔƠÖ×ØÙÚÛÜƯ\u0303ß' +
  'àáâăäåæçèéêë\u0301íîï' +
  'đñ\u0323óôơö÷øùúûüư₫ÿ';

const byteOf = new Map([...upperHalf].map((letter, position) => [letter, 0x80 + position] as const));
byteOf.delete('\0');
const tones = /[\u0300\u0301\u0303\u0309\u0323]/gu;
const unknownByte = 0x3f;

/** Letters the page does not have become '?', as a spreadsheet writes them. */
export function encodeCp1258(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const letter of text.normalize('NFC')) {
    const point = letter.codePointAt(0) ?? unknownByte;
    const byte = point < 0x80 ? point : byteOf.get(letter);
    if (byte !== undefined) bytes.push(byte);
    else bytes.push(...takenApart(letter));
  }
  return Uint8Array.from(bytes);
}

/** 'ệ' → 'ê' and the dot below. */
function takenApart(letter: string): number[] {
  const parts = letter.normalize('NFD');
  const shape = parts.replace(tones, '').normalize('NFC');
  const tone = parts.match(tones)?.[0] ?? '';
  const point = shape.codePointAt(0) ?? unknownByte;
  const base = point < 0x80 ? point : byteOf.get(shape);
  const mark = byteOf.get(tone);
  return base === undefined || mark === undefined ? [unknownByte] : [base, mark];
}
