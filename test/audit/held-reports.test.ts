import { describe, expect, it } from 'vitest';
import { holdReports } from '../../audit/held-reports.ts';

describe('What is said of a chain', () => {
  it('is said in its order once it is known, as often as it was, and kept within bounds until then', () => {
    const said: string[] = [];
    const held = holdReports('C', (level, text) => said.push(`${level}: ${text}`));
    expect(held.isEmpty()).toBe(true);
    for (let place = 0; place < 1_003; place++) held.report(place % 2 === 0 ? 'broken' : 'note', `place ${place}`);
    expect([held.isEmpty(), said]).toEqual([false, []]);
    held.tell();
    expect(said).toHaveLength(1_003);
    expect([said[0], said[999]]).toEqual(['broken: place 0', 'note: place 999']);
    const more = 'chain C: there is more of it';
    expect(said.slice(1_000)).toEqual([`broken: ${more}`, `broken: ${more}`, `note: ${more}`]);
  });
});
