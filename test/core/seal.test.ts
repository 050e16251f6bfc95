import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSeal } from '../../core/seal.ts';

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index);
const seal = createSeal(KEY);
const other = createSeal(Uint8Array.from({ length: 32 }, (_, index) => index + 1));

/** What is sealed in the house: numbers, sort keys as JSON, names with every mark. Lone surrogates are no text. */
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 });
const purpose = fc.string({ unit: 'grapheme', maxLength: 30 });

test('what was sealed opens to the same text, under the same purpose', () => {
  fc.assert(fc.property(purpose, text, (why, what) => seal.open(why, seal.seal(why, what)) === what));
});

test('the same text under the same purpose always has the same seal, also after a restart', () => {
  fc.assert(
    fc.property(purpose, text, (why, what) => {
      expect(createSeal(KEY).seal(why, what)).toBe(seal.seal(why, what));
    }),
  );
});

test('two texts never have one seal, nor one text under two purposes', () => {
  fc.assert(
    fc.property(purpose, text, purpose, text, (why, what, otherWhy, otherWhat) => {
      fc.pre(why !== otherWhy || what !== otherWhat);
      expect(seal.seal(why, what)).not.toBe(seal.seal(otherWhy, otherWhat));
    }),
  );
});

test('a seal does not open under another purpose, nor where purpose and text are cut at another place', () => {
  fc.assert(
    fc.property(purpose, purpose, text, (why, otherWhy, what) => {
      fc.pre(why !== otherWhy);
      expect(seal.open(otherWhy, seal.seal(why, what))).toBeNull();
    }),
  );
  // Whoever knows what is sealed knows the key stream, and could move the cut if the vector did not hold its place.
  const bytes = Buffer.from(seal.seal('a', 'bc'), 'base64url');
  const forged = Buffer.concat([bytes.subarray(0, 16), Buffer.of((bytes[16] ?? 0) ^ 0x62 ^ 0x63)]);
  expect(seal.open('ab', forged.toString('base64url'))).toBeNull();
});

test('another key opens nothing', () => {
  fc.assert(fc.property(text, (what) => other.open('id', seal.seal('id', what)) === null));
});

test('a seal of which any character was changed, added or taken away does not open', () => {
  const character = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
  fc.assert(
    fc.property(text, fc.nat(), character, (what, at, put) => {
      const sealed = seal.seal('id', what);
      const place = at % sealed.length;
      const changed = sealed.slice(0, place) + put + sealed.slice(place + 1);
      if (changed !== sealed) expect(seal.open('id', changed)).toBeNull();
      expect(seal.open('id', sealed.slice(0, place) + put + sealed.slice(place))).toBeNull();
      expect(seal.open('id', sealed.slice(0, place) + sealed.slice(place + 1))).toBeNull();
    }),
  );
});

test('a seal has one spelling: bits that Base64 leaves unused are not free', () => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  for (const what of ['1', '12', '123']) {
    const sealed = seal.seal('id', what);
    const opening = [...letters].filter((last) => seal.open('id', sealed.slice(0, -1) + last) !== null);
    expect(opening).toEqual([sealed.at(-1)]);
  }
});

test('text that no seal made never opens and never throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.stringMatching(/^[\w-]*$/)), (text) => {
      expect(seal.open('id', text)).toBeNull();
    }),
  );
  expect(seal.open('id', 'A'.repeat(1_000_000))).toBeNull();
});

test('a seal shows nothing of a number it holds', () => {
  const sealed = seal.seal('citizen', '001085004213');
  expect(sealed).toMatch(/^[\w-]+$/);
  expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('0850');
});

test('a key shorter than 32 bytes is refused, without being shown', () => {
  expect(() => createSeal(Buffer.from('secret-secret'))).toThrow('A sealing key needs 32 bytes, came 13');
});

// A cursor holds the name it stands at, and a source may state a name of any length.
test('what the seal gives out it also takes back, however long', () => {
  const long = 'Nguyễn '.repeat(500);
  expect(seal.open('cursor', seal.seal('cursor', long))).toBe(long);
});

test('an empty text can be sealed as well', () => {
  expect(seal.open('cursor', seal.seal('cursor', ''))).toBe('');
});
