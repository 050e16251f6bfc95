import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/**
 * Opaque texts that the hub gives out and takes back: citizens' ids, cursors. Sealing is deterministic (the same text
 * under the same purpose always gives the same seal, so an id is stable without a table of people) and authenticated
 * (what was not made here is refused). The initialisation vector is a keyed digest of the text: the SIV construction.
 */
export interface Seal {
  seal(purpose: string, text: string): string;
  /** @returns the text, or null for what this seal did not make for this purpose */
  open(purpose: string, sealed: string): string | null;
}

const VECTOR_BYTES = 16;
const MOST_CHARACTERS = 16_384;

/** @param key at least 32 bytes, shared by all hubs that answer the same clients */
export function createSeal(key: Uint8Array): Seal {
  if (key.length < 32) throw new Error(`A sealing key needs 32 bytes, came ${key.length}`);
  const vectorKey = Buffer.from(hkdfSync('sha256', key, '', 'lienthong seal vector', 32));
  const cipherKey = Buffer.from(hkdfSync('sha256', key, '', 'lienthong seal cipher', 32));
  const vectorOf = (purpose: string, text: string) =>
    createHmac('sha256', vectorKey)
      .update(`${purpose.length}:${purpose}`)
      .update(text)
      .digest()
      .subarray(0, VECTOR_BYTES);

  return {
    seal(purpose, text) {
      const vector = vectorOf(purpose, text);
      const cipher = createCipheriv('aes-256-ctr', cipherKey, vector);
      return Buffer.concat([vector, cipher.update(text, 'utf8'), cipher.final()]).toString('base64url');
    },
    open(purpose, sealed) {
      if (sealed.length > MOST_CHARACTERS || !/^[\w-]+$/.test(sealed)) return null;
      const bytes = Buffer.from(sealed, 'base64url');
      // Base64 can write one value in several ways; only the way it was given out is the same id.
      if (bytes.length < VECTOR_BYTES || bytes.toString('base64url') !== sealed) return null;
      const vector = bytes.subarray(0, VECTOR_BYTES);
      const decipher = createDecipheriv('aes-256-ctr', cipherKey, vector);
      const text = Buffer.concat([decipher.update(bytes.subarray(VECTOR_BYTES)), decipher.final()]).toString('utf8');
      return timingSafeEqual(vector, vectorOf(purpose, text)) ? text : null;
    },
  };
}
