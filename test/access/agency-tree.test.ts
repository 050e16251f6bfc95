import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadCatalogues } from '../../catalogues/catalogue.ts';
import type { AgencyTree } from '../../core/access/units.ts';
import { agencyTreeOf } from '../../hub/agency-tree.ts';

const { agencies } = loadCatalogues(join(import.meta.dirname, '../../catalogues'));

describe('the agencies as a tree', () => {
  let tree: AgencyTree;

  beforeEach(() => {
    tree = agencyTreeOf(agencies);
  });

  it('lead from a unit to the top, whichever order its code is in', () => {
    expect(tree.ancestorsOf('H41.58.01')).toEqual(['H41.58.01', 'H41.58', 'H41']);
    expect(tree.ancestorsOf('000.01.58.H41')).toEqual(['H41.58.01', 'H41.58', 'H41']);
    expect(tree.ancestorsOf('H99.01')).toEqual([]);
    expect(tree.newerCode('000.00.58.H41')).toBe('H41.58');
    expect(tree.newerCode('H99')).toBeNull();
    expect(tree.roots()).toEqual(['H41']);
  });

  it('count a counter and an office to the agency above', () => {
    expect(tree.agencyOf('H41.58.01')).toBe('H41.58');
    expect(tree.agencyOf('H41.07.01.02')).toBe('H41.07');
    expect(tree.agencyOf('H41.58')).toBe('H41.58');
    expect(tree.agencyOf('H99.01')).toBe('H99.01');
  });

  it('give what is below an agency by newer and older codes, and nothing of one that nobody knows', () => {
    expect(tree.codesBelow('H41.58').toSorted()).toEqual(['000.00.58.H41', '000.01.58.H41', 'H41.58', 'H41.58.01']);
    expect(tree.codesBelow('000.01.58.H41').toSorted()).toEqual(['000.01.58.H41', 'H41.58.01']);
    expect(tree.codesBelow('H99')).toEqual([]);
    const all = agencies.all().flatMap(({ code, oldCode }) => (oldCode === null ? [code] : [code, oldCode]));
    expect(new Set(tree.codesBelow('H41'))).toEqual(new Set(all));
  });

  it('end, even where a catalogue puts two agencies above each other', () => {
    const row = { title: 'x', level: 'department', oldCode: null, validFrom: '2020-01-01', validTo: null } as const;
    const rows = [
      { ...row, code: 'H41.01', parent: 'H41.02' },
      { ...row, code: 'H41.02', parent: 'H41.01' },
    ];
    const circle = agencyTreeOf({ all: () => rows, byCode: (code) => rows.find((one) => one.code === code) ?? null });
    expect(circle.ancestorsOf('H41.01')).toEqual(['H41.01', 'H41.02']);
    expect(circle.codesBelow('H41.01')).toEqual(['H41.01', 'H41.02']);
    expect(circle.roots()).toEqual([]);
  });

  it('end at an agency that the catalogue names and does not hold', () => {
    const row = { title: 'x', oldCode: null, validFrom: '2020-01-01', validTo: null } as const;
    const rows = [
      { ...row, code: 'H40.01', level: 'department', parent: 'H40' },
      { ...row, code: 'H40.07', level: 'one-stop', parent: 'H40' },
    ] as const;
    const torn = agencyTreeOf({ all: () => rows, byCode: (code) => rows.find((one) => one.code === code) ?? null });
    expect(torn.ancestorsOf('H40.01')).toEqual(['H40.01', 'H40']);
    expect([torn.agencyOf('H40.01'), torn.agencyOf('H40.07')]).toEqual(['H40.01', 'H40']);
    expect([torn.codesBelow('H40'), torn.roots()]).toEqual([[], []]);
  });
});
