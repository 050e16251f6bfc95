import { beforeAll, describe, expect, it } from 'vitest';
import type { StoredGroup } from '../../audit/stored.ts';
import { type BuiltChain, buildChain, type Change, forger, PLAN, said, sealed, withGroups } from './built-chain.ts';

let honest: BuiltChain;
let open: BuiltChain;

beforeAll(async () => {
  honest = await buildChain(PLAN);
  open = await buildChain(PLAN.slice(0, 4));
});

/** The chain with its groups changed, and nothing else. */
const changed = (change: Change, built = honest): BuiltChain => withGroups(built, change);

/** As above, hashed and signed anew. */
async function rebuilt(change: Change, built = honest): Promise<BuiltChain> {
  const { stored, groups } = changed(change, built);
  return { ...(await sealed(stored, groups)), heads: built.heads };
}

const edit =
  (place: number, line: number, from: string | RegExp, to: string): Change =>
  (groups) => {
    const group = groups[place] as StoredGroup;
    const lines = group.lines.map((text, at) => (at === line ? text.replace(from, to) : text));
    expect(lines).not.toEqual(group.lines);
    groups[place] = { ...group, lines };
  };
const set =
  (place: number, change: Partial<StoredGroup>): Change =>
  (groups) => {
    groups[place] = { ...(groups[place] as StoredGroup), ...change };
  };

describe('an honest chain', () => {
  it('is proven by its heads, whether it was closed or not', async () => {
    for (const everySignature of [false, true]) {
      expect(await said(honest, { everySignature })).toEqual({ said: [], entries: 8 });
      expect(await said(open, { everySignature })).toEqual({ said: [], entries: 7 });
      expect(await said(honest, { everySignature, heads: null })).toEqual({ said: [], entries: 8 });
    }
  });

  it('is unproven beyond its last exported head', async () => {
    expect((await said(honest, { heads: honest.heads.slice(0, 2) })).said).toEqual([
      'unproven: chain C: 4 entries beyond the last exported head, at 4, are unproven',
    ]);
    expect((await said(honest, { heads: [] })).said).toEqual([
      'unproven: chain C: 8 entries beyond no exported head are unproven',
    ]);
  });

  it('is open beyond its last exported head while it is written', async () => {
    expect((await said(open, { heads: open.heads.slice(0, 2), isOver: false })).said).toEqual([
      'open: chain C: 3 entries beyond the last exported head, at 4, are unproven yet',
    ]);
  });

  it('may have heads that were exported twice, and some that were not', async () => {
    const [first, second, third, fourth, fifth] = honest.heads as [never, never, never, never, never];
    const { said: told } = await said(honest, { heads: [first, first, second, first, fourth, third, fifth] });
    expect(told).toEqual(['note: chain C: its head at 5 was not exported']);
    expect((await said(honest, { heads: [fifth] })).said).toEqual([
      'note: chain C: its head at 1 was not exported',
      'note: chain C: its head at 4 was not exported',
      'note: chain C: its head at 5 was not exported',
    ]);
  });

  it('may be closed, and may grow, while it is looked at', async () => {
    const listedAsOpen = { ...honest, stored: { ...honest.stored, closed: false, lastSeq: null, lastHash: null } };
    expect((await said(listedAsOpen, { now: honest })).said).toEqual([]);
    expect((await said(open, { heads: honest.heads, now: honest })).said).toEqual([
      'note: chain C has grown meanwhile, to 8',
    ]);
  });
});

describe('what was changed within a chain', () => {
  const follow = (entries: string, before: number) =>
    `broken: chain C: ${entries} ${entries.includes('–') ? 'do' : 'does'} not follow from ${before}`;

  it.each<[string, Change, readonly string[]]>([
    ['a value', edit(2, 0, 'counter.hanh', 'counter.hoa'), [follow('entry 5', 4)]],
    [
      'a letter that makes it nonsense',
      edit(2, 0, '{', '['),
      [
        'broken: chain C: entry 5 is not an entry in its canonical form',
        follow('entry 5', 4),
        'broken: chain C: entry 5 has another time than its last line',
      ],
    ],
    ['a subject', edit(1, 2, /"subject":"./, '"subject":"_'), [follow('entries 2–4', 1)]],
    [
      'a number',
      edit(2, 0, '"seq":5', '"seq":6'),
      ['broken: chain C: entry 5 says that it is 6', follow('entry 5', 4)],
    ],
    [
      'the stored hash',
      set(1, { hash: '0'.repeat(64) }),
      [
        follow('entries 2–4', 1),
        'broken: chain C was rebuilt: at 4 the exported hash is another',
        follow('entry 5', 4),
      ],
    ],
    [
      'the stored time',
      set(1, { at: 7 }),
      [
        'broken: chain C: entries 2–4 have another time than their last entry',
        'broken: chain C was rebuilt: at 4 the exported hash is another',
      ],
    ],
    ['a signature', set(1, { signature: 'AAAA' }), ['broken: chain C was rebuilt: at 4 the exported hash is another']],
    [
      'a group taken out',
      (groups) => groups.splice(2, 1),
      ['broken: chain C: entry 5 is missing', 'broken: chain C names a place at which nothing was written'],
    ],
    [
      'groups taken out',
      (groups) => groups.splice(1, 2),
      [
        'broken: chain C: entries 2–5 are missing',
        'broken: chain C names a place at which nothing was written',
        'broken: chain C names a place at which nothing was written',
      ],
    ],
    [
      'a group put in twice',
      (groups) => groups.splice(2, 0, groups[2] as StoredGroup),
      ['broken: chain C: entry 5 stands where another stands already', 'note: chain C: its head at 5 was not exported'],
    ],
    [
      'a line taken out',
      (groups) => set(3, { lines: (groups[3] as StoredGroup).lines.slice(0, 1) })(groups),
      ['broken: chain C: entries 6–7 are 1 line', follow('entries 6–7', 5)],
    ],
    [
      'a line put in',
      (groups) => set(3, { lines: [...(groups[3] as StoredGroup).lines, 'x'] })(groups),
      [
        'broken: chain C: entries 6–7 are 3 lines',
        'broken: chain C: entry 8 is not an entry in its canonical form',
        follow('entries 6–7', 5),
      ],
    ],
  ])('is found and placed: %s', async (_, change, expected) => {
    expect((await said(changed(change))).said).toEqual(expected);
  });

  it('is found by signatures too, of the last group or of each', async () => {
    const last = changed(set(4, { signature: honest.groups[3]?.signature as string }));
    const expected = ['broken: chain C: the signature at 8 does not hold'];
    expect((await said(last, { heads: null })).said).toEqual(expected);
    expect((await said(last, { heads: null, everySignature: true })).said).toEqual(expected);
    const middle = changed(set(1, { signature: 'AAAA' }));
    expect((await said(middle, { heads: null })).said).toEqual([]);
    expect((await said(middle, { heads: null, everySignature: true })).said).toEqual([
      'broken: chain C: the signature at 4 does not hold',
    ]);
  });
});

describe('what contradicts itself, however well it was hashed and signed', () => {
  it.each<[string, Change, readonly string[]]>([
    [
      'time that runs backwards',
      edit(2, 0, /"at":\d+/, '"at":1'),
      [
        'broken: chain C: entry 5 is earlier than the one before',
        'broken: chain C: entry 5 has another time than its last line',
      ],
    ],
    [
      'an entry behind the end',
      (groups) => {
        const [gap = '', operation = ''] = (groups[3] as StoredGroup).lines;
        const close = (groups[4] as StoredGroup).lines[0] as string;
        set(3, {
          lines: [close.replace('"seq":8', '"seq":6').replace(/"at":\d+/, gap.match(/"at":\d+/)?.[0] ?? ''), operation],
        })(groups);
      },
      ['broken: chain C: entry 7 stands behind the end of the chain'],
    ],
    [
      'a chain that is not opened',
      (groups) => {
        const line = (groups[2] as StoredGroup).lines[0] as string;
        const { at } = groups[0] as StoredGroup;
        set(0, { lines: [line.replace('"seq":5', '"seq":1').replace(/"at":\d+/, `"at":${at}`)] })(groups);
      },
      ['broken: chain C: entry 1 does not open the chain'],
    ],
    [
      'a chain that is opened twice',
      (groups) => {
        const line = (groups[0] as StoredGroup).lines[0] as string;
        const { at } = groups[2] as StoredGroup;
        set(2, { lines: [line.replace('"seq":1', '"seq":5').replace(/"at":\d+/, `"at":${at}`)] })(groups);
      },
      ['broken: chain C: entry 5 opens the chain again'],
    ],
    [
      'a subject of another operation',
      edit(1, 1, '"of":2', '"of":1'),
      ['broken: chain C: entry 3 is not a subject of the operation before it'],
    ],
    [
      'an operation with fewer subjects than it says',
      edit(1, 0, '"subjects":2', '"subjects":3'),
      ['broken: chain C: entry 5 stands where 1 subject of another operation should'],
    ],
    [
      'an operation with more subjects than it says',
      edit(1, 0, '"subjects":2', '"subjects":1'),
      ['broken: chain C: entry 4 is not a subject of the operation before it'],
    ],
    [
      'an end with subjects to come',
      edit(3, 1, '"subjects":0', '"subjects":2'),
      ['broken: chain C: entry 8 stands where 2 subjects of another operation should'],
    ],
    ['the name of another chain', edit(3, 0, '0a0b0c0d', '0a0b0c0e'), ['broken: chain C: entry 6 names another chain']],
    ['another chain’s end', edit(4, 0, '0a0b0c0d', '0a0b0c0e'), ['broken: chain C: entry 8 names another chain']],
    [
      'another key',
      edit(0, 0, /"key":"./, '"key":"_'),
      ['broken: chain C: entry 1 opens the chain otherwise than the list of chains says'],
    ],
    [
      'another chain before it',
      edit(0, 0, '"after":null', '"after":"x 1 y"'),
      ['broken: chain C: entry 1 opens the chain otherwise than the list of chains says'],
    ],
    [
      'another subject key',
      edit(0, 0, /"subjectKey":"./, '"subjectKey":"_'),
      ['broken: chain C: entry 1 opens the chain otherwise than the list of chains says'],
    ],
    [
      'another beginning',
      (groups) => {
        edit(0, 0, /"at":\d+/, '"at":7')(groups);
        set(0, { at: 7 })(groups);
      },
      ['broken: chain C: entry 1 opens the chain otherwise than the list of chains says'],
    ],
  ])('is found: %s', async (_, change, expected) => {
    expect((await said(await rebuilt(change), { heads: null, everySignature: true })).said).toEqual(expected);
  });

  it('is told of what follows nonsense only as far as it can be known', async () => {
    const torn = await rebuilt(edit(1, 0, '{', '['));
    expect((await said(torn, { heads: null })).said).toEqual([
      'broken: chain C: entry 2 is not an entry in its canonical form',
    ]);
  });

  it('is told where the last operation lacks subjects', async () => {
    const owing = await rebuilt(edit(3, 1, '"subjects":0', '"subjects":2'), open);
    expect((await said(owing, { heads: null })).said).toEqual(['broken: chain C: 2 subjects of entry 7 are missing']);
  });
});

describe('a chain that somebody rebuilt', () => {
  it('with the right key is found by the heads that left before', async () => {
    const { said: told } = await said(await rebuilt(edit(1, 0, 'counter.hanh', 'counter.hoa')));
    expect(told).toEqual(
      [4, 5, 7, 8].map((place) => `broken: chain C was rebuilt: at ${place} the exported hash is another`),
    );
  });

  it('with another key is no chain of this list', async () => {
    const forged = await sealed(honest.stored, honest.groups, forger);
    const { said: told } = await said(
      { ...forged, stored: honest.stored, heads: honest.heads },
      { everySignature: true, heads: null },
    );
    expect(told.slice(0, 2)).toEqual([
      'broken: chain C: entry 1 does not follow from 0',
      'broken: chain C: the signature at 1 does not hold',
    ]);
  });
});
