import { describe, expect, it } from 'vitest';
import { operationHash } from '../../core/operation-hash.ts';

const isSame = (one: string, other: string): boolean => operationHash(one) === operationHash(other);

describe('The hash by which the log tells operations apart', () => {
  it.each([
    ['a number', '{ citizen(id: "001085004213") { id } }', '{ citizen(id: "001090004217") { id } }'],
    ['a number without quotes', '{ citizen(id: 001085004213) { id } }', '{ citizen(id: 1) { id } }'],
    ['a code', '{ dossier(code: "H41.69.01-261119-0004") { code } }', '{ dossier(code: "none") { code } }'],
    ['a text with quotes in it', '{ a(x: "An \\"Lê\\" Văn") }', '{ a(x: "") }'],
    ['a text of several lines', '{ a(x: """An\n\\""" Lê "Văn" """) }', '{ a(x: """""") }'],
    ['a number in a name', 'query Of001085004213 { p001085004213: a }', 'query Of1 { p1: a }'],
    ['a comment', '{ a } # Lê Văn An', '{ a } '],
    ['a text that nothing ends', '{ a(x: "Lê Văn An', '{ a(x: "Trần'],
    ['a text of several lines that nothing ends', '{ a(x: """Lê\nVăn', '{ a(x: """An'],
  ])('does not tell %s', (_, one, other) => {
    expect(isSame(one, other)).toBe(true);
  });

  it.each([
    ['another field', '{ a }', '{ b }'],
    ['another field behind a text', '{ a(x: "1") b }', '{ a(x: "1") c }'],
    ['another field behind a text that looks like a comment', '{ a(x: "#") b }', '{ a(x: "#") c }'],
    ['another field behind a text that ends with a backslash', '{ a(x: "\\\\") b }', '{ a(x: "\\\\") c }'],
    [
      'another field between two texts of several lines',
      '{ a(x: """1""") b(x: """1""") }',
      '{ a(x: """1""") c(x: """1""") }',
    ],
    ['another field on the line after a comment', '{ a # b\n b }', '{ a # b\n c }'],
    ['another field on the line after a text that nothing ends', '{ a(x: "1\n) b }', '{ a(x: "1\n) c }'],
    ['a text in the place of a number', '{ a(x: "1") }', '{ a(x: 1) }'],
    ['something in the place of nothing', '{ a }', ''],
  ])('tells %s', (_, one, other) => {
    expect(isSame(one, other)).toBe(false);
  });

  it('is worked out at once, whatever the text', () => {
    const began = performance.now();
    for (const part of ['"', '"""', '\\', '"\\', '#', '1', '\\"""'])
      expect(operationHash(part.repeat(50_000))).toHaveLength(22);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
