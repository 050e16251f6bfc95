import { settingsAtOdds as streamSettingsAtOdds } from '../streams/check-settings.ts';
import type { HubSettings } from './settings.ts';

/** Settings that are each in order and contradict one another. Those that were faulty themselves are undefined here. */
export function settingsAtOdds(settings: HubSettings): readonly string[] {
  return [...streamSettingsAtOdds(settings), ...identityAtOdds(settings), ...operationsAtOdds(settings)];
}

function operationsAtOdds({ REGISTERED_ONLY, OPERATIONS_FILE }: HubSettings): readonly string[] {
  if (REGISTERED_ONLY !== 'on' || OPERATIONS_FILE) return [];
  return ['OPERATIONS_FILE: expected a file with REGISTERED_ONLY=on, since nothing else could be asked'];
}

function identityAtOdds(settings: HubSettings): readonly string[] {
  const faults: string[] = [];
  if (settings.ISSUER_JWKS_URL && settings.ISSUER_KEYS_FILE) {
    faults.push('ISSUER_JWKS_URL and ISSUER_KEYS_FILE: expected one of them, since keys come from one place');
  }
  if (!settings.TLS_CERT_FILE !== !settings.TLS_KEY_FILE) {
    faults.push('TLS_CERT_FILE and TLS_KEY_FILE: expected both or none, since a certificate needs its key');
  }
  if (settings.BEHIND_PROXY === 'on' && settings.TLS_CLIENT_CA_FILE) {
    faults.push('TLS_CLIENT_CA_FILE: expected none with BEHIND_PROXY=on, since client certificates end at the proxy');
  }
  return faults;
}
