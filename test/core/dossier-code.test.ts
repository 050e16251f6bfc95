import { describe, expect, it } from 'vitest';
import { issuedCode } from '../../core/dossier-code.ts';

describe('The form in which units issue codes of dossiers', () => {
  it.each([
    '000.00.06.H56-231027-0361',
    'H56.14-240823-0001',
    'H15.50.05.13-261008-0975',
    'H41-261008-0001',
    'G17-210610-0000123',
    'G17.02-210610-000123',
  ])('is that of %s, however it is typed', (code) => {
    expect([issuedCode(code), issuedCode(` ${code.toLowerCase()}\n`)]).toEqual([code, code]);
  });

  it.each([
    '001085004213',
    'CCCD-001085004213',
    'H41-001085-004213001',
    'H41.12-261008-00003',
    'H41.12-261008-001085004213',
    'H41.12-261008-0003-011985421',
    'H41.001085004213-261008-0003',
    'Nguyễn-261008-0003',
    'H41-1',
    '',
  ])('is not that of «%s»', (text) => {
    expect(issuedCode(text)).toBeNull();
  });
});
