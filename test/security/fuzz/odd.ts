import fc from 'fast-check';

/** Texts that were written to be read otherwise than they are meant. */
const ODD = [
  '',
  '\u0000',
  "' OR '1'='1",
  "'; DROP TABLE dossier; --",
  '../../etc/passwd',
  '__proto__',
  'constructor',
  '\ud800',
  'Nguye\u0302\u0303n',
  '%',
  '_',
  '*',
  '9'.repeat(400),
  '💥'.repeat(50),
  'http://10.0.0.1:1/',
  '{{7*7}}',
  '\r\nset-cookie: a=b',
  '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
  '2026-02-30',
  '-0',
  '1e999',
];

export const oddText = fc.oneof(fc.constantFrom(...ODD), fc.string({ maxLength: 30, unit: 'binary' }));

/** The same text with a few places cut, doubled or replaced. */
export function spoilt(whole: string): fc.Arbitrary<string> {
  const change = fc.tuple(
    fc.nat(Math.max(0, whole.length - 1)),
    fc.nat(6),
    fc.oneof(fc.constant(''), oddText, fc.constantFrom('{', '}', '"', '...', '@', '$', '#', '\\', ':', '[', '\n')),
  );
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) =>
      changes.reduce((now, [at, length, put]) => now.slice(0, at) + put + now.slice(at + length), whole),
    );
}
