import { describe, expect, it } from 'vitest';
import { statedBy } from '../../gateway/stated-headers.ts';
import { actor, HOA } from '../access/stage.ts';

describe('What a request states as the visit', () => {
  const stated = (visit: unknown) => statedBy(actor(), { purpose: undefined, dossier: undefined, visit });

  it('may be nothing, or an id', () => {
    expect(stated(undefined).visit).toBeNull();
    expect(stated('AAAAAAAAAAAAAAAAAAAA_-').visit).toBe('AAAAAAAAAAAAAAAAAAAA_-');
  });

  it.each(['', 'nothing', `CCCD-${HOA}-abcw`, 7, ['AAAAAAAAAAAAAAAAAAAA_-']])('is refused as %j', (visit) => {
    expect(() => stated(visit)).toThrow(/^X-Visit: expected the id of one visit/);
  });
});
