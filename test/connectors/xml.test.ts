import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileXml, readXml, scopeOf, writeXml, type XmlPaths, type XmlTree } from '../../connectors/xml/xml.ts';

const scope = scopeOf({ '': 'urn:q', d: 'urn:d', none: '' });
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

function take(document: string | Uint8Array, paths: XmlPaths, options = {}) {
  return readXml(document, compileXml(paths, scope), options);
}

const refusal = (document: string | Uint8Array, paths: XmlPaths = ['a/b'], options = {}) => {
  try {
    return { taken: take(document, paths, options) };
  } catch (error) {
    return error;
  }
};

describe('readXml', () => {
  it('takes texts as they are written: zeros, blanks, references, CDATA, several pieces', () => {
    const document = '<a xmlns="urn:q"><b>00012</b><c>  x\n </c><d>a&lt;<![CDATA[<&]]>&#7879;<!-- x -->b</d><e/></a>';
    expect(take(document, ['a/b', 'a/c', 'a/d', 'a/e', 'a/f'])).toEqual({
      'a/b': '00012',
      'a/c': '  x\n ',
      'a/d': 'a<<&ệb',
      'a/e': '',
      'a/f': null,
    });
  });

  it('takes lists, records within records, attributes, presence, nil', () => {
    const document = `<a xmlns="urn:q" xmlns:d="urn:d" xmlns:i="${XSI}" x="1" d:x="2">
      <p><n>1</n><k>a</k><k>b</k></p><p><n i:nil="true"/></p><m><n>1</n></m><m><n i:nil="1"/></m><one><n d:y="7">2</n></one><z/></a>`;
    expect(
      take(document, ['a/@x', 'a/@d:x', 'a/m[]/n', 'a/p[]/{n,k[],one/{n}}', 'a/one/{n/@d:y,.}', 'a/z?', 'a/q?']),
    ).toEqual({
      'a/@x': '1',
      'a/@d:x': '2',
      'a/m[]/n': ['1', null],
      'a/p[]/{n,k[],one/{n}}': [
        { n: '1', 'k[]': ['a', 'b'], 'one/{n}': null },
        { n: null, 'k[]': [], 'one/{n}': null },
      ],
      'a/one/{n/@d:y,.}': { 'n/@d:y': '7', '.': '' },
      'a/z?': true,
      'a/q?': false,
    });
  });

  it('takes one element where several may be', () => {
    expect(take('<a xmlns="urn:q"><b>1</b></a>', ['a/b[]'])).toEqual({ 'a/b[]': ['1'] });
    expect(take('<a xmlns="urn:q"/>', ['a/b[]'])).toEqual({ 'a/b[]': [] });
  });

  it('tells namespaces apart, not prefixes', () => {
    expect(take('<x:a xmlns:x="urn:q"><b xmlns="urn:d">1</b><b>2</b></x:a>', ['a/d:b', 'a/none:b'])).toEqual({
      'a/d:b': '1',
      'a/none:b': '2',
    });
  });

  it.each([
    ['occurs twice where one is declared', '<a xmlns="urn:q"><b>1</b><b>2</b></a>', 'a/b'],
    ['holds elements where a text is declared', '<a xmlns="urn:q"><b><c>1</c></b></a>', 'a/b'],
    ['came in another namespace', '<a xmlns="urn:q"><b xmlns="urn:other">1</b></a>', 'a/b'],
    ['came in no namespace', '<p:a xmlns:p="urn:q"><b>1</b></p:a>', 'a/b'],
    ['has a root of another namespace', '<a><b>1</b></a>', 'a'],
    ['refers to another element', '<a xmlns="urn:q"><b href="#id1"/></a>', 'a/b'],
  ])('refuses an element that %s and names it', (_, document, field) => {
    expect(refusal(document)).toMatchObject({ code: 'SOURCE_MALFORMED', field });
  });

  it.each([
    ['is truncated', '<a xmlns="urn:q"><b>1</b>'],
    ['is cut inside a text', '<a xmlns="urn:q"><b>12'],
    ['is empty', ''],
    ['has crossed tags', '<a xmlns="urn:q"><b></a></b>'],
    ['has a document type', '<!DOCTYPE a><a xmlns="urn:q"/>'],
    [
      'has entities that unfold',
      '<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;&x;">]><a xmlns="urn:q"><b>&y;</b></a>',
    ],
    ['reads files', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a xmlns="urn:q"><b>&x;</b></a>'],
    ['uses an entity nobody declared', '<a xmlns="urn:q"><b>&nbsp;</b></a>'],
    ['holds a control character', '<a xmlns="urn:q"><b>\u0001</b></a>'],
    ['holds half a letter', '<a xmlns="urn:q"><b>\ud800</b></a>'],
    ['uses a prefix nobody declared', '<a xmlns="urn:q"><x:b/></a>'],
    ['is nested too deeply', `<a xmlns="urn:q">${'<c>'.repeat(200)}${'</c>'.repeat(200)}</a>`],
    ['is nested too deeply in what is passed over', `<z>${'<c>'.repeat(100_000)}`],
    ['goes on behind its end', '<a xmlns="urn:q"/><a/>'],
  ])('refuses a document that %s, without quoting it', (_, document) => {
    const error = refusal(document) as Error;
    expect(error).toMatchObject({ code: 'SOURCE_MALFORMED' });
    expect(error.message).not.toMatch(/lol|passwd|nbsp/);
    expect(error.cause).toBeUndefined();
  });

  it('refuses truncated documents wherever they are cut', () => {
    const document = '<?xml version="1.0"?><a xmlns="urn:q"><b k="1">&lt;x</b><!-- y --><c><![CDATA[z]]></c></a>';
    for (let end = 0; end < document.length; end += 1) {
      expect(refusal(document.slice(0, end))).toMatchObject({ code: 'SOURCE_MALFORMED' });
    }
  });

  it.each([
    ['UTF-8', Buffer.from('<a xmlns="urn:q"><b>Bệ</b></a>'), undefined],
    ['UTF-8 with a byte order mark', Buffer.from('\ufeff<a xmlns="urn:q"><b>Bệ</b></a>'), 'text/xml; charset=utf-8'],
    ['UTF-16 with a byte order mark', Buffer.from('\ufeff<a xmlns="urn:q"><b>Bệ</b></a>', 'utf16le'), undefined],
    ['UTF-16 without one', Buffer.from('<a xmlns="urn:q"><b>Bệ</b></a>', 'utf16le'), undefined],
    ['UTF-16, big end first', Buffer.from('\ufeff<a xmlns="urn:q"><b>Bệ</b></a>', 'utf16le').swap16(), undefined],
    [
      'Windows-1258 by its declaration',
      Buffer.from('<?xml version="1.0" encoding="windows-1258"?><a xmlns="urn:q"><b>B\xea\xf2</b></a>', 'latin1'),
      'text/xml',
    ],
    ['decomposed letters', Buffer.from('<a xmlns="urn:q"><b>Bệ</b></a>'.normalize('NFD')), undefined],
  ])('reads %s', (_, bytes, contentType) => {
    expect(take(bytes, ['a/b'], { contentType })).toEqual({ 'a/b': 'Bệ' });
  });

  it('refuses bytes that are not in the encoding, and encodings it cannot read', () => {
    expect(refusal(Buffer.from('<a xmlns="urn:q"><b>Caf\xe9</b></a>', 'latin1'))).toMatchObject({
      code: 'SOURCE_MALFORMED',
    });
    const unknown = Buffer.from('<?xml version="1.0" encoding="EBCDIC-CP-US"?><a xmlns="urn:q"/>');
    expect(refusal(unknown)).toMatchObject({ code: 'SOURCE_MALFORMED' });
  });

  it('is not led astray by names that mean something to JavaScript', () => {
    const document = '<a xmlns="urn:q"><__proto__>1</__proto__><constructor>2</constructor></a>';
    const taken = take(document, ['a/constructor', 'a/b']);
    expect(taken).toEqual({ 'a/constructor': '2', 'a/b': null });
    expect(({} as Record<string, unknown>).b).toBeUndefined();
  });

  it.each([['a b'], ['a//b'], ['/a'], ['x:a'], ['a/@b/c'], ['a/{b'], ['']])('refuses the path %j', (path) => {
    expect(() => compileXml([path], scope)).toThrow(Error);
  });

  it.each([
    [['a/b', 'a/b[]'], /both with and without/],
    [['a/b[]/{c}', 'a/b[]/c'], /as a record/],
    [['a/b/c', 'a/b/{c}'], /as a record/],
    [['a/b/{c}', 'a/b/{d}'], /as a record/],
    [['a/b/@x', 'a/b/{d}'], /as a record/],
    [['a/b/{d}', 'a/b'], /as a record/],
  ])('refuses the paths %j, which contradict each other', (paths, message) => {
    expect(() => compileXml(paths, scope)).toThrow(message);
  });
});

describe('writeXml', () => {
  it('escapes texts and attributes, repeats lists, writes nil, leaves out what is undefined', () => {
    const tree: XmlTree = {
      a: {
        '@x': '"<&\n',
        '@d:y': '1',
        b: ['1', '<&>\r'],
        'd:c': null,
        left: undefined,
        n: 7,
        e: { '@z': '1', '.': 'text' },
      },
    };
    expect(writeXml(tree, { scope, prefixes: { q: 'urn:q', d: 'urn:d' } })).toBe(
      `<?xml version="1.0" encoding="UTF-8"?><q:a xmlns:q="urn:q" xmlns:d="urn:d" xmlns:n3="${XSI}" x="&quot;&lt;&amp;&#10;" d:y="1"><q:b>1</q:b><q:b>&lt;&amp;&gt;&#13;</q:b><d:c n3:nil="true"/><q:n>7</q:n><q:e z="1">text</q:e></q:a>`,
    );
  });

  it('writes what it reads back unchanged, whatever the text', () => {
    const shape = compileXml(['a/b', 'a/none:c', 'a/@x'], scope);
    const text = fc.string({ unit: 'binary' }).filter((each) => !/[^\t\n\r -\ud7ff\ue000-\ufffd]/.test(each));
    fc.assert(
      fc.property(text, text, (one, two) => {
        const written = writeXml({ a: { '@x': one, b: one, 'none:c': two } }, { scope });
        expect(readXml(written, shape)).toEqual({ 'a/b': one, 'a/none:c': two, 'a/@x': one });
      }),
    );
  });

  it.each([
    ['a text XML cannot hold', { a: 'x\0' }],
    ['half a letter', { a: '\ud800' }],
    ['a name that is none', { a: { 'b><c': '1' } }],
    ['two roots', { a: '1', b: '2' }],
    ['an attribute that is a tree', { a: { '@x': { y: '1' } } }],
    ['a prefix nobody declared', { 'zz:a': '1' }],
  ])('refuses %s', (_, tree) => {
    expect(() => writeXml(tree as XmlTree, { scope })).toThrow(Error);
  });
});
