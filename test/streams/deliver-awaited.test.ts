import { describe, expect, it } from 'vitest';
import type { CaptureProgress } from '../../store/dossier-index.ts';
import { isHeard, missingReception } from '../../streams/deliver/awaited.ts';
import type { StoredView } from '../../streams/deliver/facts.ts';

const RECORDED_AT = 1_000_000;

const progressOf = (until: Readonly<Record<string, number | null>>): ReadonlyMap<string, CaptureProgress> =>
  new Map(Object.entries(until).map(([sector, currentUntil]) => [sector, { currentUntil, failingSince: null }]));

const viewOf = (sector: string, deleted = false): StoredView => ({
  sector,
  deleted,
  view: deleted ? null : { code: 'H41.12-261008-0003' },
  faults: [],
  recordedAt: RECORDED_AT,
});

describe('What a delivery waits for', () => {
  it('is the first full reading of every system that ought to hold the dossier', () => {
    expect(isHeard(['one-stop', 'land'], progressOf({ 'one-stop': 5, land: null }))).toBe(false);
    expect(isHeard(['one-stop'], progressOf({ 'one-stop': 5, land: null }))).toBe(true);
  });

  it('is not a sector whose changes nobody captures: it would wait for ever', () => {
    expect(isHeard(['archive'], progressOf({ 'one-stop': 5 }))).toBe(true);
  });

  it('is the counter, for a minute, where a sector has a dossier that no counter received', () => {
    const late = progressOf({ 'one-stop': RECORDED_AT + 59_999 });
    expect(missingReception([viewOf('land')], ['one-stop'], late)).toBe('wait');
    expect(missingReception([viewOf('land')], ['one-stop'], progressOf({ 'one-stop': null }))).toBe('wait');
    expect(
      missingReception([viewOf('land')], ['one-stop'], progressOf({ 'one-stop': RECORDED_AT + 60_000 })),
    ).toMatchObject({ code: 'NOT_AT_COUNTER' });
  });

  it('is nothing where a counter has it, or where no counter is joined', () => {
    const current = progressOf({ 'one-stop': RECORDED_AT + 100_000 });
    expect(missingReception([viewOf('land'), viewOf('one-stop')], ['one-stop'], current)).toBeNull();
    expect(missingReception([viewOf('land')], [], current)).toBeNull();
  });

  it('does not count a counter that has deleted it', () => {
    const current = progressOf({ 'one-stop': RECORDED_AT + 100_000 });
    expect(missingReception([viewOf('land'), viewOf('one-stop', true)], ['one-stop'], current)).toMatchObject({
      code: 'NOT_AT_COUNTER',
    });
  });
});
