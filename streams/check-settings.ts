import { areRead } from '../core/setting.ts';
import type { StreamSettings } from './settings.ts';

/** Faults of settings that do not go together, in words. */
export function settingsAtOdds({
  PORTAL_URL,
  PORTAL_TIMEOUT_MS,
  LEASE_MS,
}: Pick<StreamSettings, 'PORTAL_URL' | 'PORTAL_TIMEOUT_MS' | 'LEASE_MS'>): readonly string[] {
  if (!areRead(PORTAL_URL, PORTAL_TIMEOUT_MS, LEASE_MS)) return [];
  if (PORTAL_URL === '' || PORTAL_TIMEOUT_MS * 2 <= LEASE_MS) return [];
  // Else a claim may end while the portal still has time to answer, and another hub begins with the same dossier.
  return [
    `PORTAL_TIMEOUT_MS: expected at most half of LEASE_MS (${LEASE_MS} ms), got ${PORTAL_TIMEOUT_MS} ms; shorten it, or lengthen LEASE_MS`,
  ];
}
