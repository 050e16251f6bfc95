import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBytes, decodeLegacy } from '../../connectors/text/decode.ts';
import { isTextEncoding, TEXT_ENCODINGS } from '../../connectors/text/encodings.ts';
import { FaultyValue } from '../../core/faulty-value.ts';
import { asLatin1, encode, VIETNAMESE_LETTERS } from './encoders.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
/** Syllables as people have them, and letters in any order, with spaces between. */
const letter = fc.constantFrom(...VIETNAMESE_LETTERS, ...'abcdeghiklmnopqrstuvxyABCDEGHIKLMNOPQRSTUVXY');
const words = fc
  .array(fc.oneof(fc.constantFrom('Nguyễn', 'HUỲNH', 'Đỗ', 'thuỷ', 'Quỳnh', 'ở', 'giữa', 'ĐẮK LẮK'), letter))
  .map((parts) => parts.join(' '));
const ascii = fc.string({ unit: 'binary-ascii' });

test('there are 134 letters', () => {
  expect(new Set(VIETNAMESE_LETTERS).size).toBe(134);
});

describe.each(['tcvn3', 'cp1258'] as const)('%s', (encoding) => {
  test.each(VIETNAMESE_LETTERS)('%s is read, as bytes and as text of bytes', (text) => {
    expect(decodeBytes(encode[encoding](text), encoding)).toBe(text);
    expect(decodeLegacy(asLatin1(encode[encoding](text)), encoding)).toBe(text);
  });

  test('running text is read back as it was', () => {
    fc.assert(
      fc.property(words, (text) => {
        expect(decodeBytes(encode[encoding](text), encoding)).toBe(text);
        expect(decodeLegacy(asLatin1(encode[encoding](text)), encoding)).toBe(text);
      }),
    );
  });
});

describe('vni', () => {
  test.each(VIETNAMESE_LETTERS)('%s is read, as bytes and as text', (text) => {
    expect(decodeLegacy(encode.vni(text), 'vni')).toBe(text);
    expect(decodeBytes(latin1(encode.vni(text)), 'vni')).toBe(text);
  });

  test('running text is read back as it was', () => {
    fc.assert(
      fc.property(words, (text) => {
        expect(decodeLegacy(encode.vni(text), 'vni')).toBe(text);
        expect(decodeBytes(latin1(encode.vni(text)), 'vni')).toBe(text);
      }),
    );
  });

  test.each([
    ['Nguyeãn Thò Phöôïng', 'Nguyễn Thị Phượng'],
    ['AÙnh', 'Ánh'],
    ['Aùnh', 'Ánh'],
    ['Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam', 'Cộng hòa xã hội chủ nghĩa Việt Nam'],
    ['Ñoäc laäp – “Töï do”', 'Độc lập – “Tự do”'],
    ['Lyù Kyø, myõ lyï mî', 'Lý Kỳ, mỹ lỵ mỵ'],
  ])('%j is %j', (written, text) => {
    expect(decodeLegacy(written, 'vni')).toBe(text);
  });

  test.each(['Nguyễn Thị Phượng', 'bø', 'ùa', 'a\u0301', 'a𠀀'])('%j is refused, as VNI does not write it', (text) => {
    expect(() => decodeLegacy(text, 'vni')).toThrow(FaultyValue);
  });
});

describe('viqr', () => {
  test.each(VIETNAMESE_LETTERS)('%s is read, as bytes and as text', (text) => {
    expect(decodeLegacy(encode.viqr(text), 'viqr')).toBe(text);
    expect(decodeBytes(latin1(encode.viqr(text)), 'viqr')).toBe(text);
  });

  test.each([
    ['Nguye^~n Thi. Phu+o+.ng', 'Nguyễn Thị Phượng'],
    ['Co^.ng ho`a, ddo^.c la^.p', 'Cộng hòa, độc lập'],
    ['Hoa\\?', 'Hoa?'],
    ['Hoa`.', 'Hoà.'],
    ['a\\d\\d', 'add'],
    ['C:\\\\du lieu', 'C:\\du lieu'],
    ["n' l^ (5+5)", "n' l^ (5+5)"],
    ['Tho*? Dd', 'Thở Đ'],
  ])('%j is %j', (written, text) => {
    expect(decodeLegacy(written, 'viqr')).toBe(text);
  });

  test('text beyond ASCII is refused', () => {
    expect(() => decodeLegacy('Nguyễn', 'viqr')).toThrow(FaultyValue);
    expect(() => decodeBytes(Uint8Array.of(0x61, 0xe1), 'viqr')).toThrow(FaultyValue);
  });
});

describe('Unicode', () => {
  test('text leaves as NFC from every Unicode encoding, with or without its mark', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((text) => !text.startsWith('\ufeff')),
        (text) => {
          const nfc = text.normalize('NFC');
          for (const form of [text, text.normalize('NFD'), `\ufeff${text}`]) {
            expect(decodeBytes(Buffer.from(form, 'utf8'), 'utf-8')).toBe(nfc);
            expect(decodeBytes(Buffer.from(form, 'utf16le'), 'utf-16le')).toBe(nfc);
            expect(decodeBytes(utf16be(form), 'utf-16be')).toBe(nfc);
          }
          expect(decodeLegacy(text.normalize('NFD'), 'utf-8')).toBe(nfc);
        },
      ),
    );
  });

  test.each([
    ['utf-8', [0x4e, 0x67, 0xe1]],
    ['utf-8', [0xc0, 0x80]],
    ['utf-8', [0xed, 0xa0, 0x80]],
    ['utf-16le', [0x41, 0x00, 0x42]],
    ['utf-16le', [0x00, 0xd8, 0x41, 0x00]],
    ['utf-16be', [0xdc, 0x00]],
  ] as const)('%s refuses the bytes %j and reads on with the next value', (encoding, bytes) => {
    expect(() => decodeBytes(Uint8Array.from(bytes), encoding)).toThrow(FaultyValue);
    expect(decodeBytes(new Uint8Array(), encoding)).toBe('');
  });

  test.each([
    ['utf-8', Buffer.from('\ufeffa', 'utf16le')],
    ['utf-16be', Buffer.from('\ufeffa', 'utf16le')],
    ['utf-16le', Buffer.from('\ufeffab', 'utf8')],
    ['tcvn3', Buffer.from('\ufeffa', 'utf8')],
    ['latin1', utf16be('\ufeffa')],
  ] as const)('%s refuses a file that begins with the mark of another encoding', (encoding, bytes) => {
    expect(() => decodeBytes(bytes, encoding)).toThrow(/byte order mark/);
  });
});

describe('latin1', () => {
  test('byte n is character n', () => {
    expect(decodeBytes(Uint8Array.of(0x43, 0xe0, 0xff), 'latin1')).toBe('Càÿ');
  });
});

describe('every encoding', () => {
  const single = TEXT_ENCODINGS.filter((encoding) => !encoding.startsWith('utf-16'));

  test('ASCII is itself, however often it is decoded; in VIQR that holds for text without its marks', () => {
    fc.assert(
      fc.property(ascii, fc.constantFrom(...single), (text, encoding) => {
        const plain = encoding === 'viqr' ? text.replace(/[\\^(+*`'?~.dD]/g, '') : text;
        expect(decodeBytes(latin1(plain), encoding)).toBe(plain);
        expect(decodeLegacy(decodeLegacy(plain, encoding), encoding)).toBe(plain);
      }),
    );
  });

  test('garbage makes NFC text without U+FFFD, or a fault that does not repeat it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...single), (bytes, encoding) => {
        try {
          const text = decodeBytes(bytes, encoding);
          expect(text).toBe(text.normalize('NFC'));
          if (encoding !== 'utf-8') expect(text).not.toContain('\ufffd');
        } catch (error) {
          expect(error).toBeInstanceOf(FaultyValue);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('garbled text makes NFC text or a fault', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...TEXT_ENCODINGS), (text, encoding) => {
        try {
          expect(decodeLegacy(text, encoding)).toBe(decodeLegacy(text, encoding).normalize('NFC'));
        } catch (error) {
          expect(error).toBeInstanceOf(FaultyValue);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('three megabytes of nothing but marks are read within five seconds', () => {
    const started = performance.now();
    decodeLegacy('aâ'.repeat(500_000), 'vni');
    decodeLegacy("u+'".repeat(333_333), 'viqr');
    decodeBytes(new Uint8Array(1_000_000).fill(0xb5), 'tcvn3');
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

test('names of encodings are known', () => {
  expect(isTextEncoding('tcvn3')).toBe(true);
  expect(isTextEncoding('viscii')).toBe(false);
});
