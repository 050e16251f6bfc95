import { HubError } from '../../core/errors.ts';
import { decodeBytes } from '../text/decode.ts';
import type { TextEncodingName } from '../text/encodings.ts';

/** Names under which XML declarations and content types state an encoding. */
const LABELS: Readonly<Record<string, TextEncodingName>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  ascii: 'utf-8',
  'utf-16': 'utf-16le',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
  'iso-8859-1': 'latin1',
  latin1: 'latin1',
  'windows-1258': 'cp1258',
  cp1258: 'cp1258',
  'tcvn-5712': 'tcvn3',
  tcvn3: 'tcvn3',
};

export interface XmlEncoding {
  /** What the system is known to send, whatever it says. */
  readonly encoding?: TextEncodingName | undefined;
  /** The content type that came with the bytes. */
  readonly contentType?: string | undefined;
}

/**
 * The bytes of a document to text. A byte order mark speaks first, then the sector's declaration, the content type, the
 * XML declaration; without any of them it is UTF-8.
 *
 * @throws HubError SOURCE_MALFORMED for bytes that the encoding does not have, and for encodings nobody can read here
 */
export function decodeXml(bytes: Uint8Array, options: XmlEncoding = {}): string {
  const encoding = encodingOf(bytes, options);
  try {
    const text = decodeBytes(bytes, encoding);
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  } catch (cause) {
    throw new HubError('SOURCE_MALFORMED', `the XML is not in ${encoding}, as it is said to be`, { cause });
  }
}

export function encodingOf(bytes: Uint8Array, { encoding, contentType }: XmlEncoding): TextEncodingName {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (encoding !== undefined) return encoding;
  if (first === 0x3c && second === 0) return 'utf-16le';
  if (first === 0 && second === 0x3c) return 'utf-16be';
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? '')?.[1];
  const label = charset ?? declaredEncoding(bytes);
  if (label === undefined) return 'utf-8';
  const known = LABELS[label.toLowerCase()];
  // A label is the system's own text; only its form is told.
  if (known === undefined) throw new HubError('SOURCE_MALFORMED', 'the XML is in an encoding that cannot be read here');
  return known;
}

function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 200)).toString('latin1');
  return /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)["']/.exec(head)?.[1];
}
