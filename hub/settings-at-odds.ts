import type { AccessPolicy } from '../core/access.ts';
import { areRead } from '../core/setting.ts';
import { settingsAtOdds as streamSettingsAtOdds } from '../streams/check-settings.ts';
import type { HubSettings } from './settings.ts';

/** Settings that are each in order and contradict one another. Those that were faulty themselves are undefined here. */
export function settingsAtOdds(settings: HubSettings): readonly string[] {
  return [...streamSettingsAtOdds(settings), ...identityAtOdds(settings), ...operationsAtOdds(settings)];
}

/** Grants that are each in order and can never be met, as the hub is reached. A hub without TLS at all is one to try out. */
export function grantsAtOdds({ clients }: Pick<AccessPolicy, 'clients'>, settings: HubSettings): readonly string[] {
  const { BEHIND_PROXY, TLS_CERT_FILE, TLS_CLIENT_CA_FILE } = settings;
  const isSecured = BEHIND_PROXY === 'on' || TLS_CERT_FILE !== '';
  if (!isSecured || TLS_CLIENT_CA_FILE) return [];
  const why =
    BEHIND_PROXY === 'on'
      ? 'cannot be met with BEHIND_PROXY=on, since client certificates end at the proxy'
      : 'cannot be met without TLS_CLIENT_CA_FILE, since no certificate is asked for';
  const bound = [...clients.values()].filter(({ certificate }) => certificate === 'required');
  return bound.map(({ id }) => `ACCESS_FILE: client ${id}: certificate: required ${why}`);
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
  if (settings.TLS_CLIENT_CA_FILE && settings.BEHIND_PROXY === 'on') {
    faults.push('TLS_CLIENT_CA_FILE: expected none with BEHIND_PROXY=on, since client certificates end at the proxy');
  } else if (settings.TLS_CLIENT_CA_FILE && areRead(settings.BEHIND_PROXY) && !settings.TLS_CERT_FILE) {
    faults.push(
      'TLS_CLIENT_CA_FILE: expected TLS_CERT_FILE with it, since certificates are shown to a hub that speaks TLS',
    );
  }
  return faults;
}
