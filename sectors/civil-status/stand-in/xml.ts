/** Just enough XML: writing with everything escaped, and reading a small request with its namespaces. */

export interface XmlElement {
  namespace: string;
  name: string;
  text: string;
  children: XmlElement[];
}

const maximumDepth = 32;
const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const token =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<\/([^\s>]+)\s*>|<([^\s/>!?]+)((?:\s+[^\s=>]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;
const attribute = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** Escapes for element text and attribute values; characters XML 1.0 does not allow are dropped. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** `element('q:Ho', 'LÊ')` → `<q:Ho>LÊ</q:Ho>`; empty text gives `<q:Ho/>`. */
export function element(name: string, text: string): string {
  return text === '' ? `<${name}/>` : `<${name}>${escapeXml(text)}</${name}>`;
}

/** Throws a SyntaxError for anything that is not one whole, well-formed document without a DOCTYPE. */
export function readXml(source: string): XmlElement {
  const top: XmlElement = { namespace: '', name: '', text: '', children: [] };
  const open: { element: XmlElement; tag: string; scope: Map<string, string> }[] = [
    { element: top, tag: '', scope: new Map([['', '']]) },
  ];
  token.lastIndex = 0;
  const text = source.replace(/^\uFEFF/, '');
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(text);
    const current = open.at(-1);
    if (!found || !current) throw new SyntaxError(`XML sai ở vị trí ${at}`);
    const [, cdata, closing, opening, attributes, selfClosing, characters] = found;
    if (cdata !== undefined) current.element.text += cdata;
    else if (characters !== undefined) current.element.text += unescapeXml(characters);
    else if (closing !== undefined) {
      if (current.tag !== closing) throw new SyntaxError(`XML: thẻ đóng ${closing} không có thẻ mở`);
      open.pop();
    } else if (opening !== undefined) {
      const scope = scopeOf(attributes ?? '', current.scope);
      const child = { ...qualified(opening, scope), text: '', children: [] };
      current.element.children.push(child);
      if (selfClosing !== '/') open.push({ element: child, tag: opening, scope });
      if (open.length > maximumDepth) throw new SyntaxError('XML lồng quá sâu');
    }
  }
  const [root] = top.children;
  if (open.length !== 1 || top.children.length !== 1 || !root || top.text.trim() !== '') {
    throw new SyntaxError('XML không trọn một tài liệu');
  }
  return root;
}

export function childOf(parent: XmlElement | undefined, namespace: string, name: string): XmlElement | undefined {
  return parent?.children.find((child) => child.namespace === namespace && child.name === name);
}

function scopeOf(attributes: string, outer: Map<string, string>): Map<string, string> {
  if (!attributes.includes('xmlns')) return outer;
  const scope = new Map(outer);
  for (const [, name = '', double, single] of attributes.matchAll(attribute)) {
    const value = unescapeXml(double ?? single ?? '');
    if (name === 'xmlns') scope.set('', value);
    else if (name.startsWith('xmlns:')) scope.set(name.slice('xmlns:'.length), value);
  }
  return scope;
}

function qualified(tag: string, scope: Map<string, string>): { namespace: string; name: string } {
  const colon = tag.indexOf(':');
  const prefix = colon < 0 ? '' : tag.slice(0, colon);
  const namespace = scope.get(prefix);
  if (namespace === undefined) throw new SyntaxError(`XML: tiền tố ${prefix} chưa khai báo`);
  return { namespace, name: tag.slice(colon + 1) };
}

function unescapeXml(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-fA-F]+)|(\w+));?/g, (whole, decimal, hexadecimal, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hexadecimal !== undefined) return String.fromCodePoint(Number.parseInt(hexadecimal, 16));
    const sign = entities[name as string];
    if (sign === undefined) throw new SyntaxError(`XML: thực thể ${whole} không biết`);
    return sign;
  });
}
