import iconv from 'iconv-lite';

/** A single-byte encoding as a table: byte → its text, undefined for bytes that stand for nothing. */
export type ByteTable = readonly (string | undefined)[];

/**
 * Made once from iconv-lite, the only place that knows it: decoding through a table of 256 texts is quicker than a call
 * into a library for each of a million short values, and tells which bytes were never defined.
 */
function tableOf(encoding: string): ByteTable {
  return Array.from({ length: 256 }, (_, byte) => {
    // All three encodings hold ASCII; iconv-lite's TCVN puts capitals on control codes, which ABC fonts never used.
    if (byte < 0x80) return String.fromCharCode(byte);
    const text = iconv.decode(Buffer.of(byte), encoding);
    return text === '\ufffd' ? undefined : text;
  });
}

/** Tones are combining characters in it: what is decoded needs NFC. */
export const CP1258 = tableOf('windows1258');
/** ABC; capitals with a tone have bytes only in the standard's widest variant, and are read where they occur. */
export const TCVN3 = tableOf('tcvn');
export const CP1252 = tableOf('windows1252');

/** Character → the byte Windows shows it for; for text that a system decoded as Windows-1252 or Latin-1. */
export const WINDOWS_BYTES: ReadonlyMap<string, number> = new Map(
  CP1252.flatMap((text, byte) => (text === undefined ? [] : [[text, byte] as const])),
);
