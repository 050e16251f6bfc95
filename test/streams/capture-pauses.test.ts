import { describe, expect, it } from 'vitest';
import { HubError } from '../../core/errors.ts';
import { pauseBeforeNext } from '../../streams/capture/way.ts';

const MANY = 50;
const HALF_A_MINUTE_MS = 30_000;

describe('What cannot be captured', () => {
  it('is asked for ever more rarely where the system fails, so that it is spared', () => {
    const down = new HubError('SOURCE_UNAVAILABLE', 'the system is down');
    expect(pauseBeforeNext(down, 1)).toBeLessThanOrEqual(100);
    expect(pauseBeforeNext(down, MANY)).toBeGreaterThanOrEqual(HALF_A_MINUTE_MS / 2);
    expect(pauseBeforeNext(down, MANY)).toBeLessThanOrEqual(HALF_A_MINUTE_MS);
  });

  it('is taken up within seconds where the hub’s own store failed, however long it did', () => {
    const full = Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR' });
    expect(pauseBeforeNext(full, 1)).toBeLessThanOrEqual(100);
    expect(pauseBeforeNext(full, MANY)).toBeLessThanOrEqual(5_000);
  });
});
