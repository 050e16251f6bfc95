import { describe, expect, it } from 'vitest';
import type { StoredGroup } from '../../audit/stored.ts';
import { buildChain, said, sealed } from './built-chain.ts';
import { DAY_MS, NOON } from './support.ts';

describe('The entries of a chain', () => {
  it('are of the day that its name says', async () => {
    const midnight = Date.parse('2026-11-21T00:00:00+07:00');
    const at = (openedAt: number) => buildChain([['open'], [0], ['gap'], ['close']], { openedAt });
    const operation = 'broken: chain C: entry 2 is of another day than its chain';
    const opening = 'broken: chain C: entry 1 opens the chain on another day than its name says';
    expect((await said(await at(NOON + DAY_MS))).said).toEqual([opening, operation]);
    expect((await said(await at(NOON - DAY_MS))).said).toEqual([opening, operation]);
    // Begun a moment before midnight, and written after it.
    expect((await said(await at(midnight - 500))).said).toEqual([]);
    expect((await said(await at(midnight + 59_500))).said).toEqual([operation]);
  });

  it('are of it from its first moment on, and no more from a minute after its last', async () => {
    const midnight = Date.parse('2026-11-20T00:00:00+07:00');
    const at = (openedAt: number) => buildChain([['open'], [0], ['close']], { openedAt });
    expect((await said(await at(midnight))).said).toEqual([]);
    expect((await said(await at(midnight - 1))).said).toEqual([
      'broken: chain C: entry 1 opens the chain on another day than its name says',
    ]);
    expect((await said(await at(midnight + DAY_MS + 58_999))).said).toEqual([]);
    expect((await said(await at(midnight + DAY_MS + 59_000))).said).toEqual([
      'broken: chain C: entry 2 is of another day than its chain',
    ]);
  });

  it('may be followed by its end days later, when there is something to write again', async () => {
    const late = await buildChain([['open'], [0], ['gap', 'close']]);
    const [, , end] = late.groups;
    const lines = end?.lines.map((line) => line.replace(/"at":\d+/, `"at":${NOON + 3 * DAY_MS}`)) ?? [];
    const written = [...late.groups.slice(0, 2), { ...end, at: NOON + 3 * DAY_MS, lines } as StoredGroup];
    expect((await said(await sealed(late.stored, written))).said).toEqual([]);
  });
});
