import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openXmlReader } from '../../connectors/xml/saxes.ts';
import { scanXml } from '../../connectors/xml/scan.ts';
import type { XmlEvents } from '../../connectors/xml/take.ts';

/** Events as lines of text; pieces of one text are joined, as readers may cut them anywhere. */
function recorder(): XmlEvents & { told: () => readonly string[] } {
  const told: string[] = [];
  let text = '';
  const flush = () => {
    if (text !== '') told.push(`text ${JSON.stringify(text)}`);
    text = '';
  };
  return {
    listening: true,
    open: (uri, local, attributes) => {
      flush();
      const written = attributes.map((each) => `{${each.uri}}${each.local}=${JSON.stringify(each.value)}`).sort();
      told.push(`open {${uri}}${local} ${written.join(' ')}`);
    },
    text: (piece) => {
      text += piece;
    },
    close: () => {
      flush();
      told.push('close');
    },
    told: () => told,
  };
}

function quickly(text: string): readonly string[] | null {
  const events = recorder();
  return scanXml(text, events) ? events.told() : null;
}

function carefully(text: string): readonly string[] | null {
  const events = recorder();
  try {
    const reader = openXmlReader(events);
    reader.write(text);
    reader.end();
  } catch {
    return null;
  }
  return events.told();
}

const PIECES = fc.constantFrom(
  ...['<', '>', '/', '&', ';', '"', "'", '=', ' ', ':', '!', '-', '--', '[', ']', ']]>', '?', '#', 'x', '1', '0'],
  ...['\r', '\n', '\t', '\r\n', '\0', '\u0085', '\u2028', '\ufffe', '\ufeff', '😀', '\ud800', 'ệ', 'a', 'xml', 'xmlns'],
  ...['<!--', '-->', '<![CDATA[', '<?', '?>', '<!DOCTYPE a>', '&lt;', '&#13;', '&#0;', '&#x10ffff;', '&#xfffe;', '&x;'],
  ...['<a>', '</a>', '<a/>', '<p:a>', 'p:a', ' xmlns:p="u"', ' xmlns="u"', ' xmlns:p=""', ' a="1"', ' p:a="1"'],
  ...[' xmlns:xml="u"', ' xmlns:xmlns="u"', ' xmlns:q="http://www.w3.org/2000/xmlns/"', ' xml:lang="vi"', ' a=" b "'],
  ...[
    '<?xml version="1.0"?>',
    '<?xml version="1.1"?>',
    '<?xml version="1.0" encoding="utf-8"?>',
    'a:b:c',
    ':a',
    'b.-c',
  ],
);

const name = fc.constantFrom('a', 'b', 'p:a', 'q:b', 'HoVaTen', 'qldc:CongDan', 'h-1.x');
const words = fc.array(
  fc.constantFrom(
    'Nguyễn',
    ' ',
    '\n',
    '&amp;',
    '&#7879;',
    '&#x1EC7;',
    '00012',
    '>',
    ']',
    '<!-- x -->',
    '<![CDATA[<&]]>',
  ),
  { maxLength: 4 },
);
const attribute = fc.constantFrom(
  ...['', ' a="1"', " b='2'", ' p:a="1"', ' q:a="x"', ' xmlns:q="urn:q"', ' xmlns="urn:d"', ' xmlns=""', '\n a = "1"'],
  ...[' xmlns:p="urn:q"', ' xml:lang="vi"', ' a="&lt;"', ' a="é"'],
);

const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
  element: fc
    .tuple(name, attribute, attribute, tie('content'), fc.boolean())
    .map(([tag, one, two, content, short]) =>
      short ? `<${tag}${one}${two}/>` : `<${tag}${one}${two}>${content}</${tag}>`,
    ),
  content: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    words.map((each) => each.join('')),
    fc.tuple(words, tie('element'), words, tie('element')).map(([a, b, c, d]) => a.join('') + b + c.join('') + d),
  ),
}));

const wrapped = fc
  .tuple(fc.constantFrom('', '<?xml version="1.0" encoding="UTF-8"?>', '<!-- x -->', '\n'), element)
  .map(([prolog, root]) => `${prolog}<root xmlns:p="urn:p" xmlns:q="urn:q" xmlns:qldc="urn:qldc">${root}</root>`);

/** A document with some of it cut out and something else put there. */
const damaged = fc
  .tuple(wrapped, fc.nat(), fc.nat({ max: 6 }), fc.array(PIECES, { maxLength: 2 }))
  .map(([text, place, length, pieces]) => {
    const at = place % (text.length + 1);
    return text.slice(0, at) + pieces.join('') + text.slice(at + length);
  });

const soup = fc.array(PIECES, { maxLength: 14 }).map((pieces) => pieces.join(''));

describe('the quick scanner', () => {
  it('tells exactly what the careful reader tells about every document it does not give up on', () => {
    let kept = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.oneof(wrapped, damaged, damaged, soup), (text) => {
        const quick = quickly(text);
        const careful = carefully(text);
        if (careful === null) refused += 1;
        if (quick === null) return;
        kept += 1;
        expect(quick).toEqual(careful);
      }),
      { numRuns: 6_000 },
    );
    // A property over documents of which none, or all, are refused would say nothing.
    expect(kept).toBeGreaterThan(1_000);
    expect(refused).toBeGreaterThan(1_000);
  }, 60_000);

  it.each([
    ['a plain answer', '<a xmlns="u"><b c="1">x</b><d/></a>'],
    ['line ends of Windows', '<?xml version="1.0" encoding="utf-8"?>\r\n<a>\r\n<b>x</b>\r\n</a>\r\n'],
    ['references and CDATA', '<a>&lt;&#7879;<![CDATA[<&]]></a>'],
    ['comments', '<!-- x --><a><!-- y --></a><!-- z -->'],
  ])('does not leave %s to the careful reader', (_, text) => {
    expect(quickly(text)).toEqual(carefully(text));
    expect(quickly(text)).not.toBeNull();
  });

  it.each([
    '<p:a xmlns:p=" u "/>',
    '<p:a xmlns:p="http://www.w3.org/XML/1998/namespace"/>',
    '<a xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:lang="vi"/>',
    '<a xmlns:p="u"><p:b xmlns:p="v"/><p:b/></a>',
    '<a xmlns="u"><b xmlns=""/><b/></a>',
    '<a b=" x\ty "/>',
    '<a>]]></a>',
    '<a><!-- -- --></a>',
    '<a>&#xD;\r&#13;</a>',
    '<ệ/>',
  ])('agrees with the careful reader about %j, or leaves it', (text) => {
    const quick = quickly(text);
    if (quick !== null) expect(quick).toEqual(carefully(text));
  });

  it.each([
    ['is truncated', '<a><b>x</b>'],
    ['closes another element', '<a><b></a></b>'],
    ['has a document type', '<!DOCTYPE a><a/>'],
    ['uses a prefix that is not bound', '<p:a/>'],
    ['repeats an attribute', '<a b="1" b="2"/>'],
    ['repeats an attribute under two prefixes', '<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>'],
    ['has two roots', '<a/><b/>'],
    ['has text beside its root', '<a/>x'],
    ['has a reference to nothing', '<a>&x;</a>'],
    ['has a control character', '<a>\u0001</a>'],
  ])('gives up on a document that %s', (_, text) => {
    expect(carefully(text)).toBeNull();
    expect(quickly(text)).toBeNull();
  });
});
