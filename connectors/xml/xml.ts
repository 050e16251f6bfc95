import type { Row } from '../../core/source.ts';
import { decodeXml, type XmlEncoding } from './bytes.ts';
import { openXmlReader } from './saxes.ts';
import { scanXml } from './scan.ts';
import type { XmlShape } from './shape.ts';
import { type TakeOptions, takeXml } from './take.ts';

/**
 * The seam of XML reading: what a shape names is taken out of a document, everything else is passed over. Which reader
 * does the work is nobody's concern outside: plain documents go through our own scanner, and whatever that one does not
 * know goes, from its beginning, through saxes.
 */

export { decodeXml, type XmlEncoding } from './bytes.ts';
export { compileXml, scopeOf, type XmlNamespaces, type XmlPaths, type XmlScope, type XmlShape } from './shape.ts';
export type { TakeOptions } from './take.ts';
export { writeXml, type XmlNode, type XmlTree } from './write.ts';

/**
 * Reads a whole document.
 *
 * @returns the shape's paths with a text, a list, a record, null or, for presence, a boolean each; texts are as written
 * @throws HubError SOURCE_MALFORMED for what is not well-formed, ends early, has a document type, is nested too deeply,
 * is not in its encoding, or contradicts the shape; the message holds no text of the document
 */
export function readXml(document: Uint8Array | string, shape: XmlShape, options: XmlEncoding & TakeOptions = {}): Row {
  const text = typeof document === 'string' ? document.replace(/^\ufeff/, '') : decodeXml(document, options);
  // Records handed over as they come cannot be taken back, so the scanner, which may give up, is not asked.
  if (options.onRecord === undefined) {
    const quick = takeXml(shape, options);
    if (scanXml(text, quick)) return quick.result();
  }
  const careful = takeXml(shape, options);
  const reader = openXmlReader(careful);
  reader.write(text);
  reader.end();
  return careful.result();
}
