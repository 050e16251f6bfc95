import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { SettingsFault } from '../core/setting.ts';
import type { GatewayOptions } from '../gateway/gateway.ts';
import type { HubSettings } from './settings.ts';

type TlsSettings = Pick<HubSettings, 'TLS_CERT_FILE' | 'TLS_KEY_FILE' | 'TLS_CLIENT_CA_FILE'>;

/**
 * The hub's own certificate and key, as the settings name them; undefined where it speaks plain HTTP.
 *
 * @throws SettingsFault for files that cannot be read, or that are no certificate and its key
 */
export function readTls(settings: TlsSettings): GatewayOptions['tls'] {
  if (settings.TLS_CERT_FILE === '') return undefined;
  const cert = textOf(settings, 'TLS_CERT_FILE');
  const key = textOf(settings, 'TLS_KEY_FILE');
  if (!isUsable({ cert, key })) {
    throw new SettingsFault(['TLS_CERT_FILE and TLS_KEY_FILE: expected a certificate and its own key, both PEM']);
  }
  if (settings.TLS_CLIENT_CA_FILE === '') return { cert, key };
  const clientAuthority = textOf(settings, 'TLS_CLIENT_CA_FILE');
  if (!clientAuthority.includes('-----BEGIN CERTIFICATE-----') || !isUsable({ ca: clientAuthority })) {
    throw new SettingsFault(['TLS_CLIENT_CA_FILE: expected certificates, PEM']);
  }
  return { cert, key, clientAuthority };
}

function textOf(settings: TlsSettings, name: keyof TlsSettings): string {
  try {
    return readFileSync(settings[name], 'utf8');
  } catch (error) {
    throw new SettingsFault([`${name}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`]);
  }
}

function isUsable(parts: { cert?: string; key?: string; ca?: string }): boolean {
  try {
    createSecureContext(parts);
    return true;
  } catch {
    return false;
  }
}
