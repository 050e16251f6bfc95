import type { XmlAttribute, XmlEvents } from './take.ts';

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';

const PROLOG =
  /^<\?xml version=(?:"1\.0"|'1\.0')(?: encoding=(?:"[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*'))?(?: standalone=(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>/;
const NAME = /^[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?$/;
const ATTRIBUTE =
  /[ \n\t]+([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)[ \n\t]*=[ \n\t]*(?:"([^"<&\n\t]*)"|'([^'<&\n\t]*)')/y;
/** Characters XML does not have, and those above U+FFFF, which are left to the careful reader. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are looked for
const UNUSUAL = /[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/;
const REFERENCE = /&(?:(lt|gt|amp|quot|apos)|#(\d{1,6})|#x([\dA-Fa-f]{1,5}));/y;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const BLANK = /^[ \t\n]*$/;

/**
 * Namespaces in force, and what was met under them: names by their length, and tags that declare further namespaces. The
 * answers of one service repeat both, so they are kept from document to document; to compare is cheaper than to cut out.
 */
interface Bindings {
  readonly prefixes: ReadonlyMap<string, string>;
  readonly names: (Name[] | undefined)[];
  readonly tags: DeclaringTag[];
}

interface DeclaringTag {
  /** Everything between the name and the end of the tag. */
  readonly written: string;
  readonly attributes: readonly XmlAttribute[];
  readonly bindings: Bindings;
}

interface Name {
  readonly written: string;
  readonly uri: string;
  readonly local: string;
}

/**
 * Reads the plain XML that services send, several times as fast as a reader of all XML. It never refuses: whatever is
 * not plain (document types, processing instructions, names outside ASCII, anything ill-formed) makes it give up, and
 * the careful reader starts over and decides. So the two cannot differ in what they refuse.
 *
 * @returns false when it gave up; the events told until then are void
 */
export function scanXml(source: string, events: XmlEvents): boolean {
  if (UNUSUAL.test(source)) return false;
  const text = source.includes('\r') ? source.replace(/\r\n?/g, '\n') : source;
  let at = 0;
  if (text.startsWith('<?')) {
    const prolog = PROLOG.exec(text);
    if (prolog === null) return false;
    at = prolog[0].length;
  }
  const plainText = !text.includes('&') && !text.includes(']]>');
  const open: Name[] = [];
  const outer: Bindings[] = [];
  let bindings = startingBindings();
  let rootSeen = false;

  for (;;) {
    const tag = text.indexOf('<', at);
    const end = tag < 0 ? text.length : tag;
    if (end > at) {
      if (open.length === 0) {
        if (!BLANK.test(text.slice(at, end))) return false;
      } else if (!plainText) {
        const decoded = decodeReferences(text.slice(at, end));
        if (decoded === null) return false;
        events.text(decoded);
      } else if (events.listening) events.text(text.slice(at, end));
    }
    if (tag < 0) return rootSeen && open.length === 0;
    const next = text.charCodeAt(tag + 1);
    if (next === SLASH) {
      const name = open.pop();
      if (name === undefined || !text.startsWith(name.written, tag + 2)) return false;
      at = skipBlanks(text, tag + 2 + name.written.length);
      if (text.charCodeAt(at) !== CLOSING) return false;
      at += 1;
      bindings = outer.pop() as Bindings;
      events.close();
    } else if (next === EXCLAMATION) {
      at = skipMarkup(text, tag, open.length > 0 ? events : null);
      if (at < 0) return false;
    } else {
      if (open.length === 0 && rootSeen) return false;
      rootSeen = true;
      const start = tag + 1;
      at = endOfName(text, start);
      const read = text.charCodeAt(at) === CLOSING ? PLAIN_TAG : readAttributes(text, at, bindings);
      if (read === null) return false;
      const inner = read.bindings ?? bindings;
      const name = met(text, start, at, inner) ?? resolve(text.slice(start, at), inner);
      if (name === null) return false;
      if (read !== PLAIN_TAG) at = read.end;
      events.open(name.uri, name.local, read.attributes);
      if (text.charCodeAt(at) === SLASH) {
        at += 1;
        events.close();
      } else {
        open.push(name);
        outer.push(bindings);
        bindings = inner;
      }
      if (text.charCodeAt(at) !== CLOSING) return false;
      at += 1;
    }
  }
}

const SLASH = 0x2f;
const EXCLAMATION = 0x21;
const CLOSING = 0x3e;

/** A name ends at a blank, `/` or `>`; whether it is one is found out when it is met first. */
function endOfName(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    // NaN, past the end, compares false with everything.
    if (!(code > 0x20) || code === SLASH || code === CLOSING) return at;
    at += 1;
  }
}

function met(text: string, start: number, end: number, { names }: Bindings): Name | undefined {
  const sameLength = names[end - start];
  if (sameLength === undefined) return undefined;
  for (const name of sameLength) if (text.startsWith(name.written, start)) return name;
  return undefined;
}

/** Most names and tags remembered over all documents; they come from outside, so past that all are forgotten. */
const MOST_REMEMBERED = 5_000;
/** Most of one kind in one place: they are searched one by one. */
const MOST_ALIKE = 20;
const LONGEST_REMEMBERED = 300;
/** Attributes of one tag, each compared with all before it, and prefixes in force, copied where one is added: no plain document has more. */
const MOST_ATTRIBUTES = 100;
const MOST_PREFIXES = 100;

let remembered = 0;
let starting: Bindings | null = null;

function startingBindings(): Bindings {
  if (starting === null || remembered > MOST_REMEMBERED) {
    remembered = 0;
    starting = { prefixes: new Map([['xml', XML_NAMESPACE]]), names: [], tags: [] };
  }
  return starting;
}

function remember<T extends { readonly written: string }>(place: T[], what: T): void {
  if (place.length >= MOST_ALIKE || what.written.length > LONGEST_REMEMBERED) return;
  place.push(what);
  remembered += 1;
}

interface Attributes {
  readonly attributes: readonly XmlAttribute[];
  /** Present where the tag declares namespaces. */
  readonly bindings: Bindings | null;
  readonly end: number;
}

const PLAIN_TAG: Attributes = { attributes: [], bindings: null, end: 0 };

function readAttributes(text: string, start: number, outer: Bindings): Attributes | null {
  for (const tag of outer.tags) {
    const end = start + tag.written.length;
    const after = text.charCodeAt(end);
    if ((after === CLOSING || after === SLASH) && text.startsWith(tag.written, start)) {
      return { attributes: tag.attributes, bindings: tag.bindings, end };
    }
  }
  const written: { readonly name: string; readonly value: string }[] = [];
  let prefixes: Map<string, string> | null = null;
  let at = start;
  for (;;) {
    ATTRIBUTE.lastIndex = at;
    const match = ATTRIBUTE.exec(text);
    if (match === null) break;
    at = ATTRIBUTE.lastIndex;
    const name = match[1] as string;
    const value = match[2] ?? match[3] ?? '';
    if (name === 'xmlns' || name.startsWith('xmlns:')) {
      const prefix = name.slice(6);
      const reserved = value === XML_NAMESPACE || value === XMLNS_NAMESPACE || prefix === 'xml' || prefix === 'xmlns';
      if (reserved || (value === '' && prefix !== '') || value.trim() !== value) return null;
      if (outer.prefixes.size >= MOST_PREFIXES) return null;
      prefixes ??= new Map(outer.prefixes);
      prefixes.set(prefix, value);
    }
    if (written.length >= MOST_ATTRIBUTES || written.some((other) => other.name === name)) return null;
    written.push({ name, value });
  }
  const bindings = prefixes === null ? null : { prefixes, names: [], tags: [] };
  const attributes: XmlAttribute[] = [];
  for (const { name, value } of written) {
    const colon = name.indexOf(':');
    const local = name.slice(colon + 1);
    const declares = name === 'xmlns' || name.startsWith('xmlns:');
    const uri = declares ? XMLNS_NAMESPACE : colon < 0 ? '' : (bindings ?? outer).prefixes.get(name.slice(0, colon));
    if (uri === undefined || attributes.some((other) => other.uri === uri && other.local === local)) return null;
    attributes.push({ uri, local, value });
  }
  const end = skipBlanks(text, at);
  if (bindings !== null) remember(outer.tags, { written: text.slice(start, end), attributes, bindings });
  return { attributes, bindings, end };
}

function resolve(written: string, { prefixes, names }: Bindings): Name | null {
  if (!NAME.test(written)) return null;
  const colon = written.indexOf(':');
  const prefix = colon < 0 ? '' : written.slice(0, colon);
  const uri = prefixes.get(prefix) ?? (prefix === '' ? '' : undefined);
  if (uri === undefined) return null;
  const name = { written, uri, local: written.slice(colon + 1) };
  const sameLength = names[written.length] ?? [];
  if (written.length <= LONGEST_REMEMBERED) names[written.length] = sameLength;
  remember(sameLength, name);
  return name;
}

/** Comments and CDATA sections. Returns where they end, or -1. */
function skipMarkup(text: string, tag: number, inside: XmlEvents | null): number {
  if (text.startsWith('<!--', tag)) {
    const dashes = text.indexOf('--', tag + 4);
    return dashes >= 0 && text.charCodeAt(dashes + 2) === 0x3e ? dashes + 3 : -1;
  }
  if (inside === null || !text.startsWith('<![CDATA[', tag)) return -1;
  const end = text.indexOf(']]>', tag + 9);
  if (end < 0) return -1;
  if (end > tag + 9) inside.text(text.slice(tag + 9, end));
  return end + 3;
}

function decodeReferences(piece: string): string | null {
  if (piece.includes(']]>')) return null;
  let at = piece.indexOf('&');
  if (at < 0) return piece;
  let decoded = piece.slice(0, at);
  while (at >= 0) {
    REFERENCE.lastIndex = at;
    const match = REFERENCE.exec(piece);
    if (match === null) return null;
    const [, named, decimal, hex] = match;
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    const character = named === undefined ? characterOf(code) : NAMED[named];
    if (character === undefined) return null;
    const after = REFERENCE.lastIndex;
    at = piece.indexOf('&', after);
    decoded += character + piece.slice(after, at < 0 ? undefined : at);
  }
  return decoded;
}

function characterOf(code: number): string | undefined {
  if (code > 0xffff) return undefined;
  const character = String.fromCharCode(code);
  return UNUSUAL.test(character) ? undefined : character;
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x09) return at;
    at += 1;
  }
}
