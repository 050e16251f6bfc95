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

const NO_PREFIXES: ReadonlyMap<string, string> = new Map();
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';

/** Most elements of one document; a description that is larger is none. */
const MAX_ELEMENTS = 100_000;
/** Most attributes of one element, and prefixes in force, which are copied where one is added. */
const MAX_ATTRIBUTES = 100;
const MAX_PREFIXES = 100;

/** Reads a whole document as elements. Throws HubError SOURCE_MALFORMED as readXml does. */
export function readXmlTree(bytes: Uint8Array, contentType?: string): XmlElement {
  const top: XmlElement[] = [];
  const open: { readonly children: XmlElement[]; readonly prefixes: ReadonlyMap<string, string> }[] = [];
  let count = 0;
  const reader = openXmlReader({
    listening: false,
    open(uri, local, written) {
      count += 1;
      if (count > MAX_ELEMENTS || open.length >= MAX_XML_DEPTH) throw tooMany('elements');
      if (written.length > MAX_ATTRIBUTES) throw tooMany('attributes on one element');
      const outer = open.at(-1);
      const attributes: Record<string, string> = Object.create(null);
      const declared: [prefix: string, namespace: string][] = [];
      for (const { uri: space, local: name, value } of written) {
        if (space === '') attributes[name] = value;
        if (space === XMLNS_NAMESPACE) declared.push([name === 'xmlns' ? '' : name, value]);
      }
      const inherited = outer?.prefixes ?? NO_PREFIXES;
      const prefixes = declared.length === 0 ? inherited : new Map([...inherited, ...declared]);
      if (prefixes.size > MAX_PREFIXES) throw tooMany('namespaces in one place');
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

function tooMany(what: string): HubError {
  return new HubError('SOURCE_MALFORMED', `the XML has more ${what} than a description may have`);
}

/** The name an attribute's value means, such as `xs:string`; undefined where the prefix is not bound. */
export function nameIn(element: XmlElement, value: string | undefined): XmlName | undefined {
  if (value === undefined) return undefined;
  const colon = value.indexOf(':');
  const uri = element.prefixes.get(colon < 0 ? '' : value.slice(0, colon)) ?? (colon < 0 ? '' : undefined);
  return uri === undefined ? undefined : { uri, local: value.slice(colon + 1) };
}
