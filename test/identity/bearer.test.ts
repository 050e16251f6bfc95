import { describe, expect, it } from 'vitest';
import { demandCertificate, tokenIn } from '../../identity/verify.ts';
import { digest } from './tokens.ts';

const THUMBPRINT = digest('a certificate');

describe('the header that brings a token', () => {
  it('says Bearer, however it is written', () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) expect(tokenIn(`${scheme} a.b.c`)).toBe('a.b.c');
    expect(tokenIn('Bearer   a.b.c')).toBe('a.b.c');
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'a.b.c',
    'Bearer a.b.c d.e.f',
    'Bearer a.b.c, Bearer d.e.f',
    ' Bearer a.b.c',
  ])('is not %j', (header) => {
    expect(() => tokenIn(header)).toThrow(/FORM/);
  });
});

describe('a token that is bound to a certificate', () => {
  const bearer = (certificate: string | null) => ({ actor: {} as never, certificate });

  it('is good only where that certificate was shown', () => {
    expect(() => demandCertificate(bearer(THUMBPRINT), THUMBPRINT)).not.toThrow();
    for (const shown of [undefined, '', digest('another certificate')]) {
      expect(() => demandCertificate(bearer(THUMBPRINT), shown)).toThrow(/CERTIFICATE/);
    }
  });

  it('is another matter than one that is not', () => {
    expect(() => demandCertificate(bearer(null), undefined)).not.toThrow();
    expect(() => demandCertificate(bearer(null), THUMBPRINT)).not.toThrow();
  });
});
