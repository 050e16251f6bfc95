import { HubError } from '../../core/errors.ts';
import { decodeXml } from './bytes.ts';
import { openXmlReader } from './saxes.ts';
import type { XmlName } from './shape.ts';
import { MAX_XML_DEPTH } from './take.ts';

/** One element of a description that has no fixed shape, such as a schema. Texts are left out. */
export interface XmlElement extends XmlName {
  /** Attributes in no namespace, by name. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Prefix → namespace where the element stands; attribute values may use them. */
  readonly prefixes: ReadonlyMap<string, string>;
}

const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';

/** Most elements of one document; a description that is larger is none. */
const MAX_ELEMENTS = 100_000;

/** Reads a whole document as elements. Throws HubError SOURCE_MALFORMED as readXml does. */
export function readXmlTree(bytes: Uint8Array, contentType?: string): XmlElement {
  const top: XmlElement[] = [];
  const open: { readonly children: XmlElement[]; readonly prefixes: ReadonlyMap<string, string> }[] = [];
  let count = 0;
  const reader = openXmlReader({
    listening: false,
    open(uri, local, written) {
      count += 1;
      if (count > MAX_ELEMENTS || open.length >= MAX_XML_DEPTH) {
        throw new HubError('SOURCE_MALFORMED', 'the XML has more elements than a description may have');
      }
      const outer = open.at(-1);
      let prefixes = outer?.prefixes ?? new Map<string, string>();
      const attributes: Record<string, string> = Object.create(null);
      for (const { uri: space, local: name, value } of written) {
        if (space === '') attributes[name] = value;
        if (space !== XMLNS_NAMESPACE) continue;
        prefixes = new Map(prefixes).set(name === 'xmlns' ? '' : name, value);
      }
      const children: XmlElement[] = [];
      (outer?.children ?? top).push({ uri, local, attributes, children, prefixes });
      open.push({ children, prefixes });
    },
    text() {},
    close() {
      open.pop();
    },
  });
  reader.write(decodeXml(bytes, { contentType }));
  reader.end();
  // A document that ended well has exactly one.
  return top[0] as XmlElement;
}

/** The name an attribute's value means, such as `xs:string`; undefined where the prefix is not bound. */
export function nameIn(element: XmlElement, value: string | undefined): XmlName | undefined {
  if (value === undefined) return undefined;
  const colon = value.indexOf(':');
  const uri = element.prefixes.get(colon < 0 ? '' : value.slice(0, colon)) ?? (colon < 0 ? '' : undefined);
  return uri === undefined ? undefined : { uri, local: value.slice(colon + 1) };
}
