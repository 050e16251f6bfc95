import { describe, expect, it } from 'vitest';
import { settingsAtOdds } from '../../streams/check-settings.ts';

const settings = { PORTAL_URL: 'http://127.0.0.1:9', LEASE_MS: 30_000, PORTAL_TIMEOUT_MS: 15_000 };

describe('settings of the stream', () => {
  it('leave a claim room for two calls to the portal', () => {
    expect(settingsAtOdds(settings)).toEqual([]);
    expect(settingsAtOdds({ ...settings, PORTAL_TIMEOUT_MS: 15_001 })).toEqual([
      'PORTAL_TIMEOUT_MS: expected at most half of LEASE_MS (30000 ms), got 15001 ms; shorten it, or lengthen LEASE_MS',
    ]);
  });

  it.each(['PORTAL_URL', 'LEASE_MS', 'PORTAL_TIMEOUT_MS'])('are not weighed where %s could not be read', (name) => {
    expect(settingsAtOdds({ ...settings, PORTAL_TIMEOUT_MS: 15_001, [name]: undefined })).toEqual([]);
  });

  it('of calls to the portal do not matter where there is no portal', () => {
    expect(settingsAtOdds({ ...settings, PORTAL_URL: '', PORTAL_TIMEOUT_MS: 60_000 })).toEqual([]);
  });
});
