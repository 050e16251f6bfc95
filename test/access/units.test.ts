import { describe, expect, it } from 'vitest';
import { createUnitsSeen } from '../../core/access/units-seen.ts';
import type { Actor, Grant } from '../../core/access.ts';
import { actor, grant, tree } from './stage.ts';

function seen(grants: readonly Grant[], by: Actor = actor()): readonly string[] | null {
  return createUnitsSeen({ grants, units: tree })(by, 'COURSE');
}

const BINH_ANH = ['H41.58', 'old:H41.58', 'H41.58.01', 'old:H41.58.01'];

describe('lists', () => {
  it('hold the actor’s own agency and what is below it, by newer and older codes', () => {
    expect(seen([grant({ data: ['COURSE'] })])).toEqual(BINH_ANH);
  });

  it('hold nothing for whoever has no grant, no unit or one that nobody knows', () => {
    expect(seen([])).toEqual([]);
    expect(seen([grant({ data: ['PERSONAL'], units: 'all' })])).toEqual([]);
    expect(seen([grant({ data: ['COURSE'], actions: ['OPERATE'], units: 'all' })])).toEqual([]);
    expect(seen([grant({ data: ['COURSE'] })], actor({ unit: null }))).toEqual([]);
    expect(seen([grant({ data: ['COURSE'] })], actor({ unit: 'H99.01' }))).toEqual([]);
  });

  it('are not narrowed for whoever has all agencies, by the word or by the root of the tree', () => {
    expect(seen([grant({ data: ['COURSE'], units: 'all' })])).toBeNull();
    expect(seen([grant({ data: ['COURSE'] })], actor({ unit: 'H41' }))).toBeNull();
    expect(seen([grant({ data: ['COURSE'], units: ['H41'] })])).toBeNull();
  });

  it('hold what any of the actor’s grants reaches', () => {
    const both = seen([grant({ data: ['COURSE'] }), grant({ data: ['COURSE'], units: ['H41.50'] })]);
    expect(both).toEqual([...BINH_ANH, 'H41.50', 'old:H41.50', 'H41.50.01', 'old:H41.50.01']);
    expect(seen([grant({ data: ['COURSE'] }), grant({ data: ['COURSE'], units: 'all' })])).toBeNull();
  });

  it('are the hub’s: what is granted of a sector alone holds nothing', () => {
    expect(seen([grant({ data: ['COURSE'], sectors: ['hub'] })])).toEqual(BINH_ANH);
    expect(seen([grant({ data: ['COURSE'], sectors: ['land'] })])).toEqual([]);
  });

  it('hold what role and application reach both', () => {
    const role = grant({ data: ['COURSE'] });
    const through = (units: Grant['units']) => grant({ client: 'counter-desk', data: ['COURSE'], units });
    expect(seen([role, through('all')])).toEqual(BINH_ANH);
    expect(seen([grant({ data: ['COURSE'], units: 'all' }), through(['H41.58'])])).toEqual(BINH_ANH);
    expect(seen([role, through(['H41.58.01', 'H41.50'])])).toEqual(['H41.58.01', 'old:H41.58.01']);
    expect(seen([role, through(['H41.50'])])).toEqual([]);
  });

  it('hold nothing by what is granted for one’s own alone: that is found by number', () => {
    expect(seen([grant({ data: ['COURSE'], units: 'all', purposes: ['SELF'] })])).toEqual([]);
  });

  it('hold nothing where the catalogue has no agencies: having none of them is not having all', () => {
    const units = { ...tree, roots: () => [], codesBelow: () => [] };
    expect(createUnitsSeen({ grants: [grant({ data: ['COURSE'] })], units })(actor(), 'COURSE')).toEqual([]);
  });

  it('hold nothing that is not below a root of several', () => {
    const units = { ...tree, roots: () => ['H41', 'H99'] };
    expect(
      createUnitsSeen({ grants: [grant({ data: ['COURSE'], units: ['H41'] })], units })(actor(), 'COURSE'),
    ).toHaveLength(10);
  });
});
