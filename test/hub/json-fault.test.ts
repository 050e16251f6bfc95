import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFaultIn } from '../../hub/json-fault.ts';

describe('A text that is no JSON', () => {
  it.each([
    ['', 'line 1, column 1: expected a value'],
    ['// grants\n{}', 'line 1, column 1: expected a value'],
    ['-----BEGIN PRIVATE KEY-----\nMC4CAQ', 'line 1, column 1: expected a value'],
    ['0123', 'line 1, column 2: expected the end of the file'],
    ['{"a": 1}}', 'line 1, column 9: expected the end of the file'],
    ['{\r\n  "a": 1,\r\n}', 'line 3, column 1: expected a name in quotation marks'],
    ['{\n  a: 1 }', 'line 2, column 3: expected a name in quotation marks or }'],
    ['{"a" 1}', 'line 1, column 6: expected :'],
    ['{"a":}', 'line 1, column 6: expected a value'],
    ['{"a": [1 2]}', 'line 1, column 10: expected , or ]'],
    ['{"a": {"b": []', 'line 1, column 15: expected , or }'],
    ['[1, ]', 'line 1, column 5: expected a value'],
    ['[', 'line 1, column 2: expected a value or ]'],
    ['[}', 'line 1, column 2: expected a value or ]'],
    ['[1}', 'line 1, column 3: expected , or ]'],
    ['["a\nb"]', 'line 1, column 2: expected a value or ]'],
    ['{"a": "\\x"}', 'line 1, column 7: expected a value'],
    ['{"open', 'line 1, column 2: expected a name in quotation marks or }'],
    ['{"a": .5}', 'line 1, column 7: expected a value'],
  ])('is told by its place alone: %j', (text, told) => {
    expect(jsonFaultIn(text)).toBe(told);
  });

  it('is whatever JSON.parse does not take', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '\\',
      '0',
      '1',
      '-',
      '.5',
      'e1',
      'true',
      'n',
      ' ',
      '\n',
      '\u00a0',
    );
    const ofPieces = fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join(''));
    const spoilt = fc
      .tuple(fc.json(), fc.nat(), fc.nat(2), pieces)
      .map(([text, at, cut, piece]) => text.slice(0, at % text.length) + piece + text.slice((at % text.length) + cut));
    fc.assert(
      fc.property(fc.oneof(ofPieces, spoilt, fc.json()), (text) => {
        expect(jsonFaultIn(text) === null).toBe(isJson(text));
      }),
      { numRuns: 3_000 },
    );
  });

  it('is found at any depth', () => {
    expect(jsonFaultIn(`${'['.repeat(200_000)}\n?`)).toBe('line 2, column 1: expected a value or ]');
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
