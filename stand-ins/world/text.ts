/** Vietnamese text as different systems spell it. */

import type { Spelling } from './types.ts';

/** Hoà → Hòa, Thuý → Thúy: the placement typewriters and older software use. Only at the end of a syllable. */
export function oldTonePlacement(text: string): string {
  return text
    .normalize('NFC')
    .replace(openSyllable, (_, before: string, vowels: string) => before + (toneMoved.get(vowels) ?? vowels));
}

export function withoutDiacritics(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/đ/g, 'd')
    .replace(/Đ/g, 'D')
    .normalize('NFC');
}

/** What a search compares: lower case, no diacritics, single spaces. */
export function folded(text: string): string {
  return withoutDiacritics(text).toLowerCase().replace(/\s+/g, ' ').trim();
}

export function spell(text: string, spelling: Spelling): string {
  switch (spelling) {
    case 'upper':
      return text.toUpperCase();
    case 'spaces':
      return ` ${text.replace(/ /g, '  ')} `;
    case 'nfd':
      return text.normalize('NFD');
    case 'old-tone':
      return oldTonePlacement(text);
    case 'no-diacritics':
      return withoutDiacritics(text);
    case 'plain':
      return text;
  }
}

const toneMoved = new Map<string, string>();
for (const [first, second] of [
  ['o', 'a'],
  ['o', 'e'],
  ['u', 'y'],
] as const) {
  for (const tone of ['\u0300', '\u0301', '\u0303', '\u0309', '\u0323']) {
    const modern = first + (second + tone).normalize('NFC');
    toneMoved.set(modern, (first + tone).normalize('NFC') + second);
  }
}
// "quý" keeps its tone on the y: its u belongs to the q.
const openSyllable = new RegExp(`(^|[^qQ])(${[...toneMoved.keys()].join('|')})(?![\\p{L}])`, 'giu');
