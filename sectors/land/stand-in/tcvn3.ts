/** Writes Vietnamese as the land software of before 2009 did: TCVN3 (ABC), each byte kept as one Latin-1 character. */

const letters =
  'à ả ã á ạ . ằ ẳ ẵ ắ . . . . . . . ặ ầ ẩ ẫ ấ ậ è . ẻ ẽ é ẹ ề ể ễ ế ệ ì ỉ . . . ĩ í ị ò . ỏ õ ó ọ ồ ổ ỗ ố ộ ờ ở ỡ ớ ợ ù . ủ ũ ú ụ ừ ử ữ ứ ự ỳ ỷ ỹ ý ỵ';
const FIRST_BYTE = 0xb5;
/** Seven capitals and their small letters have bytes of their own. */
const plain = 'Ă Â Ê Ô Ơ Ư Đ ă â ê ô ơ ư đ';
const FIRST_PLAIN_BYTE = 0xa1;

const byteOf = new Map<string, string>();
for (const [i, letter] of letters.split(' ').entries())
  if (letter !== '.') byteOf.set(letter, String.fromCharCode(FIRST_BYTE + i));
for (const [i, letter] of plain.split(' ').entries()) byteOf.set(letter, String.fromCharCode(FIRST_PLAIN_BYTE + i));

/**
 * A capital with a tone has no byte: people typed its small letter in a font that draws capitals (.VnTimeH), and a
 * whole name in capitals became a name in small letters. Letters of other peoples lose their mark.
 */
export function toTcvn3(text: string): string {
  const composed = text.normalize('NFC');
  const typed = composed === composed.toUpperCase() ? composed.toLowerCase() : composed;
  let written = '';
  for (const letter of typed)
    written +=
      letter < '\u0080' ? letter : (byteOf.get(letter) ?? byteOf.get(letter.toLowerCase()) ?? unmarked(letter));
  return written;
}

function unmarked(letter: string): string {
  if (letter === '’') return "'";
  const base = letter.normalize('NFD').charAt(0);
  return base < '\u0080' ? base : '?';
}
