import { isAscii } from 'node:buffer';
import { FaultyValue } from '../../core/faulty-value.ts';
import type { TextEncodingName } from './encodings.ts';
import { isAsciiText, toNfc } from './nfc.ts';
import { type ByteTable, CP1252, CP1258, TCVN3, WINDOWS_BYTES } from './single-byte.ts';
import { decodeViqr } from './viqr.ts';
import { decodeVni } from './vni.ts';

/**
 * The bytes of a source to NFC text. A byte order mark of the declared encoding is taken away; one of another encoding
 * is a fault, as the declaration is wrong then.
 *
 * @throws FaultyValue for bytes that the encoding does not have; no byte is ever replaced by U+FFFD
 */
export function decodeBytes(bytes: Uint8Array, encoding: TextEncodingName): string {
  const marked = markedEncoding(bytes);
  if (marked !== null && marked !== encoding) {
    throw new FaultyValue(`text in ${encoding}`, `${sizeOf(bytes)} that begin with the byte order mark of ${marked}`);
  }
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return decodeUnicode(bytes, encoding);
  if (isAscii(bytes)) {
    const text = latin1Of(bytes);
    return encoding === 'viqr' ? decodeViqr(text) : text;
  }
  switch (encoding) {
    case 'utf-8':
      return decodeUnicode(bytes, encoding);
    case 'latin1':
      return latin1Of(bytes);
    case 'cp1258':
      return decodeTable(bytes, CP1258, encoding).normalize('NFC');
    case 'tcvn3':
      return toNfc(decodeTable(bytes, TCVN3, encoding));
    case 'vni':
      return decodeVni(decodeTable(bytes, CP1252, encoding));
    case 'viqr':
      return decodeViqr(latin1Of(bytes));
  }
}

/**
 * Text whose characters are really the bytes of an older encoding, such as a TCVN3 name in a Unicode column, to NFC
 * text. Text said to be in a Unicode encoding or in Latin-1 has been decoded already and is only normalised.
 *
 * Quotes and dashes that Windows adds while one types stay what they are.
 *
 * @throws FaultyValue for letters that the encoding cannot hold, such as those of text that is Unicode already
 */
export function decodeLegacy(text: string, encoding: TextEncodingName): string {
  if (encoding === 'viqr') return decodeViqr(text);
  if (isAsciiText(text)) return text;
  switch (encoding) {
    case 'vni':
      return decodeVni(text);
    case 'tcvn3':
      return decodeTableText(text, TCVN3, encoding);
    case 'cp1258':
      return decodeTableText(text, CP1258, encoding);
    default:
      return toNfc(text);
  }
}

// A decoder that throws starts afresh with the next call, so one of each serves all.
const DECODERS = {
  'utf-8': new TextDecoder('utf-8', { fatal: true }),
  'utf-16le': new TextDecoder('utf-16le', { fatal: true }),
  'utf-16be': new TextDecoder('utf-16be', { fatal: true }),
} as const;

function decodeUnicode(bytes: Uint8Array, encoding: keyof typeof DECODERS): string {
  let text: string;
  try {
    text = DECODERS[encoding].decode(bytes);
  } catch {
    throw new FaultyValue(`text in ${encoding}`, `${sizeOf(bytes)} that are not`);
  }
  return toNfc(text);
}

function decodeTable(bytes: Uint8Array, table: ByteTable, encoding: TextEncodingName): string {
  let decoded = '';
  for (let index = 0; index < bytes.length; index++) {
    const text = table[bytes[index] ?? 0];
    if (text === undefined) {
      throw new FaultyValue(`text in ${encoding}`, `an undefined byte at position ${index + 1} of ${bytes.length}`);
    }
    decoded += text;
  }
  return decoded;
}

function decodeTableText(text: string, table: ByteTable, encoding: TextEncodingName): string {
  let decoded = '';
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    const code = text.charCodeAt(index);
    // Latin-1 first; then what Windows-1252 shows for bytes 80 to 9F, of which only letters were meant as letters.
    const byte = code < 0x100 ? code : LETTER.test(character) ? WINDOWS_BYTES.get(character) : undefined;
    const letter = byte === undefined ? undefined : table[byte];
    if (letter === undefined && LETTER_OR_MARK.test(character)) {
      throw new FaultyValue(`text in ${encoding}`, `a letter at position ${index + 1} of ${text.length} that it lacks`);
    }
    decoded += letter ?? character;
  }
  return toNfc(decoded);
}

const LETTER = /\p{L}/u;
const LETTER_OR_MARK = /[\p{L}\p{M}\p{Cs}]/u;

const BYTE_ORDER_MARKS = [
  { encoding: 'utf-8', mark: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', mark: [0xff, 0xfe] },
  { encoding: 'utf-16be', mark: [0xfe, 0xff] },
] as const;

/** No Vietnamese text of an older encoding begins like that: it would be two or three lower-case vowels in a row. */
function markedEncoding(bytes: Uint8Array): TextEncodingName | null {
  // Every mark begins with a byte from EF on, which hardly any value does.
  if ((bytes[0] ?? 0) < 0xef) return null;
  return BYTE_ORDER_MARKS.find(({ mark }) => mark.every((byte, place) => bytes[place] === byte))?.encoding ?? null;
}

function latin1Of(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('latin1');
}

function sizeOf(bytes: Uint8Array): string {
  return `${bytes.length} bytes`;
}
