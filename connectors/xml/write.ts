import type { XmlNamespaces, XmlScope } from './shape.ts';

/**
 * A tree of elements to be written, in the order of its names: a text is the element's content, a list repeats the
 * element, `null` writes it as nil, `undefined` leaves it out. `@name` is an attribute, `.` the text beside attributes.
 */
export type XmlNode = string | number | boolean | null | undefined | XmlTree | readonly XmlNode[];
export interface XmlTree {
  readonly [name: string]: XmlNode;
}

export interface WriteOptions {
  readonly scope: XmlScope;
  /** Prefixes to write for namespaces; one that is missing gets a prefix made up. */
  readonly prefixes?: XmlNamespaces | undefined;
}

const SCHEMA_INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance';
/** Characters no XML document can hold, not even escaped. */
const IMPOSSIBLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Whether a document can hold the text at all: a question that holds another character cannot be put in XML. */
export function isXmlText(text: string): boolean {
  return !IMPOSSIBLE.test(text);
}

/**
 * Writes a document of one root element; namespaces are declared on it. No default namespace is ever declared, so an
 * element in no namespace stays in none.
 *
 * @throws Error for a tree without exactly one root, a name that is no XML name, or a text that XML cannot hold
 */
export function writeXml(tree: XmlTree, { scope, prefixes = {} }: WriteOptions): string {
  const names = Object.keys(tree);
  const [root] = names;
  if (root === undefined || names.length !== 1) throw new Error('A document has one root element');
  const table = prefixTable(prefixes);
  const written = writeElement(root, tree[root], scope, table);
  const split = /[\s/>]/.exec(written)?.index ?? 0;
  const declared = [...table.used].map(([uri, prefix]) => ` xmlns:${prefix}="${escapeAttribute(uri)}"`).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>${written.slice(0, split)}${declared}${written.slice(split)}`;
}

interface PrefixTable {
  readonly used: Map<string, string>;
  readonly of: (uri: string) => string;
}

function prefixTable(prefixes: XmlNamespaces): PrefixTable {
  const wanted = new Map(
    Object.entries(prefixes)
      .filter(([prefix]) => prefix !== '')
      .map(([prefix, uri]) => [uri, prefix]),
  );
  const used = new Map<string, string>();
  return {
    used,
    of: (uri) => {
      const known = used.get(uri);
      if (known !== undefined) return known;
      let prefix = wanted.get(uri);
      for (let number = used.size + 1; prefix === undefined; number += 1) {
        if (!Object.hasOwn(prefixes, `n${number}`)) prefix = `n${number}`;
      }
      used.set(uri, prefix);
      return prefix;
    },
  };
}

function writeElement(name: string, node: XmlNode, scope: XmlScope, table: PrefixTable): string {
  if (node === undefined) return '';
  if (isList(node)) return node.map((one) => writeElement(name, one, scope, table)).join('');
  const written = qualified(scope.name(name), table);
  if (node === null) return `<${written} ${table.of(SCHEMA_INSTANCE)}:nil="true"/>`;
  if (typeof node !== 'object') return `<${written}>${escapeText(String(node))}</${written}>`;
  const within = scope.within(name);
  let attributes = '';
  let content = '';
  for (const [child, value] of Object.entries(node)) {
    if (child === '.') content += escapeText(plain(child, value));
    else if (!child.startsWith('@')) content += writeElement(child, value, within, table);
    else if (value !== undefined) attributes += writeAttribute(child.slice(1), plain(child, value), within, table);
  }
  return `<${written}${attributes}>${content}</${written}>`;
}

function writeAttribute(name: string, value: string, scope: XmlScope, table: PrefixTable): string {
  const qualifiedName = name.includes(':') ? scope.name(name) : { uri: '', local: name };
  return ` ${qualified(qualifiedName, table)}="${escapeAttribute(value)}"`;
}

function qualified({ uri, local }: { uri: string; local: string }, table: PrefixTable): string {
  if (!/^[\p{L}_][\p{L}\p{N}\p{M}_.-]*$/u.test(local)) throw new Error('An element has a name that XML does not allow');
  return uri === '' ? local : `${table.of(uri)}:${local}`;
}

function isList(node: XmlNode): node is readonly XmlNode[] {
  return Array.isArray(node);
}

function plain(name: string, value: XmlNode): string {
  if (value === null || value === undefined || typeof value === 'object') throw new Error(`${name} has to be a text`);
  return String(value);
}

function escapeText(text: string): string {
  if (!isXmlText(text)) throw new Error('A text holds characters that XML does not allow');
  return text.replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? character);
}

function escapeAttribute(text: string): string {
  return escapeText(text).replace(/["\n\t]/g, (character) => ESCAPES[character] ?? character);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};
