import { beforeAll, describe, expect, it } from 'vitest';
import { signHead } from '../../audit/keys.ts';
import type { AuditHead } from '../../core/audit.ts';
import { type BuiltChain, buildChain, CHAIN, type Change, PLAN, said, withGroups } from './built-chain.ts';
import { KEYS } from './support.ts';

let honest: BuiltChain;
let open: BuiltChain;

beforeAll(async () => {
  honest = await buildChain(PLAN);
  open = await buildChain(PLAN.slice(0, 4));
});

/** The chain with its groups changed, and nothing else. */
const changed = (change: Change, built = honest): BuiltChain => withGroups(built, change);

describe('the end of a chain', () => {
  it('that was cut is found by the list, and by the heads', async () => {
    const cut = changed((groups) => groups.pop());
    expect((await said(cut, { now: { ...cut, heads: cut.heads.slice(0, 4) } })).said).toEqual([
      'broken: chain C ends at 7, an exported head says 8',
      'broken: chain C was closed, and ends at 7 without saying so',
      'broken: chain C ends at 7, the list of chains says 8',
    ]);
    const cutOpen = changed((groups) => groups.pop(), open);
    expect((await said(cutOpen, { now: { ...cutOpen, heads: open.heads.slice(0, 3) } })).said).toEqual([
      'broken: chain C ends at 5, an exported head says 7',
    ]);
    expect((await said({ ...cutOpen, heads: [] }, { heads: open.heads })).said).toEqual([
      'broken: chain C ends at 5, an exported head says 7',
    ]);
  });

  it('is what the list says, and the list says nothing of one that is open', async () => {
    const listed = (change: Partial<BuiltChain['stored']>, built = honest) =>
      said({ ...built, stored: { ...built.stored, ...change } }).then((one) => one.said);
    expect(await listed({ lastSeq: 7 })).toEqual(['broken: chain C ends at 8, the list of chains says 7']);
    expect(await listed({ lastHash: 'x' })).toEqual(['broken: chain C ends at 8, the list of chains says 8']);
    expect(await listed({ lastSeq: 7 }, open)).toEqual(['broken: chain C ends at 7, the list of chains says 7']);
    expect(await listed({ lastHash: 'x' }, open)).toEqual([
      'broken: chain C ends at 7, the list of chains says nothing of it',
    ]);
    expect(await listed({ closed: false })).toEqual([
      'broken: chain C is closed, and listed as open',
      'broken: chain C ends at 8, the list of chains says 8',
    ]);
    expect(await listed({ closed: true }, open)).toEqual([
      'broken: chain C was closed, and ends at 7 without saying so',
      'broken: chain C ends at 7, the list of chains says nothing of it',
    ]);
    expect(await listed({ instance: 'mot' })).toEqual(['broken: chain C is listed under mot and 2026-11-20']);
    for (const instance of ['motcu', 'motcua-0a0b0c0d', '']) {
      expect(await listed({ instance })).toEqual([`broken: chain C is listed under ${instance} and 2026-11-20`]);
    }
    const named = await buildChain(PLAN, { chain: CHAIN.replace('motcua', 'motcua-1') });
    expect(await listed({ instance: 'motcua-1' }, named)).toEqual([]);
    expect(await listed({}, named)).toEqual([
      'broken: chain motcua-1-0a0b0c0d/2026-11-20 is listed under motcua and 2026-11-20',
    ]);
    expect(await listed({ day: '2026-11-21' })).toEqual(['broken: chain C is listed under motcua and 2026-11-21']);
  });

  it('is missing where there are no entries at all', async () => {
    expect(await said({ ...honest, groups: [] })).toEqual({ said: ['broken: chain C has no entries'], entries: 0 });
  });
});

describe('exported heads', () => {
  const withHead = (place: number, change: object) =>
    honest.heads.map((head, at) => (at === place ? { ...head, ...change } : head));

  it('that are not as they were signed speak against the export, not the chain', async () => {
    expect((await said(honest, { heads: withHead(1, { hash: '0'.repeat(64) }) })).said).toEqual([
      'broken: chain C: the exported head at 4 is not as it was signed',
    ]);
    expect((await said(honest, { heads: withHead(1, { at: 1 }) })).said).toEqual([
      'broken: chain C: the exported head at 4 is not as it was signed',
    ]);
    expect((await said(honest, { heads: withHead(1, { signature: 'AAAA' }) })).said).toEqual([
      'broken: chain C: the exported head at 4 is not as it was signed',
    ]);
    expect((await said(honest, { heads: withHead(1, { key: 'another', hash: 'x' }) })).said).toEqual([
      'broken: chain C: the exported head at 4 was made with another key',
    ]);
  });

  it('that are exported again and say something else are found', async () => {
    const [first, second] = honest.heads as [AuditHead, AuditHead];
    const again = (change: object) =>
      said(honest, { heads: [first, second, { ...second, ...change }, ...honest.heads] });
    const text = { chain: CHAIN, seq: 4, at: second.at, hash: '0'.repeat(64) };
    const signed = { ...text, signature: signHead(KEYS.signing, text) };
    expect((await again({})).said).toEqual([]);
    expect((await again(signed)).said).toEqual(['broken: chain C is not at 4 what a second exported head says']);
    expect((await again({ hash: text.hash })).said).toEqual([
      'broken: chain C: the exported head at 4 is not as it was signed',
    ]);
  });

  it('that name a place behind which the chain has been proven, and where no group ends, are found', async () => {
    const [first, second, ...others] = honest.heads as [AuditHead, AuditHead, ...AuditHead[]];
    const text = { chain: CHAIN, seq: 3, at: second.at, hash: '0'.repeat(64) };
    const signed = { ...second, ...text, signature: signHead(KEYS.signing, text) };
    expect((await said(honest, { heads: [first, second, signed, ...others] })).said).toEqual([
      'broken: chain C is not at 3 what a second exported head says',
    ]);
  });

  it('of a place at which nothing was written are found', async () => {
    const other = await buildChain([['open'], [1], [0], ['gap', 0, 0]]);
    const strange = other.heads[1] as BuiltChain['heads'][number];
    const heads = [...honest.heads.slice(0, 1), strange, ...honest.heads.slice(1)];
    expect((await said(honest, { heads })).said).toEqual([
      'broken: chain C names a place at which nothing was written',
    ]);
  });

  it('that are lines of something else are told of', async () => {
    const heads = [null, ...honest.heads, null];
    const line = 'broken: chain C: a line of its exported heads is no head of it';
    expect((await said(honest, { heads })).said).toEqual([line, line]);
  });

  it('beyond the end are told of once, by the last of them', async () => {
    const longer = await buildChain([...PLAN.slice(0, 4), [0], [0]]);
    expect((await said(open, { heads: longer.heads })).said).toEqual([
      'broken: chain C ends at 7, an exported head says 9',
    ]);
  });
});
