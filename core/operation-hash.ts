import { createHash } from 'node:crypto';

/** Of a document, what is no word of GraphQL's or the schema's: comments, quoted texts, whole or not, and digits. */
const VALUES = /#[^\n\r]*|"""(?:\\"""|[\s\S])*?(?:"""|$)|"(?:\\.|[^"\\\n\r])*"?|\d+/g;

/**
 * What tells one operation from another in the access log. Values written into the text are no part of it: there are so few
 * personal numbers, and codes of dossiers, that whoever knows the rest of a text could try them all.
 *
 * @param text the document as it came, be it none that can be read
 * @returns first 22 characters of SHA-256, base64url
 */
export function operationHash(text: string): string {
  const bare = text.replaceAll(VALUES, (value) => (value.startsWith('#') ? '' : value.startsWith('"') ? '""' : '0'));
  return createHash('sha256').update(bare).digest('base64url').slice(0, 22);
}
